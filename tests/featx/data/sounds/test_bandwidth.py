import numpy as np
import pytest
import soxr
from scipy import signal

from featx.data.sounds.bandwidth import measure_bandwidth


def resampled(samples, rate):
    """Resample there and back."""
    return soxr.resample(soxr.resample(samples, 16_000, rate), rate, 16_000)


def in_16_bits(samples):
    return (np.round(samples * 32768) / 32768).astype(np.float32)


def telephone(samples):
    return signal.sosfilt(signal.butter(12, (300, 3400), "band", fs=16_000, output="sos"), samples)


@pytest.mark.parametrize("gain", [1.0, 0.1])
@pytest.mark.parametrize(
    ("narrow", "edge"),
    [
        (lambda x: resampled(x, 8000), 4000),
        (lambda x: resampled(x, 12_000), 6000),
        (lambda x: resampled(x, 11_025), 5512),
        (telephone, 3700),
    ],
)
def test_what_was_resampled_or_filtered_is_found(speak, narrow, edge, gain):
    narrowed = in_16_bits(gain * narrow(speak()))
    assert measure_bandwidth(narrowed) == pytest.approx(edge, abs=600)


@pytest.mark.parametrize("gain", [1.0, 0.1])
def test_speech_fills_the_band(speak, gain):
    assert measure_bandwidth(in_16_bits(gain * speak())) >= 7500


@pytest.mark.parametrize(
    "samples",
    [np.zeros(16_000), np.ones(16_000), np.zeros(1), np.random.default_rng(0).standard_normal(700)],
)
def test_silence_and_noise_have_no_edge(samples):
    assert measure_bandwidth(samples.astype(np.float32)) == 8000


def test_long_audio_is_taken_in_blocks(speak):
    narrowed = in_16_bits(resampled(speak(), 8000))
    assert measure_bandwidth(np.tile(narrowed, 20)) == measure_bandwidth(narrowed)
