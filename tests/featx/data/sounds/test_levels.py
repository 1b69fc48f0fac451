import numpy as np
import pytest

from featx.data.sounds.levels import SILENT, decibels, measure_levels


def noise(seconds, level):
    samples = np.random.default_rng(0).standard_normal(int(16_000 * seconds))
    return (10 ** (level / 20) * samples).astype(np.float32)


@pytest.mark.parametrize("level", [-10, -35, -60])
def test_the_level_of_noise_is_that_of_its_parts(level):
    levels = measure_levels(noise(2, level), 0.0)
    for value in (levels.level, levels.speech, levels.floor, levels.beginning, levels.end):
        assert value == pytest.approx(level, abs=2)


def test_loud_and_quiet_parts_are_told_apart():
    levels = measure_levels(np.concatenate([noise(1, -70), noise(1, -20), noise(0.5, -70)]), 0.0)
    assert levels.speech == pytest.approx(-20, abs=1)
    assert levels.floor == pytest.approx(-70, abs=1)
    assert (levels.leading, levels.trailing) == (1.0, 0.5)
    assert levels.beginning < -65 > levels.end


def test_a_noisy_pause_is_one_too():
    levels = measure_levels(np.concatenate([noise(1, -40), noise(1, -20), noise(1, -40)]), 0.0)
    assert (levels.leading, levels.trailing) == (1.0, 1.0)


@pytest.mark.parametrize("offset", [0.0, 0.25, -0.5])
def test_an_offset_alone_is_silence(offset):
    levels = measure_levels(np.full(8000, offset, np.float32), offset)
    assert levels.level == levels.speech == levels.floor == levels.end == SILENT
    assert (levels.leading, levels.trailing) == (0.5, 0.0)


@pytest.mark.parametrize("samples", [1, 2, 319, 321, 641])
def test_it_can_be_very_short(samples):
    levels = measure_levels(noise(1, -20)[:samples], 0.0)
    assert levels.leading + levels.trailing <= samples / 16_000
    assert levels.floor <= levels.speech


@pytest.mark.parametrize(
    ("power", "level"), [(1.0, 0), (0.01, -20), (1e-30, SILENT), (0.0, SILENT)]
)
def test_powers_become_decibels(power, level):
    assert decibels(power) == pytest.approx(level)
