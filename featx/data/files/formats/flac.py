"""FLAC (RFC 9639). libFLAC checks the sums of its frames, but not how many there are."""

import re
from dataclasses import dataclass
from typing import BinaryIO

from featx.data.files.formats.flaw import Buffer, Flaw

_MARK = b"fLaC\x00\x00\x00\x22"  # and the header of STREAMINFO, which has 34 bytes
_BEGIN = len(_MARK)
_FRAME = 16  # bytes of a frame's header at most
_TAIL = 1 << 16  # bytes in which the last frame is looked for, if its size is not known
_TAG = 256  # bytes that players may have put behind the last frame
_SYNC = re.compile(rb"\xff[\xf8\xf9]")
_RATES = (0, 88200, 176400, 192000, 8000, 16000, 22050, 24000, 32000, 44100, 48000, 96000)
_BITS = (0, 8, 12, 0, 16, 20, 24, 32)


@dataclass(frozen=True)
class _Stream:
    """What STREAMINFO says: samples in a block, bytes in a frame, Hz, samples."""

    block: int
    largest: int
    rate: int
    channels: int
    bits: int
    frames: int


@dataclass(frozen=True)
class _Frame:
    """What a frame's header says; 0 where it refers to STREAMINFO."""

    begin: int
    samples: int
    rate: int
    channels: int
    bits: int

    def fits(self, stream: _Stream) -> bool:
        """Tell whether a frame is of the same form as its stream."""
        return (
            self.rate in (0, stream.rate)
            and self.channels == stream.channels
            and self.bits in (0, stream.bits)
        )


def check_header(file: BinaryIO, size: int) -> int | None:
    """Return how many samples a FLAC file promises; None if it doesn't say.

    Its first and last frames are held against that: a wrong number in the header would cut the
    file in silence.

    Raises:
        Flaw: if the first frame is of another form, or the last does not end there.
    """
    begin = file.tell()
    head = file.read(_BEGIN + 34)
    if len(head) < _BEGIN + 34 or not head.startswith(_MARK):
        raise Flaw("damaged at the beginning of its header, or cut there")
    stream = _read_stream(head[_BEGIN:])
    if not stream.frames:
        return None
    first = _first_frame(file, begin + 4, size, stream)
    for name in ("rate", "channels", "bits"):
        there, promised = getattr(first, name), getattr(stream, name)
        if there and there != promised:
            raise Flaw(f"its header contradicts itself: {name} {promised}, its frames say {there}")
    ends = _ends(file, size, stream)
    if ends and stream.frames not in ends:
        what = "truncated" if ends[-1] < stream.frames else "its header is wrong"
        raise Flaw(
            f"{what}, or files were joined: its frames end at sample {ends[-1]}, its header "
            f"promises {stream.frames}"
        )
    return stream.frames


def check_content(content: Buffer) -> None:
    """Check that no other file follows.

    Raises:
        Flaw: if one does.
    """
    at = content.find(_MARK, content.find(_MARK) + 1)
    if at >= 0:
        raise Flaw(f"another file begins at byte {at}: two or more were joined; split them")


def _read_stream(info: bytes) -> _Stream:
    packed = int.from_bytes(info[10:18], "big")
    return _Stream(
        block=int.from_bytes(info[2:4], "big"),
        largest=int.from_bytes(info[7:10], "big"),
        rate=packed >> 44,
        channels=(packed >> 41 & 7) + 1,
        bits=(packed >> 36 & 31) + 1,
        frames=packed & 0xF_FFFF_FFFF,
    )


def _first_frame(file: BinaryIO, at: int, size: int, stream: _Stream) -> _Frame:
    last = False
    while not last and at < size:  # over the metadata
        file.seek(at)
        head = file.read(4)
        last = bool(head[:1]) and head[0] >= 0x80
        at += 4 + int.from_bytes(head[1:], "big")
    file.seek(at)
    frame = _read_frame(file.read(_FRAME), stream)
    if frame is None:
        raise Flaw("truncated or damaged, no audio follows its header")
    return frame


def _ends(file: BinaryIO, size: int, stream: _Stream) -> list[int]:
    """Return where the last frames end, in samples.

    Several bytes within a frame can look like the beginning of one; of these, few are of the same
    form as the stream.
    """
    file.seek(max(0, size - (stream.largest or _TAIL) - _TAG))
    tail = file.read()
    frames = (
        _read_frame(tail[m.start() : m.start() + _FRAME], stream) for m in _SYNC.finditer(tail)
    )
    return [frame.begin + frame.samples for frame in frames if frame and frame.fits(stream)]


def _read_frame(head: bytes, stream: _Stream) -> _Frame | None:
    """Return what a frame's header says; None if it is none (RFC 9639, section 9.1)."""
    if len(head) < 6 or head[0] != 0xFF or head[1] & 0xFE != 0xF8 or head[3] & 1:
        return None
    ones = 8 - (head[4] ^ 0xFF).bit_length()  # as in UTF-8: how many bytes the number has
    at = 5 + max(0, ones - 1)
    number = head[4] & (0x7F >> ones)
    for byte in head[5:at]:
        number = number << 6 | byte & 0x3F
    code, rate_code = head[2] >> 4, head[2] & 15
    samples = 192 if code == 1 else 144 << code if code < 6 else 256 << max(0, code - 8)
    if code in (6, 7):
        samples = int.from_bytes(head[at : at + code - 5], "big") + 1
        at += code - 5
    at += {12: 1, 13: 2, 14: 2}.get(rate_code, 0)
    if not code or at >= len(head) or _crc8(head[:at]) != head[at]:
        return None
    rate = _RATES[rate_code] if rate_code < len(_RATES) else 0
    channels = (head[3] >> 4) + 1 if head[3] >> 4 < 8 else 2
    variable = head[1] & 1
    begin = number if variable else number * stream.block
    return _Frame(begin, samples, rate, channels, _BITS[head[3] >> 1 & 7])


def _crc8(head: bytes) -> int:
    """Return the sum of a frame's header, with the polynomial x^8 + x^2 + x + 1."""
    crc = 0
    for byte in head:
        crc ^= byte
        for _ in range(8):
            crc = crc << 1 ^ 0x107 if crc & 0x80 else crc << 1
    return crc
