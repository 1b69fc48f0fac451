"""Corpora of noise to fill, and films."""

from collections.abc import Callable
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
import soundfile

Fill = Callable[..., Path]


@pytest.fixture
def fill(tmp_path: Path) -> Fill:
    """Return a function that writes 0.1 s of noise under each name, by its last letters."""

    def write(*names: str) -> Path:
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            noise = np.random.default_rng(crc32(path.stem[-3:].encode())).normal(0, 0.1, 1600)
            soundfile.write(path, noise, 16_000)
        return tmp_path

    return write


FILM_RATE = 48_000  # Hz


@pytest.fixture
def tone() -> Callable[..., np.ndarray]:
    """Return a function that gives 440 Hz at half of full scale, (channels, samples) float32."""

    def make(seconds: float, channels: int = 1) -> np.ndarray:
        times = np.arange(round(seconds * FILM_RATE)) / FILM_RATE
        return np.tile(np.sin(2 * np.pi * 440 * times) / 2, (channels, 1)).astype(np.float32)

    return make


@pytest.fixture
def write_film() -> Callable[..., Path]:
    """Return a function that writes an MP4 of black pictures, with AAC sound unless it is None."""

    def write(path: Path, sound: np.ndarray | None, *, moov_first: bool = False) -> Path:
        import av

        path.parent.mkdir(parents=True, exist_ok=True)
        options = {"movflags": "+faststart"} if moov_first else {}
        with av.open(str(path), "w", format="mp4", options=options) as film:
            pictures = film.add_stream("mpeg4", rate=10)
            pictures.width, pictures.height, pictures.pix_fmt = 32, 32, "yuv420p"
            layout = "stereo" if sound is not None and len(sound) == 2 else "mono"
            track = sound is not None and film.add_stream("aac", rate=FILM_RATE, layout=layout)
            for _ in range(3):
                picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24")
                film.mux(pictures.encode(picture))
            film.mux(pictures.encode(None))
            if track:
                frame = av.AudioFrame.from_ndarray(sound, format="fltp", layout=layout)
                frame.sample_rate = FILM_RATE
                film.mux(track.encode(frame))
                film.mux(track.encode(None))
        return path

    return write
