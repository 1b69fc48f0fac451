import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featx.data.sounds.clipping import count_flat_peaks


def clip(samples, share=0.005):
    limit = np.quantile(np.abs(samples), 1 - share)
    return np.clip(samples, -limit, limit)


def in_steps(samples, bits):
    return (np.round(samples * 2.0 ** (bits - 1)) / 2.0 ** (bits - 1)).astype(np.float32)


CLIPPED = {
    "at full scale": lambda x: clip(x) / np.abs(clip(x)).max(),
    "made quieter afterwards": lambda x: in_steps(0.1 * clip(x) / np.abs(clip(x)).max(), 16),
    "in 8 bits": lambda x: in_steps(0.99 * clip(x) / np.abs(clip(x)).max(), 8),
    "above alone": lambda x: np.minimum(x, np.quantile(x, 0.995)),
    "below alone": lambda x: np.maximum(x, np.quantile(x, 0.005)),
    "off centre": lambda x: clip(x) - clip(x).mean() + np.float32(1e-4),
}
FINE = {
    "as it is": lambda x: x,
    "normalised to full scale": lambda x: in_steps(x / np.abs(x).max() * 32767 / 32768, 16),
    "very quiet": lambda x: in_steps(0.003 * x / np.abs(x).max(), 16),
    "in 8 bits": lambda x: in_steps(0.9 * x / np.abs(x).max(), 8),
    "silence": np.zeros_like,
    "a constant": np.ones_like,
}


@pytest.mark.parametrize("rate", [8000, 16_000, 48_000])
@pytest.mark.parametrize("kind", CLIPPED)
def test_clipped_peaks_are_counted(speak, kind, rate):
    assert count_flat_peaks(CLIPPED[kind](speak(3.0, rate)).astype(np.float32)) >= 3


@pytest.mark.parametrize("rate", [8000, 16_000, 48_000])
@pytest.mark.parametrize("kind", FINE)
def test_nothing_is_counted_where_none_are(speak, kind, rate):
    assert count_flat_peaks(FINE[kind](speak(3.0, rate))) == 0


@settings(max_examples=30)
@given(st.integers(1, 50), st.integers(0, 1000))
def test_noise_is_not_clipped(length, seed):
    assert count_flat_peaks(np.random.default_rng(seed).standard_normal(length)) == 0
