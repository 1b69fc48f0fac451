"""OGG (RFC 3533): pages that are numbered, summed, and whose last one says that it is that.

libsndfile leaves out pages whose sum is wrong, and takes the last page there is for the end.
"""

import struct
import zlib
from typing import BinaryIO

from featx.data.files.formats.flaw import Buffer, Flaw

_PAGE = 65_307  # bytes, the largest page
_HEAD = 27  # bytes before a page's table of segments
_FIRST, _LAST = 2, 4  # flags
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def check_header(file: BinaryIO, size: int) -> int | None:
    """Check that the last page of an OGG file is there, whole, and says that it is the last.

    Raises:
        Flaw: if not.
    """
    file.seek(max(0, size - _PAGE))
    tail = file.read()
    page = tail[tail.rfind(b"OggS\0") :]
    if len(page) < _HEAD or len(page) < _length(page):
        raise Flaw("truncated, its last page is incomplete")
    if not page[5] & _LAST:
        raise Flaw("truncated, or a recording that was not ended: no page says that it is the last")
    return None


def check_content(content: Buffer) -> None:
    """Check that all pages follow one another, and their sums.

    Raises:
        Flaw: if a page is damaged or missing, or another stream follows.
    """
    at, number, ended = content.find(b"OggS\0"), None, False
    while at < len(content):
        page = content[at : at + _PAGE]
        if len(page) < _HEAD or not page.startswith(b"OggS\0") or len(page) < _length(page):
            raise Flaw(f"damaged at byte {at}, where a page should begin")
        page = page[: _length(page)]
        flags, (serial, found, crc) = page[5], struct.unpack("<III", page[14:26])
        if flags & _FIRST and number is not None:
            raise Flaw(f"another stream begins at byte {at}: several were joined; split them")
        if _crc(page[:22] + bytes(4) + page[26:]) != crc:
            raise Flaw(f"damaged, the sum of its page {found} is wrong")
        if ended or (number is not None and found != number + 1):
            raise Flaw(f"pages are missing or repeated: page {found} of {serial} follows {number}")
        number, ended = found, bool(flags & _LAST)
        at += len(page)


def _length(page: bytes) -> int:
    segments = page[_HEAD : _HEAD + page[26]]
    return _HEAD + page[26] + sum(segments)


def _crc(page: bytes) -> int:
    """Return the sum of a page.

    It is zlib's CRC-32 with bits in the other order, and without complements at both ends.
    """
    crc = zlib.crc32(page.translate(_REVERSED), 0xFFFF_FFFF) ^ 0xFFFF_FFFF
    return int.from_bytes(crc.to_bytes(4, "little").translate(_REVERSED), "big")
