"""Voices that speak, and what happens to recordings of them."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from featx.data.audio import read_audio
from featx.demo.corpus import Take, speak

Edit = Callable[[np.ndarray], np.ndarray]


@pytest.fixture(scope="session")
def spoken() -> list[np.ndarray]:
    """Eight utterances of 1.3 s: two voices, two takes of each, two statements."""
    takes = [Take(5, 1, statement, repetition) for statement in (1, 2) for repetition in (1, 2)]
    return [speak(actor, take) for actor in (1, 2) for take in takes]


@pytest.fixture
def through_file(tmp_path: Path) -> Callable[..., np.ndarray]:
    """Write samples to a file, as a recorder or converter does, and return what featx reads."""

    def write(samples: np.ndarray, rate: int = 16_000, **options: object) -> np.ndarray:
        content = io.BytesIO()
        options = {"format": "WAV", "subtype": "PCM_16", **options}
        soundfile.write(content, samples, rate, **options)
        path = tmp_path / f"copy.{str(options['format']).lower()}"
        path.write_bytes(content.getvalue())
        return read_audio(path)

    return write
