"""Apple's Core Audio Format (its specification, 2006)."""

import struct
from typing import BinaryIO

from featx.data.files.formats.chunks import Layout, read_chunks

_EDITS = 4  # bytes before the audio that count its changes


def check_header(file: BinaryIO, size: int) -> int | None:
    """Return how many samples a CAF file promises; None where that can't be worked out.

    Raises:
        Flaw: if its header contradicts itself or the size of the file.
    """
    chunks = read_chunks(file, 8, size, Layout(">q", aligned=1))
    described = chunks.content(b"desc", 32)
    packet, frames = struct.unpack(">II", described[16:24])
    present = chunks.audio(b"data", skipped=_EDITS)
    return present // packet * frames if packet and frames else None
