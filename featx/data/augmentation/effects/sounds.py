"""A folder of sounds to augment with: noises, or responses of rooms."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from featx.data.audio import SAMPLE_RATE, Waveform, read_audio, read_channels, to_waveform
from featx.data.files.known import know_files
from featx.data.listing.files import find_files
from featx.errors import FeatxError

_ENDINGS = (".wav", ".flac", ".ogg", ".mp3")


@dataclass(frozen=True)
class Sounds:
    """The sounds of a folder.

    Attributes:
        paths: their files, in a fixed order.
        seconds: how long each is.
        digest: of what the files hold, in their order.
    """

    paths: tuple[Path, ...]
    seconds: tuple[float, ...]
    digest: str

    def excerpt(self, samples: int, generator: np.random.Generator) -> tuple[Waveform, str]:
        """Return so many samples of a sound, and the name of its file.

        They begin anywhere in it; a shorter sound is repeated.
        """
        from classifiers.cores import on_one_core

        place = int(generator.integers(len(self.paths)))
        path, longest, wanted = self.paths[place], self.seconds[place], samples / SAMPLE_RATE
        begin = generator.uniform(0, max(longest - wanted, 0) or longest)
        with on_one_core():  # on which sounds of other rates are resampled to the same last bits
            if longest > wanted:
                read = read_audio(path, begin, min(begin + wanted, longest))
            else:
                read = np.roll(read_audio(path), -int(begin * SAMPLE_RATE))
        return np.resize(read, samples), path.name

    def whole(self, generator: np.random.Generator) -> tuple[Waveform, str]:
        """Return the first channel of a sound, and the name of its file.

        Channels are not averaged: those of a response differ in their delays.
        """
        from classifiers.cores import on_one_core

        path = self.paths[int(generator.integers(len(self.paths)))]
        channels, rate = read_channels(path)
        with on_one_core():
            return to_waveform(channels[:, :1], rate), path.name


def open_sounds(folder: Path, purpose: str) -> Sounds:
    """Look at all sounds of a folder, at any depth.

    Args:
        folder: where they are.
        purpose: the setting that names it, for messages.

    Raises:
        FeatxError: if there is no such folder, no sound in it, or a file that can't be used.
    """
    try:
        paths = find_files(folder, _ENDINGS)
    except FeatxError as error:
        raise FeatxError(f"{purpose}: {error.message}") from error
    if not paths:
        raise FeatxError(
            f"{purpose}: there is no sound in {folder}. Files must end in {', '.join(_ENDINGS)}."
        )
    known = know_files(paths)
    for flaw in known.flaws.values():
        raise FeatxError(f"{purpose}: {flaw}. Mend the file, or take it out of {folder}.")
    seconds = tuple((known.frames / known.rates).tolist())
    digest = hashlib.blake2b("\n".join(known.contents).encode(), digest_size=8).hexdigest()
    return Sounds(tuple(paths), seconds, digest)
