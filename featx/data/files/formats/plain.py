"""Formats whose header stands before the audio and says its length: AU, NIST SPHERE and VOC."""

import re
import struct
from typing import BinaryIO

from featx.data.files.formats.flaw import Flaw, NoLength, check_rest, require_bytes

_AU_UNKNOWN = 0xFFFF_FFFF
_AU_BYTES = {1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 6: 4, 7: 8, 27: 1}  # by its code of an encoding
_NIST_FIELD = re.compile(rb"^(\w+) -(?:i|s\d+) (.*?)\s*$", re.MULTILINE)
_VOC_SOUND = {1: 2, 2: 0, 9: 12}  # kinds of blocks with audio, and the bytes before it


def check_au(file: BinaryIO, size: int) -> int | None:
    """Return how many samples an AU file promises; None where that can't be worked out.

    Raises:
        Flaw: if its header contradicts itself or the size of the file.
    """
    header = file.read(24)
    if len(header) < 24:
        raise Flaw("truncated within its header")
    order = ">" if header[:4] == b".snd" else "<"
    begin, promised, kind, _, channels = struct.unpack(f"{order}5I", header[4:])
    if begin < 24:
        raise Flaw(f"its header is damaged: audio at byte {begin}, within the header")
    present = size - begin
    if promised == _AU_UNKNOWN:
        promised = present
    require_bytes(promised, present)
    check_rest(file, begin + promised, size)
    if kind not in _AU_BYTES or not channels:
        return None
    frames, rest = divmod(promised, _AU_BYTES[kind] * channels)
    if rest:
        raise Flaw(
            f"its header contradicts itself: {promised} bytes are no whole number of samples of "
            f"{channels} channels of {_AU_BYTES[kind]} bytes"
        )
    return int(frames)


def check_nist(file: BinaryIO, size: int) -> int | None:
    """Return how many samples a NIST SPHERE file promises.

    Raises:
        Flaw: if its header contradicts itself or the size of the file, or gives no length.
    """
    header = file.read(1024)
    fields = dict(_NIST_FIELD.findall(header))
    try:
        begin = int(header[8:16])
        frames, width = int(fields[b"sample_count"]), int(fields[b"sample_n_bytes"])
        channels = int(fields.get(b"channel_count", b"1"))
    except (KeyError, ValueError):
        raise NoLength("its header lacks sample_count or sample_n_bytes") from None
    coding = fields.get(b"sample_coding", b"pcm")
    if b"shorten" in coding or b"wavpack" in coding:
        raise Flaw(f"compressed ({coding.decode(errors='replace')}): unpack it with sph2pipe")
    require_bytes(frames * width * channels, size - begin)
    check_rest(file, begin + frames * width * channels, size)
    return frames


def check_voc(file: BinaryIO, size: int) -> int | None:
    """Check that the blocks of a Creative Voice file are all there.

    Raises:
        Flaw: if they aren't.
    """
    header = file.read(26)
    if len(header) < 26:
        raise Flaw("truncated within its header")
    (at,) = struct.unpack("<H", header[20:22])
    heard, ended = 0, False
    while at < size and not ended:
        file.seek(at)
        block = file.read(4)
        ended = block[0] == 0
        if ended:
            at += 1
            continue
        if len(block) < 4:
            raise Flaw("truncated within the header of a block")
        length = int.from_bytes(block[1:], "little")
        sound = block[0] in _VOC_SOUND
        require_bytes(length if sound else 0, size - at - 4)
        heard += sound
        at += 4 + length
    if not heard or not ended:
        raise Flaw(f"truncated or damaged, it holds {heard} blocks of audio and no end")
    check_rest(file, at, size)
    return None
