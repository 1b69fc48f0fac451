"""Sound that lies in films or tables, written into audio files of its own."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from featx.data.listing.decode_film import write_sound
from featx.errors import FeatxError, Interrupted
from featx.utils.files import replace
from featx.utils.parallel import map_ahead
from featx.utils.progress import progress
from featx.utils.text import counted, first_line, listed

_SIGNATURES = {b"RIFF": ".wav", b"fLaC": ".flac", b"OggS": ".ogg", b"ID3": ".mp3", b"FORM": ".aiff"}
_ENDS = 65_536  # bytes at either end of a film, by which films are told apart
_FAILURES = 2  # in a note


@dataclass(frozen=True)
class Packed:
    """Sound to unpack.

    Attributes:
        name: of the file to write, relative to the folder and without its ending.
        source: a film, or the content of an audio file.
    """

    name: str
    source: Path | bytes


@dataclass(frozen=True)
class Unpacked:
    """What was unpacked.

    Attributes:
        paths: each file by its name without ending.
        failures: name to why its sound can't be had.
    """

    paths: dict[str, Path] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def notes(self) -> list[str]:
        """Return a note on the sounds that can't be had, or none."""
        if not self.failures:
            return []
        why = listed([f"{name} ({why})" for name, why in self.failures.items()], _FAILURES)
        return [f"left out {counted(len(self.failures), 'sound')} that can't be unpacked: {why}"]


def unpack_sounds(packed: Iterable[Packed], total: int, folder: Path) -> Unpacked:
    """Write sounds into files, in threads; those that are there and up to date are kept.

    What libsndfile reads is written as it is; the sound of all else becomes FLAC of 16 bits at its
    own rate, all channels kept, in a file whose name ends in digits that stand for its source: so
    datasets that share a folder keep their sounds apart. A file is there in full or not at all.

    Args:
        packed: the sounds, of different names; taken as there is room.
        total: how many there are.
        folder: where they go.

    Raises:
        FeatxError: if a film can't be read for want of a package, the folder can't be written, or
            a file is there that holds another sound.
        Interrupted: on Ctrl-C; the same call goes on from there.
    """
    unpacked = Unpacked()
    try:
        with progress("Unpacking", total, "sounds") as advance:
            for name, result in _write_all(packed, folder):
                if isinstance(result, Path):
                    unpacked.paths[name] = result
                else:
                    unpacked.failures[name] = result
                advance(1)
    except KeyboardInterrupt:
        raise Interrupted(
            f"Interrupted; {len(unpacked.paths):,} of {total:,} sounds are in {folder}, and the "
            "same command goes on from there."
        ) from None
    except OSError as error:
        raise FeatxError(
            f"`unpack={str(folder)!r}`: can't be written ({error.strerror or error})."
        ) from error
    return unpacked


def _write_all(packed: Iterable[Packed], folder: Path) -> Iterator[tuple[str, Path | str]]:
    return map_ahead(lambda sound: (sound.name, _write(sound, folder)), packed, os.cpu_count() or 1)


def _write(sound: Packed, folder: Path) -> Path | str:
    """Return the file of a sound, written if need be, or why it can't be had."""
    ending = _ending(sound.source)
    if isinstance(sound.source, bytes) and ending:
        return _copy(sound.source, folder / f"{sound.name}{ending}")
    try:
        path = folder / f"{sound.name}-{_digits(sound.source)}.flac"
    except OSError as error:
        return f"can't be read ({error.strerror or error})"
    if path.is_file() and not _is_newer(sound.source, path):
        return path
    try:
        replace(path, lambda unfinished: write_sound(sound.source, unfinished))
    except ValueError as error:
        return first_line(error)
    return path


def _copy(content: bytes, path: Path) -> Path:
    """Write an audio file as it is; one of another content is left as it is, and refused."""
    if not path.is_file():
        replace(path, lambda unfinished: unfinished.write_bytes(content))
    elif path.read_bytes() != content:
        raise FeatxError(
            f"`unpack`: {path} is there with another sound; give each dataset a folder of its own."
        )
    return path


def _digits(source: Path | bytes) -> str:
    """Return hexadecimal digits that differ between sources: of a film, by its size and ends."""
    digest = hashlib.blake2b(digest_size=4)
    if isinstance(source, bytes):
        digest.update(source)
    else:
        size = source.stat().st_size
        with source.open("rb") as film:
            digest.update(b"%d:" % size + film.read(_ENDS))
            film.seek(max(0, size - _ENDS))
            digest.update(film.read(_ENDS))
    return digest.hexdigest()


def _ending(source: Path | bytes) -> str:
    """Return the ending of what libsndfile reads; empty for all else."""
    if isinstance(source, Path):
        return ""
    if source[:1] == b"\xff" and source[1:2] > b"\xe0":
        return ".mp3"
    return next((end for begin, end in _SIGNATURES.items() if source.startswith(begin)), "")


def _is_newer(source: Path | bytes, path: Path) -> bool:
    return isinstance(source, Path) and source.stat().st_mtime > path.stat().st_mtime
