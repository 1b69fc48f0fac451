from dataclasses import replace

import numpy as np
import pytest

from featx.data.audio import SAMPLE_RATE
from featx.demo.voice import PEAK, STATEMENTS, Voice, synthesise

VOICE = Voice(
    pitch=120.0, accents=0.0, contour=1.0, level=0.05, dynamics=0.0, rate=5.0, pauses=0.1,
    brightness=0.5, breath=0.01, jitter=0.0, shimmer=0.0, onset=0.03, tract=1.0,
)  # fmt: skip


def speak(statement=STATEMENTS[0], seed=0, **settings):
    return synthesise(replace(VOICE, **settings), statement, np.random.default_rng(seed))


def share_above(audio, frequency):
    power = np.abs(np.fft.rfft(audio)) ** 2
    return power[np.fft.rfftfreq(len(audio), 1 / SAMPLE_RATE) > frequency].sum() / power.sum()


def test_same_generator_same_speech():
    assert np.array_equal(speak(seed=3), speak(seed=3))
    assert not np.array_equal(speak(seed=3), speak(seed=4))


@pytest.mark.parametrize("statement", STATEMENTS)
def test_speech_is_finite_mono_float32(statement):
    audio = speak(statement)
    assert audio.dtype == np.float32
    assert audio.ndim == 1
    assert np.isfinite(audio).all()


@pytest.mark.parametrize("pitch", [90.0, 130.0, 220.0, 320.0])
def test_pitch_is_as_set(pitch, track_pitch):
    assert np.median(track_pitch(speak(pitch=pitch))[0]) == pytest.approx(pitch, rel=0.02)


def test_accents_widen_the_pitch_range(track_pitch):
    flat, lively = (np.std(np.log2(track_pitch(speak(accents=a))[0])) for a in (0.0, 5.0))
    assert lively > 3 * flat


def test_contour_sets_where_the_pitch_ends(track_pitch):
    for contour in (0.7, 1.4):
        track, _ = track_pitch(speak(contour=contour))
        assert track[-5:].mean() / track[:5].mean() == pytest.approx(contour, rel=0.15)


def test_level_is_the_root_mean_square():
    for level in (0.01, 0.1):
        assert np.sqrt(np.mean(speak(level=level) ** 2)) == pytest.approx(level, rel=0.02)


def test_an_extreme_level_does_not_clip():
    assert np.abs(speak(level=10.0)).max() == pytest.approx(PEAK)


def test_rate_and_pauses_set_the_length():
    assert len(speak(rate=4.0)) - len(speak(rate=7.0)) == pytest.approx(12_000, abs=256)
    assert len(speak(pauses=0.5)) - len(speak(pauses=0.1)) == pytest.approx(6_400, abs=256)


def test_brightness_and_breath_raise_high_frequencies():
    vowels = [syllable._replace(seconds=0.0) for syllable in STATEMENTS[0]]
    plain, bright, breathy = (
        share_above(speak(vowels, **settings), 2_000)
        for settings in ({}, {"brightness": 0.8}, {"breath": 0.5})
    )
    assert bright > 2 * plain
    assert breathy > 2 * plain


@pytest.mark.parametrize("setting", ["jitter", "shimmer"])
def test_irregularity_makes_periods_less_alike(setting, track_pitch):
    regular, rough = (np.median(track_pitch(speak(**{setting: by}))[1]) for by in (0.0, 0.15))
    assert rough < regular


def test_a_shorter_tract_raises_the_spectrum():
    def centroid(audio):
        power = np.abs(np.fft.rfft(audio)) ** 2
        return power @ np.fft.rfftfreq(len(audio), 1 / SAMPLE_RATE) / power.sum()

    assert centroid(speak(tract=1.3)) > centroid(speak(tract=0.9))
