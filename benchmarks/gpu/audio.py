"""Noise as long as what RAVDESS's speakers say."""

from pathlib import Path

import numpy as np
import soundfile

RATE = 16_000  # samples a second
LENGTHS = (3.0, 5.3)  # seconds
SHORT = (0.3, 0.6)


def write_noise(folder: Path, count: int, short: bool) -> list[Path]:
    """Return so many files of noise; those that are there are not written again."""
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{number:05}.flac" for number in range(count)]
    for number, path in enumerate(paths):
        if not path.exists():
            unfinished = path.with_suffix(".part")
            soundfile.write(unfinished, _draw(number, short), RATE, format="FLAC")
            unfinished.replace(path)
    return paths


def _draw(number: int, short: bool) -> np.ndarray:
    draw = np.random.default_rng(number)
    shortest, longest = SHORT if short else LENGTHS
    seconds = draw.triangular(shortest, (2 * shortest + longest) / 3, longest)
    return 0.1 * draw.standard_normal(round(seconds * RATE))
