"""Files that are rows of chunks, each a name and a size: WAV, RF64, W64, AIFF, SVX and CAF."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from featx.data.files.formats.flaw import Flaw, check_rest, require_bytes

UNKNOWN = 0x7FFF_0000  # bytes and more: what a recorder writes that can't seek back to its header
_CONTAINERS = (b"RIFF", b"RIFX", b"RF64", b"riff", b"FORM", b"caff")
_SLACK = 8  # bytes by which some writers miscount what stands behind the audio


@dataclass(frozen=True)
class Layout:
    """How chunks are written.

    Attributes:
        size: the size as `struct` has it, with its byte order.
        name: bytes of a name.
        own: whether a chunk's size counts its name and size too.
        aligned: chunks begin at multiples of so many bytes.
    """

    size: str
    name: int = 4
    own: bool = False
    aligned: int = 2


@dataclass(frozen=True)
class Chunk:
    """A chunk's name, and where its content is in the file."""

    name: bytes
    start: int
    size: int


@dataclass(frozen=True)
class Chunks:
    """The chunks of a file, as far as they follow one another.

    Attributes:
        file: the file.
        length: its bytes.
        chunks: the first chunk of each name.
        end: where the last one ends, beyond the file if it is not all there.
    """

    file: BinaryIO
    length: int
    chunks: dict[bytes, Chunk]
    end: int

    def content(self, name: bytes, least: int) -> bytes:
        """Return a chunk's first bytes.

        Raises:
            Flaw: if there is no such chunk, or it has fewer bytes.
        """
        chunk = self.chunks.get(name)
        if chunk is None:
            raise Flaw(f"truncated or damaged, it has no chunk {name.decode().strip()!r}")
        self.file.seek(chunk.start)
        content = self.file.read(max(least, min(chunk.size, 64)))
        if len(content) < least or chunk.size < least:
            raise Flaw(f"damaged, its chunk {name.decode().strip()!r} is too short")
        return content

    def audio(
        self, name: bytes, skipped: int = 0, promised: int | None = None, whole: bool | None = None
    ) -> int:
        """Return how many bytes of audio a file holds, which are all that it promises.

        Args:
            name: the chunk of the audio.
            skipped: bytes at its beginning that are not audio.
            promised: bytes of audio, where another chunk says it.
            whole: whether the file is as long as its first chunk says, where that is known.

        Raises:
            Flaw: if the audio is not all there, or more follows that belongs to no chunk.
        """
        if name not in self.chunks:
            raise Flaw("truncated or damaged, it ends before its audio begins")
        chunk = self.chunks[name]
        present = self.length - chunk.start - skipped
        size = chunk.size if promised is None else promised + skipped
        if promised is None and not 0 <= size < UNKNOWN:
            return present
        if whole and size in (self.length, self.length - 8):  # some writers count the header too
            return present
        require_bytes(size - skipped, present)
        if whole is False and size % 2 and chunk.start + size == self.length:
            raise Flaw("truncated, the byte that aligns its audio is missing, or one before it")
        if self.end > self.length + _SLACK:
            raise Flaw("truncated behind its audio, or its header is wrong")
        check_rest(self.file, self.end + self.end % 2, self.length)
        return size - skipped


def read_chunks(
    file: BinaryIO, begin: int, length: int, layout: Layout, sizes: dict[bytes, int] | None = None
) -> Chunks:
    """Find the chunks of a file.

    Args:
        file: the file.
        begin: where the first chunk is.
        length: the file's bytes.
        layout: how they are written.
        sizes: of chunks whose size stands elsewhere.
    """
    chunks: dict[bytes, Chunk] = {}
    end = begin
    for chunk in _walk(file, begin, length, layout, sizes or {}):
        chunks.setdefault(chunk.name, chunk)
        end = chunk.start + chunk.size
    return Chunks(file, length, chunks, end)


def _walk(
    file: BinaryIO, at: int, length: int, layout: Layout, sizes: dict[bytes, int]
) -> Iterator[Chunk]:
    head = layout.name + struct.calcsize(layout.size)
    while at + head <= length:
        file.seek(at)
        name, counted = file.read(layout.name), file.read(head - layout.name)
        if not _is_name(name[:4]):
            return
        size: int = sizes.get(name, struct.unpack(layout.size, counted)[0])
        chunk = Chunk(name[:4], at + head, size - head * layout.own)
        yield chunk
        if chunk.size < 0:
            return
        at = chunk.start + chunk.size
        if at < length:  # a damaged size may be more than a file can be
            at = _next(file, at, layout)


def _is_name(name: bytes) -> bool:
    return name.isascii() and name.decode().isprintable() and name not in _CONTAINERS


def _next(file: BinaryIO, end: int, layout: Layout) -> int:
    """Return where the next chunk begins: some writers leave out the byte that aligns it."""
    missing = -end % layout.aligned
    if missing == 1:
        file.seek(end)
        name = file.read(4)
        if name.isalnum():
            return end
    return end + missing
