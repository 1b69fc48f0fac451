"""eGeMAPS as opensmile gives it, whatever the length and the company."""

import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import opensmile
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from featx.features.acoustic.egemaps import describe, summarise
from featx.features.acoustic.settings import read_acoustic

NAMED = read_acoustic()
SMILE = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.LowLevelDescriptors)


def noise(samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.3, 0.3, samples).astype(np.float32)


@settings(max_examples=25)
@given(samples=st.integers(960, 20_000), average=st.integers(1, 3))
@example(samples=960, average=2)
@example(samples=1_119, average=2)
@example(samples=1_120, average=2)
@example(samples=38_229, average=1)
def test_the_frames_are_those_foretold(samples, average):
    foretold = NAMED["egemaps"].model_copy(update={"average": average})
    assert describe(noise(samples), average).shape == (foretold.frames(samples), 25)


@pytest.mark.parametrize("samples", [1, 300, 959])
def test_what_is_too_short_for_opensmile_is_too_short_here(samples):
    with warnings.catch_warnings(record=True):
        assert SMILE.process_signal(noise(samples), 16_000).isna().all(axis=None)
    assert NAMED["egemaps"].frames(samples) == NAMED["egemaps-functionals"].frames(samples) == 0


@pytest.mark.parametrize("samples", [4_000, 4_160])  # 21 and 22 frames
def test_pairs_of_opensmiles_frames_are_averaged_and_an_odd_one_kept(samples):
    frames = SMILE.process_signal(noise(samples), 16_000).to_numpy()
    averaged = describe(noise(samples), 2)
    assert averaged.dtype == np.float32
    for index, mean in enumerate(averaged):
        np.testing.assert_allclose(mean, frames[2 * index : 2 * index + 2].mean(0), rtol=1e-6)


def test_statistics_of_the_utterance():
    reference = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02)
    expected = reference.process_signal(noise(8_000), 16_000).to_numpy()
    np.testing.assert_array_equal(summarise(noise(8_000)), expected)


@pytest.mark.parametrize("samples", [960, 961, 1_500, 16_000])
@pytest.mark.parametrize("loudness", [0, 1e-5, 1])
def test_every_value_is_finite(samples, loudness):
    waveform = np.float32(loudness) * noise(samples)
    assert np.isfinite(describe(waveform, 2)).all()
    assert summarise(waveform).shape == (1, 88)
    assert np.isfinite(summarise(waveform)).all()


def test_what_was_computed_before_changes_nothing():
    first = describe(noise(9_000), 2)
    describe(noise(12_345, seed=1), 2)
    np.testing.assert_array_equal(describe(noise(9_000), 2), first)


def test_threads_change_nothing():
    waveforms = [noise(8_000 + 700 * seed, seed) for seed in range(8)]
    alone = [describe(waveform, 2) for waveform in waveforms]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda waveform: describe(waveform, 2), waveforms))
    for single, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(single, other)


def test_full_scale_does_not_wrap_round():
    time = np.arange(16_000) / 16_000
    tone = np.sin(2 * np.pi * 200 * time).astype(np.float32)
    below, above = (describe(np.clip(scale * tone, -scale, scale), 2) for scale in (0.999, 1))
    beyond = describe(1.001 * tone, 2)
    for other in (above, beyond):  # wrapping would be heard as clicks
        np.testing.assert_allclose(other[:, 0], below[:, 0], rtol=0.02)
