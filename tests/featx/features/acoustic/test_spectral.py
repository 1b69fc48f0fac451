"""Spectrograms, against numpy's transform and tones of known pitch."""

import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from featx.features.acoustic.settings import read_acoustic
from featx.features.acoustic.spectral import log_mel, magnitudes

NAMED = read_acoustic()


def tone(pitch: float, samples: int = 8_000) -> np.ndarray:
    return np.sin(2 * np.pi * pitch * np.arange(samples) / 16_000).astype(np.float32)


@settings(max_examples=50)
@given(samples=st.integers(400, 5_000), name=st.sampled_from(["spectrogram", "spectrogram-10ms"]))
def test_each_frame_is_the_transform_of_its_own_window(samples, name):
    waveform = np.random.default_rng(samples).uniform(-1, 1, samples).astype(np.float32)
    chosen = NAMED[name]
    windows = np.lib.stride_tricks.sliding_window_view(waveform, 400)[:: chosen.hop]
    expected = np.abs(np.fft.rfft(windows * scipy.signal.get_window("hann", 400), 512))
    found = magnitudes(waveform, chosen).numpy()
    assert found.shape == (chosen.frames(samples), chosen.dim)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("pitch", [500, 1_000, 4_000])
def test_a_tone_stands_in_its_bin(pitch):
    found = magnitudes(tone(pitch), NAMED["spectrogram"]).numpy()
    assert set(found.argmax(axis=1)) == {pitch * 512 // 16_000}
    np.testing.assert_allclose(found.max(axis=1), 100, rtol=0.01)  # half the window's sum


def test_mel_bands_of_a_tone_rise_with_its_pitch_and_its_power():
    bands = [log_mel(tone(pitch), NAMED["logmel"]).numpy() for pitch in (200, 1_000, 5_000)]
    highest = [set(band.argmax(axis=1)) for band in bands]
    assert [len(bins) for bins in highest] == [1, 1, 1]
    assert max(highest[0]) < min(highest[1]) < min(highest[2])
    louder = log_mel(2 * tone(1_000), NAMED["logmel"]).numpy()
    np.testing.assert_allclose((louder - bands[1])[:, max(highest[1])], 2 * np.log(2), rtol=1e-5)


@pytest.mark.parametrize("samples", [400, 559, 560, 16_001])
def test_silence_is_the_floor(samples):
    silence = np.zeros(samples, np.float32)
    assert not magnitudes(silence, NAMED["spectrogram"]).any()
    found = log_mel(silence, NAMED["logmel"]).numpy()
    assert found.shape == (NAMED["logmel"].frames(samples), 80)
    np.testing.assert_allclose(found, np.log(1e-10), rtol=1e-6)
