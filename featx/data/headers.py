"""Headers that don't tell the true length, and that libsndfile accepts in silence."""

import re
from pathlib import Path

import soundfile

_UNKNOWN_BYTES = 0x7FFF_0000  # and more: what a recorder writes that can't seek back to its header
_WAV_SHORT = re.compile(r"^data : (\d+) \(should be (\d+)\)", re.MULTILINE)  # libsndfile's log
_OGG_PAGE = 65_307  # bytes, the largest page
_MP3_TAG = 512  # bytes, within which the first frame names the number of frames
_TOLERATED = 0.01  # seconds: some WAV writers count their own header as audio


def length_flaw(path: Path, header: soundfile._SoundFileInfo) -> str | None:
    """Say why the number of frames in a file's header can't be trusted.

    FLAC and tagged MP3 promise their length, so reading them shows when they were cut. For the
    others libsndfile reports whatever is left.

    Args:
        path: an audio file.
        header: what `soundfile.info` says of it.

    Returns:
        The reason, for people; None if nothing is wrong.
    """
    if header.frames >= 2**62:  # libsndfile's "unknown", which FLAC encoders on a pipe leave
        return f"its header gives no length; convert it: ffmpeg -i {path.name} {path.stem}.wav"
    checks = {"WAV": _wav_flaw, "WAVEX": _wav_flaw, "OGG": _ogg_flaw, "MP3": _mp3_flaw}
    check = checks.get(header.format)
    return check(path, header) if check else None


def _wav_flaw(path: Path, header: soundfile._SoundFileInfo) -> str | None:
    found = _WAV_SHORT.search(header.extra_info)
    if not found:
        return None
    promised, present = int(found[1]), int(found[2])
    if promised >= _UNKNOWN_BYTES:
        return None
    rate = header.samplerate * present / max(header.frames, 1)  # bytes per second
    if promised - present <= _TOLERATED * rate:
        return None
    return f"truncated, {present} bytes of audio where the header promises {promised}"


def _ogg_flaw(path: Path, header: soundfile._SoundFileInfo) -> str | None:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _OGG_PAGE))
        tail = file.read()
    page = tail[tail.rfind(b"OggS\0") :]
    segments = page[27 : 27 + page[26]] if len(page) > 26 else b""
    if not segments or len(page) < 27 + page[26] + sum(segments):
        return "truncated, its last page is incomplete"
    return None


def _mp3_flaw(path: Path, header: soundfile._SoundFileInfo) -> str | None:
    with path.open("rb") as file:
        start = file.read(10)
        if start[:3] == b"ID3":  # an ID3v2 tag: its size in four 7-bit bytes
            size = sum(byte << shift for byte, shift in zip(start[6:], (21, 14, 7, 0), strict=True))
            file.seek(10 + size)
        else:
            file.seek(0)
        frame = file.read(_MP3_TAG)
    if b"Xing" in frame or b"Info" in frame:
        return None
    return f"an MP3 without its length; convert it: ffmpeg -i {path.name} {path.stem}.wav"
