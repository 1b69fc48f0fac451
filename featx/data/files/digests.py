"""Digests of what audio files hold, and of the utterances in them."""

import hashlib
import time
from pathlib import Path
from typing import NamedTuple

from featx.utils.remote.path import RemotePath

STATED = "~"  # begins the digest of what a server says of a file, not of its bytes
UNSETTLED = 2.0  # seconds in which a file can change again without another time


class State(NamedTuple):
    """By what a file is known without being read: its size, and when it was changed, in ns."""

    size: int
    changed: int

    @classmethod
    def of(cls, path: Path) -> "State":
        """Return a file's state; the later of its times, as copying tools set the first of them.

        Raises:
            OSError: if there is no such file.
        """
        found = path.stat()
        return cls(found.st_size, max(found.st_mtime_ns, found.st_ctime_ns))

    @property
    def settled(self) -> bool:
        """Whether another change would show."""
        return self.changed < time.time_ns() - int(UNSETTLED * 1e9)


def digest_file(path: Path) -> str:
    """Return a digest of what a file holds: 32 hexadecimal digits of its BLAKE2b.

    Of a remote file the size and version that the server tells stand for what it holds, and where
    versions tell nothing of that (`https://`), the URL too: nothing is fetched. A copy on another
    server, or here, thus has another digest.

    Raises:
        OSError: if it can't be read.
    """
    if isinstance(path, RemotePath) and path.entry.version:  # else its content alone tells
        place = "" if path.entry.exact else str(path)
        known = f"{path.entry.size}\n{path.entry.version}\n{place}"
        return STATED + hashlib.blake2b(known.encode()).hexdigest()[:32]
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()[:32]


def digest_part(
    content: str, start: float | None = None, end: float | None = None, scale: float | None = None
) -> int:
    """Return 64 bits that change when a file's content, a segment's times or its scale do.

    They are those of BLAKE2b, of 8 bytes, little-endian, on the text "CONTENT START END" or
    "CONTENT START END SCALE", in which None stands for a time that is not given. But the lowest
    is 1 if the content is known from a server alone, and else 0: the two kinds can't be compared.
    Never 0.

    Args:
        content: the digest of the file.
        start: where the segment begins, in seconds.
        end: where it ends, in seconds.
        scale: what its samples are divided by.
    """
    how = f"{content} {start} {end}" if scale is None else f"{content} {start} {end} {scale}"
    digest = hashlib.blake2b(how.encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "little") & ~1 or 2) | content.startswith(STATED)
