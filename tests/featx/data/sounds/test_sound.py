import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featx.data.audio import to_waveform
from featx.data.sounds.sound import Sound, measure_sound


def measure(*channels, rate=16_000) -> Sound:
    stacked = np.stack(channels, axis=1).astype(np.float32)
    return measure_sound(stacked, rate, to_waveform(stacked, rate))


def test_speech(speak):
    sound = measure(speak(2.0))
    assert sound.seconds == 2
    assert sound.peak == pytest.approx(np.abs(speak(2.0)).max())
    assert (sound.clipped, sound.cancelled) == (0, 0)
    assert (sound.leading, sound.trailing) == (pytest.approx(0.3, abs=0.03),) * 2
    assert sound.snr == pytest.approx(sound.speech - sound.floor)
    assert 40 < sound.snr < 70


@pytest.mark.parametrize("rate", [8000, 44_100, 48_000])
def test_rates(speak, rate):
    sound = measure(speak(2.0, rate), rate=rate)
    assert (sound.rate, sound.seconds) == (rate, 2.0)
    assert sound.bandwidth <= rate / 2
    assert sound.speech == pytest.approx(measure(speak(2.0)).speech, abs=3)


@pytest.mark.parametrize(
    ("other", "lost"),
    [(lambda x: x, 0), (lambda x: 0 * x, 3), (lambda x: x[::-1], 3), (lambda x: -0.9 * x, 26)],
)
def test_what_averaging_channels_loses(speak, other, lost):
    sound = measure(speak(), other(speak()))
    assert sound.cancelled == pytest.approx(lost, abs=0.6)
    assert len(sound.channels) == 2


def test_a_single_clipped_channel_is_clipped(speak):
    assert measure(speak(), np.clip(speak(seed=1), -0.1, 0.1)).clipped > 0


def test_the_offset_is_no_level(speak):
    plain, moved = measure(speak()), measure(speak() + 0.2)
    assert moved.offset - plain.offset == pytest.approx(0.2, abs=1e-6)
    assert moved.channels == pytest.approx(plain.channels, abs=0.01)
    assert moved.speech == pytest.approx(plain.speech, abs=0.01)


@settings(max_examples=30)
@given(st.integers(1, 2000), st.integers(1, 3), st.sampled_from([0.0, 1e-6, 0.5, 40.0]))
def test_all_figures_are_finite(length, count, gain):
    noise = gain * np.random.default_rng(length).standard_normal((count, length))
    sound = measure(*noise)
    values = [v for v in vars(sound).values() if isinstance(v, float | int)]
    assert all(map(math.isfinite, [*values, *sound.channels, sound.snr]))
    assert min(sound.snr, sound.cancelled, sound.leading, sound.trailing) >= 0
