"""AIFF, AIFF-C and Amiga's SVX (Electronic Arts' IFF, 1985; Apple's AIFF-C draft, 1991)."""

import struct
from typing import BinaryIO

from featx.data.files.formats.chunks import Layout, read_chunks
from featx.data.files.formats.flaw import Flaw

_LINEAR = {b"NONE", b"sowt", b"twos", b"raw ", b"fl32", b"FL32", b"fl64", b"FL64", b"in24", b"in32"}
_BYTES = {b"ulaw": 1, b"ULAW": 1, b"alaw": 1, b"ALAW": 1}  # samples of 16 bits in so many


def check_header(file: BinaryIO, size: int) -> int | None:
    """Return how many samples an AIFF or SVX file promises; None where that can't be worked out.

    Raises:
        Flaw: if its header contradicts itself or the size of the file.
    """
    _, outer, form = struct.unpack(">4sI4s", file.read(12).ljust(12))
    whole = outer + 8 <= size
    chunks = read_chunks(file, 12, size, Layout(">I"))
    if form not in (b"AIFF", b"AIFC"):
        return chunks.audio(b"BODY", whole=whole) // (2 if form == b"16SV" else 1)
    common = chunks.content(b"COMM", 18)
    channels, frames, bits = struct.unpack(">hIh", common[:8])
    kind = common[18:22] if form == b"AIFC" else b"NONE"
    present = chunks.audio(b"SSND", skipped=8, whole=whole)
    width = -(-bits // 8) if kind in _LINEAR else _BYTES.get(kind)
    if width is None:
        return None
    if present - channels * frames * width not in (0, 1):  # libsndfile counts the byte that aligns
        raise Flaw(
            f"its header contradicts itself: {frames} samples of {channels} channels of {width} "
            f"bytes are {channels * frames * width} bytes, and it says {present}"
        )
    return int(frames)
