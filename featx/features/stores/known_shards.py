"""Which shards a server and the copy of its store have alike, as a file of the copy says."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from featx.utils.files import write_json
from featx.utils.remote.server import Entry

FILE = "remote.json"


@dataclass(frozen=True)
class _Alike:
    """A shard that is the same on the server and here.

    Attributes:
        version: what the server said of it.
        size: its bytes.
        changed: when the file here was written, in ns.
    """

    version: str
    size: int
    changed: int


class KnownShards:
    """The shards that a server and a copy have had alike.

    Other processes note theirs in the same file, so that it is read each time. Where it can't be
    read, nothing is known.

    Args:
        folder: the copy's.
        url: the store's folder on the server, which the file names for people.
    """

    def __init__(self, folder: Path, url: str) -> None:
        self._folder, self._url = folder, url

    @property
    def names(self) -> list[str]:
        """The names of the shards, which may have changed or gone since."""
        return list(self._read())

    def version(self, name: str) -> str | None:
        """Return what the server said of a shard when both were alike; None if they never were."""
        known = self._read().get(name)
        return known.version if known else None

    def is_unchanged(self, name: str) -> bool:
        """Tell whether a shard here is as it was when it came from the server, or was sent."""
        known, path = self._read().get(name), self._folder / name
        if known is None or not path.is_file():
            return False
        state = path.stat()
        return (state.st_size, state.st_mtime_ns) == (known.size, known.changed)

    def note(self, name: str, entry: Entry, state: os.stat_result) -> None:
        """Note that a file in this state is the server's shard."""
        alike = _Alike(entry.version, state.st_size, state.st_mtime_ns)
        self._write({**self._read(), name: alike})

    def forget(self, name: str) -> None:
        """Note that the server has no such shard."""
        shards = self._read()
        shards.pop(name, None)
        self._write(shards)

    def _read(self) -> dict[str, _Alike]:
        try:
            table = json.loads((self._folder / FILE).read_text())
            return {name: _Alike(**values) for name, values in table["shards"].items()}
        except (OSError, ValueError, KeyError, TypeError):
            return {}

    def _write(self, shards: dict[str, _Alike]) -> None:
        table = {name: asdict(alike) for name, alike in shards.items()}
        write_json(self._folder / FILE, {"url": self._url, "shards": table})
