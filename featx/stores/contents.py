"""What lies in a store's folder, and which of it is the store's."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from featx.features.writing.failures import FAILURES
from featx.stores.used import MARK
from featx.utils.files import TEMPORARY

STATISTICS = "statistics"
_OWN = re.compile(
    r"shard-.*\.h5"
    r"|\.seen-.*"  # of a killed process that had actors
    r"|shard-.*\.h5\..*"  # a shard that a killed process was making, or a damaged one
    rf"|\.lock.*|{re.escape(MARK)}|{re.escape(FAILURES)}|failures-\d+of\d+\.csv|precision\.json"
    rf"|{STATISTICS}/[0-9a-f]+\.npz"
    rf"|({STATISTICS}/)?{TEMPORARY.pattern}.*"  # of a process that was killed
)


def files(folder: Path) -> Iterator[Path]:
    """Yield every file below a folder, and every folder but plain ones, such as links."""
    for place, folders, names in os.walk(folder):
        here = Path(place)
        yield from (here / name for name in names)
        yield from (here / name for name in folders if (here / name).is_symlink())


def foreign(folder: Path) -> list[Path]:
    """Return what lies in a store's folder and is not the store's."""
    own = (path.relative_to(folder).as_posix() for path in files(folder))
    return sorted(folder / name for name in own if not _OWN.fullmatch(name))


def disk_bytes(folder: Path) -> int:
    """Return the bytes of all files in a folder; what goes meanwhile counts nothing."""
    total = 0
    for path in files(folder):
        try:
            total += path.lstat().st_size
        except OSError:
            continue
    return total


def count_failures(folder: Path) -> int:
    """Return how many utterances the list of failures beside the shards names."""
    from featx.utils.csv_files import read_lines

    path = folder / FAILURES
    return max(0, len(read_lines(path)) - 1) if path.is_file() else 0
