"""MP3: frames, of which the first may say how many there are (Xing's tag, with LAME's behind it).

ISO/IEC 11172-3 and 13818-3 for frames; http://gabriel.mp3-tech.org/mp3infotag.html for the tag.
"""

import struct
from dataclasses import dataclass
from typing import BinaryIO

from featx.data.files.formats.flaw import Buffer, Flaw, NoLength, is_harmless

_FOOTER = 0x10  # a flag of ID3v2: its header stands at its end too
_NO_LENGTH = "an MP3 without its length"
_SUMMED = 190  # bytes from the first frame's beginning to the sum that ends LAME's tag
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_KBITS = {  # by whether the version is 1
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}


@dataclass(frozen=True)
class _Tag:
    """What the first frame says: how many frames and bytes there are; None where it doesn't."""

    frames: int
    size: int | None


def check_header(file: BinaryIO, size: int) -> int | None:
    """Check that an MP3 says its length.

    Raises:
        Flaw: if not, the tag that says it is damaged, or the file is shorter.
    """
    begin = file.tell()
    frame = file.read(_SUMMED + 512)
    tag = _read_tag(frame)
    if tag.size and size - begin < tag.size:
        raise Flaw(f"truncated, {size - begin} bytes where its first frame promises {tag.size}")
    if tag.size and size - begin > tag.size:  # a tag, or more: libsndfile would complain of it
        file.seek(0)
        check_content(file.read())
    return None


def check_content(content: Buffer) -> None:
    """Count the frames of an MP3.

    Raises:
        Flaw: if there are not as many as it says, or something else lies between them.
    """
    begin = skip_id3(content)
    tag = _read_tag(content[begin : begin + _SUMMED + 512])
    at, found = begin, -1  # the tag itself is a frame, which is not counted
    while at + 4 <= len(content):
        length = _frame_length(content[at : at + 4])
        if not length:
            break
        if found >= 0 and _tag_place(content[at : at + 48]):
            raise Flaw(f"another file begins at byte {at}: two or more were joined; split them")
        if at + length > len(content):
            raise Flaw("truncated within its last frame")
        at, found = at + length, found + 1
    rest = content[at:]
    if rest.startswith(b"ID3") and is_frame(rest[skip_id3(rest) :][:4]):
        raise Flaw(f"another file begins at byte {at}: two or more were joined; split them")
    if not is_harmless(rest):
        raise Flaw(f"damaged: {len(content) - at} bytes at byte {at} are no frame")
    if found not in (tag.frames, tag.frames - 1):  # some encoders count the tag
        raise Flaw(f"damaged or cut: {found} frames follow, its first promises {tag.frames}")


def skip_id3(content: Buffer) -> int:
    """Return where a file begins behind ID3v2 tags."""
    at = 0
    while content[at : at + 3] == b"ID3" and len(content) >= at + 10:
        flags, sizes = content[at + 5], content[at + 6 : at + 10]  # four times 7 bits
        at += 20 if flags & _FOOTER else 10
        at += sum(byte << shift for byte, shift in zip(sizes, (21, 14, 7, 0), strict=True))
    return at


def is_frame(head: bytes) -> bool:
    """Tell by four bytes whether a frame of layer III begins with them."""
    return _frame_length(head) > 0


def _read_tag(frame: bytes) -> _Tag:
    if not _frame_length(frame[:4]):
        raise Flaw("damaged or no MP3: no frame at its beginning")
    at = _tag_place(frame)
    if not at:
        raise NoLength(_NO_LENGTH)
    (flags,) = struct.unpack(">I", frame[at + 4 : at + 8])
    if not flags & 1:
        raise NoLength(_NO_LENGTH)
    frames, size = struct.unpack(">II", frame[at + 8 : at + 16])
    lame = at + 8 + 4 * (flags & 1) + 4 * (flags >> 1 & 1) + 100 * (flags >> 2 & 1)
    lame += 4 * (flags >> 3 & 1)
    if frame[lame : lame + 4] in (b"LAME", b"Lavc", b"Lavf"):
        end = lame + 34
        summed = frame[:end], frame[:end].ljust(_SUMMED, b"\0")  # as LAME does it, and FFmpeg
        if int.from_bytes(frame[end : end + 2], "big") not in (0, *map(_crc16, summed)):
            raise Flaw("the tag in its first frame, which says its length, is damaged")
    return _Tag(frames, size if flags & 2 else None)


def _tag_place(frame: bytes) -> int:
    """Return where the tag is in a frame; 0 if it has none."""
    if len(frame) < 4:
        return 0
    first, mono = frame[1] & 8, frame[3] >> 6 == 3
    at = 4 + ((17 if mono else 32) if first else (9 if mono else 17))
    return at if frame[at : at + 4] in (b"Xing", b"Info") else 0


def _frame_length(head: bytes) -> int:
    """Return the bytes of a frame of layer III by its first four; 0 if it is none."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return 0
    version, kbits, rate = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or kbits in (0, 15) or rate == 3:
        return 0
    first = version == 3
    bits = _KBITS[first][kbits] * 1000
    return (144 if first else 72) * bits // _RATES[version][rate] + (head[2] >> 1 & 1)


def _crc16(frame: bytes) -> int:
    """Return the sum of LAME's tag, with the polynomial x^16 + x^15 + x^2 + 1 reversed."""
    crc = 0
    for byte in frame:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc
