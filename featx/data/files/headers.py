"""The headers of audio files, held against what libsndfile makes of them and against the files."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import BinaryIO, TypeVar

import soundfile

from featx.data.files.formats import aiff, caf, flac, mp3, ogg, plain, wav
from featx.data.files.formats.flaw import Flaw, NoLength, conversion
from featx.data.files.strangers import HEAD, name_stranger
from featx.errors import FeatxError
from featx.utils.parallel import map_ahead
from featx.utils.remote.path import RemotePath

Item = TypeVar("Item")
CHECK = 1  # to be raised whenever a header that was right would be wrong, or read otherwise
LOWEST, HIGHEST = 1_000, 768_000  # Hz: below is no speech, above no recorder
AT_ONCE = 16  # remote files
_CHANNELS = 64  # at most: more come from damaged headers
_MARKS: dict[bytes, tuple[str, Callable[[BinaryIO, int], int | None]]] = {
    b"RIFF": ("WAV", wav.check_header),
    b"RIFX": ("WAV", wav.check_header),
    b"RF64": ("RF64", wav.check_header),
    b"riff": ("W64", wav.check_header),
    b"FORM": ("AIFF", aiff.check_header),
    b"caff": ("CAF", caf.check_header),
    b".snd": ("AU", plain.check_au),
    b"dns.": ("AU", plain.check_au),
    b"NIST": ("NIST", plain.check_nist),
    b"Crea": ("VOC", plain.check_voc),
    b"fLaC": ("FLAC", flac.check_header),
    b"OggS": ("OGG", ogg.check_header),
}
_CONTENTS = {"FLAC": flac.check_content, "OGG": ogg.check_content, "MP3": mp3.check_content}


class AudioError(FeatxError):
    """One file that can't be used; the others can."""


@dataclass(frozen=True, slots=True)
class Header:
    """What the header of a sound file says.

    Attributes:
        format: the name of its format, such as "WAV".
        frames: samples of each channel.
        rate: samples a second, in Hz.
        channels: how many.
        subtype: the name of its samples' type, such as "PCM_16".
    """

    format: str
    frames: int
    rate: int
    channels: int
    subtype: str

    @property
    def floating(self) -> bool:
        """Whether its samples are stored as floating-point numbers, which can be of any size."""
        return self.subtype in ("FLOAT", "DOUBLE")

    @property
    def bounded(self) -> bool:
        """Whether no sample can be beyond full scale, as in all formats of integers."""
        return not self.floating and self.format not in ("MP3", "OGG")


def read_header(path: Path) -> Header:
    """Read the header of an audio file, or remember it if the file has not changed since.

    Raises:
        AudioError: if the file is missing, no audio, or not what its header says.
    """
    found = _read(path, *_version(path))
    if isinstance(found, str):
        raise AudioError(f"{path}: {found}")
    return found


def with_headers(paths: Iterable[Item], path_of: Callable[[Item], Path]) -> Iterator[Item]:
    """Yield what has a path, once the headers of remote files are read and remembered.

    Many are asked for at once: nearly all of the time goes in waiting for the server.

    Args:
        paths: what has paths.
        path_of: returns the path of each.
    """

    def read(item: Item) -> Item:
        path = path_of(item)
        if isinstance(path, RemotePath):
            with suppress(AudioError):  # which whoever asks for it gets
                read_header(path)
        return item

    items = list(paths)
    remote = any(isinstance(path_of(item), RemotePath) for item in items)
    yield from map_ahead(read, items, AT_ONCE) if remote else items


def check_content(path: Path, header: Header) -> None:
    """Check all of a compressed file, or remember that it was right.

    Raises:
        AudioError: if parts of it are damaged or missing, or other files follow.
    """
    if header.format in _CONTENTS:
        flaw = _content_flaw(path, header.format, *_version(path))
        if flaw:
            raise AudioError(f"{path}: {flaw}")


def _version(path: Path) -> tuple[int, int]:
    """Return what changes with a file's content: its size, and when it was written."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        raise AudioError(f"{path}: no such file") from None
    except OSError as error:
        raise AudioError(f"{path}: can't be read ({error.strerror})") from error
    return stat.st_size, stat.st_mtime_ns


@lru_cache(maxsize=1 << 16)  # a header is read by the manifest, the plan, and the decoder
def _read(path: Path, size: int, written: int) -> Header | str:
    """Return a header, or what is wrong."""
    if path.is_dir():
        return "not a readable audio file (a folder)"
    if not size:
        return "empty, no bytes"
    try:
        with path.open_parts() if isinstance(path, RemotePath) else path.open("rb") as file:
            head = file.read(HEAD)
            stranger = name_stranger(path, head)
            if stranger:
                return stranger
            name, frames = _check(file, size, head)
            if isinstance(path, RemotePath):
                file.seek(0)
                return _held(path, name, frames, soundfile.info(file))
        return _held(path, name, frames, soundfile.info(path))
    except NoLength as flaw:
        return f"{flaw}; convert it: {conversion(path)}"
    except Flaw as flaw:
        return f"{flaw}. If it sounds whole, convert it: {conversion(path)}"
    except TypeError:  # soundfile's, of files named .raw
        return "its name ends in .raw, as of audio without a header; give it its format's ending"
    except (soundfile.SoundFileError, OSError) as error:
        return f"not a readable audio file ({getattr(error, 'error_string', error)})"


def _check(file: BinaryIO, size: int, head: bytes) -> tuple[str | None, int | None]:
    """Return a file's format by its own marks, and the samples that it promises.

    Raises:
        Flaw: if the header can't be trusted.
    """
    begin = mp3.skip_id3(head)
    file.seek(begin)
    mark = file.read(4)
    file.seek(begin)
    if mark in _MARKS:
        name, check = _MARKS[mark]
        return name, check(file, size)
    if begin or mp3.is_frame(mark):
        return "MP3", mp3.check_header(file, size)
    return None, None


def _held(
    path: Path, name: str | None, frames: int | None, info: soundfile._SoundFileInfo
) -> Header | str:
    """Hold what libsndfile says against what the file does."""
    found = "WAV" if info.format == "WAVEX" else info.format
    if name is None:
        return (
            f"{info.format_info or found}: a format whose length can't be checked; convert it: "
            f"{conversion(path)}"
        )
    if info.frames >= 2**62:  # libsndfile's "unknown", which FLAC encoders on a pipe leave
        return f"its header gives no length; convert it: {conversion(path)}"
    if frames is not None and info.frames < frames:
        return f"truncated or damaged, {info.frames} of {frames} samples can be read"
    if not LOWEST <= info.samplerate <= HIGHEST:
        return f"its rate is {info.samplerate} Hz; featx takes {LOWEST} to {HIGHEST} Hz"
    if info.channels > _CHANNELS:
        return f"{info.channels} channels; featx takes up to {_CHANNELS}"
    return Header(found, info.frames, info.samplerate, info.channels, info.subtype)


@lru_cache(maxsize=8)  # the segments of a long file follow each other
def _content_flaw(path: Path, name: str, size: int, written: int) -> str | None:
    try:
        with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
            _CONTENTS[name](content)
    except Flaw as flaw:
        return f"{flaw}. If it sounds whole, convert it: {conversion(path)}"
    except OSError as error:
        return f"can't be read ({error.strerror})"
    return None
