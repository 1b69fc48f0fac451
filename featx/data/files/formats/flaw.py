"""What is wrong with a file, and what may follow its audio."""

from mmap import mmap
from pathlib import Path
from typing import BinaryIO

Buffer = bytes | mmap  # all of a file
_TAGS = (b"TAG", b"ID3", b"APETAGEX", b"LYRICS")  # which players write behind any audio
_PADDING = 4096  # bytes of zeros with which some recorders fill their last sector


class Flaw(Exception):
    """Why a file's audio is not what its header says, for people."""


class NoLength(Flaw):
    """A header that gives no length, so that nobody can tell whether the file was cut."""


def conversion(path: Path, options: str = "") -> str:
    """Return the command that makes a WAV file of a file, with options for that WAV file."""
    out = f"{path.stem}.wav" if path.suffix.lower() != ".wav" else f"{path.stem}-mended.wav"
    return " ".join(filter(None, ["ffmpeg -i", path.name, options, out]))


def require_bytes(promised: int, present: int) -> None:
    """Check that audio is all there.

    Raises:
        Flaw: if fewer bytes are present than promised.
    """
    if present < promised:
        raise Flaw(
            f"truncated, {max(present, 0)} bytes of audio where the header promises {promised}"
        )


def check_rest(file: BinaryIO, at: int, size: int) -> None:
    """Check what follows the last thing that a file's header accounts for.

    Args:
        file: an audio file.
        at: where that ends, in bytes.
        size: of the file.

    Raises:
        Flaw: if there is something else than padding or a tag.
    """
    if size <= at:
        return
    file.seek(at)
    begin = file.read(_PADDING + 1)
    if begin.startswith((b"RIFF", b"RIFX", b"RF64", b"riff", b"FORM", b"caff", b".snd", b"NIST_")):
        raise Flaw(f"another file begins at byte {at}: two or more were joined; split them")
    if is_harmless(begin):
        return
    raise Flaw(
        f"its header is wrong, or files were joined: {size - at} bytes follow what it accounts for"
    )


def is_harmless(rest: bytes) -> bool:
    """Tell whether what follows audio is a tag or padding."""
    return rest.startswith(_TAGS) or (len(rest) <= _PADDING and not any(rest))
