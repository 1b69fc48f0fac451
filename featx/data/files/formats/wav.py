"""WAV in all its kinds: RIFF, big-endian RIFX, RF64, and Sony's W64 with names of 16 bytes.

Multimedia Programming Interface and Data Specifications 1.0 (IBM and Microsoft, 1991); EBU Tech
3306 (RF64).
"""

import struct
from typing import BinaryIO

from featx.data.files.formats.chunks import Chunks, Layout, read_chunks
from featx.data.files.formats.flaw import Flaw

_LINEAR = {1: "PCM", 3: "float", 6: "A-law", 7: "µ-law"}
_EXTENSIBLE = 0xFFFE
_W64_BEGIN = 40  # bytes: the names riff and wave, and a size between them


def check_header(file: BinaryIO, size: int) -> int | None:
    """Return how many samples a WAV file promises; None where that can't be worked out.

    Raises:
        Flaw: if its header contradicts itself or the size of the file.
    """
    kind = file.read(4)
    order = ">" if kind == b"RIFX" else "<"
    if kind == b"riff":
        return _frames(read_chunks(file, _W64_BEGIN, size, Layout("<q", 16, True, 8)), "<")
    whole: bool | None = struct.unpack(f"{order}I", file.read(4).ljust(4, b"\0"))[0] + 8 <= size
    promised, sizes = None, {}
    if kind == b"RF64":
        chunks = read_chunks(file, 12, size, Layout("<I"))
        promised = struct.unpack("<Q", chunks.content(b"ds64", 24)[8:16])[0]
        sizes, whole = {b"data": promised}, None
    chunks = read_chunks(file, 12, size, Layout(f"{order}I"), sizes)
    return _frames(chunks, order, promised, whole)


def _frames(
    chunks: Chunks, order: str, promised: int | None = None, whole: bool | None = None
) -> int | None:
    form = chunks.content(b"fmt ", 16)
    kind, channels, rate, speed, align, bits = struct.unpack(f"{order}HHIIHH", form[:16])
    if kind == _EXTENSIBLE and len(form) >= 26:
        (kind,) = struct.unpack(f"{order}H", form[24:26])
    if kind in _LINEAR:
        _check_form(channels, rate, speed, align, bits)
    present = chunks.audio(b"data", promised=promised, whole=whole)
    return present // align if kind in _LINEAR else None


def _check_form(channels: int, rate: int, speed: int, align: int, bits: int) -> None:
    """Check that what a header says twice is the same.

    Raises:
        Flaw: if it isn't.
    """
    width = channels * -(-bits // 8)
    if not width or width != align:
        raise Flaw(
            f"its header contradicts itself: {channels} channels of {bits} bits are {width} bytes "
            f"a sample, and it says {align}"
        )
    if speed not in (0, rate * align):  # some writers leave it open
        raise Flaw(
            f"its header contradicts itself: {rate} samples of {align} bytes a second are "
            f"{rate * align} bytes, and it says {speed}"
        )
