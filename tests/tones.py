"""The sounds that tests write: tones, whose pitch is the label."""

import io
from functools import cache

import numpy as np
import soundfile


@cache
def make_tones(speakers: int, takes: int, seconds: float) -> dict[tuple[str, int, int], bytes]:
    """Return WAV files by label, speaker and take: made once, hundreds of tests write them."""
    files = {}
    noise = np.random.default_rng(0)
    for speaker in range(speakers):
        for label, pitch in (("sad", 150), ("happy", 600), ("angry", 2400)):
            for take in range(takes):
                time = np.arange(int(16_000 * (seconds + 0.02 * take))) / 16_000
                wave = 0.3 * np.sin(2 * np.pi * pitch * time)
                wave += 0.01 * noise.standard_normal(len(time))
                written = io.BytesIO()
                soundfile.write(written, wave, 16_000, format="WAV")
                files[label, speaker, take] = written.getvalue()
    return files
