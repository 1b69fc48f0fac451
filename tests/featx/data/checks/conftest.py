"""Utterances with sounds that a test makes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from featx.data.audio import to_waveform
from featx.data.checks.sounds.heard import Heard
from featx.data.manifest import Utterance
from featx.data.sounds.sound import measure_sound

Hear = Callable[..., Heard]


@pytest.fixture(scope="session")
def hear() -> Hear:
    """Return a function that measures channels and makes an utterance of them."""
    count = 0

    def measure(
        *channels: np.ndarray,
        rate: int = 16_000,
        speaker: str = "s0",
        label: str = "sad",
        **extra: str,
    ) -> Heard:
        nonlocal count
        count += 1
        stacked = np.stack(channels, axis=1).astype(np.float32)
        sound = measure_sound(stacked, rate, to_waveform(stacked, rate))
        name = f"u{count}"
        return Heard(Utterance(name, Path(f"{name}.wav"), speaker, label, extra=extra), sound)

    return measure


@pytest.fixture(scope="session")
def plain(hear: Hear, speak: Callable[..., np.ndarray]) -> list[Heard]:
    """Twelve utterances that are as they should be."""
    labels = ("sad", "happy", "angry")
    return [
        hear(speak(1.6 + 0.1 * n, seed=n), speaker=f"s{n % 4}", label=labels[n % 3])
        for n in range(12)
    ]
