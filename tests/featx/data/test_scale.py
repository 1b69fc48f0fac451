"""Samples that were never divided, damage, and audio that is a little loud."""

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from featx.data.audio import AudioError, read_audio
from featx.data.files.digests import digest_file, digest_part
from featx.data.scale import find_fault

SPEECH = (0.2 * np.random.default_rng(0).standard_normal(4000)).clip(-0.9, 0.9)


def fault(samples: np.ndarray, scale: float | None = None) -> str:
    return find_fault(samples.astype(np.float32), scale) or ""


@pytest.mark.parametrize(("full", "bits"), [(32_768, 16), (8_388_608, 24), (2_147_483_648, 32)])
@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("gain", [1.0, 0.1])
def test_integers_that_were_not_divided_are_recognised(full, bits, whole, gain):
    samples = gain * SPEECH * full
    said = fault(np.round(samples) if whole else samples)
    assert f"{bits}-bit samples that were not divided by {full}; give `scale={full}`" in said
    assert ("whole numbers" in said) == whole


def test_those_of_8_bits_are_named_beside_faint_ones_of_16():
    said = fault(np.round(SPEECH * 127))
    assert "give `scale=32768` (or, if they had 8 bits, `scale=128`)" in said
    assert "8-bit audio without its sign" in fault(np.round(SPEECH * 127) + 128)


def test_a_scale_makes_them_usable():
    assert not fault(np.round(SPEECH * 32_768), 32_768)
    assert "`scale=128`: its samples reach" in fault(np.round(SPEECH * 32_768), 128)
    assert "they need no scale" in fault(SPEECH, 32_768)
    assert not fault(np.zeros(100), 32_768)
    assert "not finite" in fault(np.array([0, np.nan]), 32_768)


@pytest.mark.parametrize("peak", [1.0, 1.4, 2.0, 3.99])
def test_audio_may_be_a_little_too_loud(peak):
    assert not fault(SPEECH * peak / np.abs(SPEECH).max())


@pytest.mark.parametrize("wild", [1e30, -5e4, 7.5])
def test_a_wild_sample_is_damage(wild):
    samples = SPEECH.copy()
    samples[100] = wild
    said = fault(samples)
    assert said.startswith("damaged, 1 of 4000 samples are far beyond full scale")
    assert said.endswith("where the others reach 0.779884")


def test_other_nonsense_has_its_own_sentence():
    assert fault(np.full(100, 12_345.0)) == "holds nothing but the value 12345"
    assert "no audio is so loud" in fault(SPEECH * 1e30)
    assert "not finite" in fault(np.array([0, -np.inf]))
    assert not fault(np.full(100, 0.5))
    assert not fault(np.zeros(100))


@given(st.floats(1e-3, 1), st.integers(0, 2**32 - 1))
def test_no_audio_between_full_scales_is_refused(gain, seed):
    samples = np.random.default_rng(seed).uniform(-gain, gain, 500)
    assert not fault(samples)
    assert fault(np.round(samples * 2**23) if gain > 0.01 else samples * 2**23)


@pytest.mark.parametrize("ending", ["wav", "aiff", "au", "caf", "w64"])
@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_files_are_read_with_their_scale(tmp_path, ending, subtype):
    whole = np.round(SPEECH * 32_768)
    path, right = tmp_path / f"a.{ending}", tmp_path / "right.wav"
    soundfile.write(path, whole, 16_000, subtype)
    soundfile.write(right, whole.astype(np.int16), 16_000, "PCM_16")
    with pytest.raises(AudioError, match=r"a\.\w+: its samples are whole .*`scale=32768`"):
        read_audio(path)
    np.testing.assert_array_equal(read_audio(path, scale=32_768), read_audio(right))
    with pytest.raises(AudioError, match="they need no scale"):
        read_audio(right, scale=32_768)


def test_a_digest_changes_with_the_scale(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, SPEECH, 16_000)
    content = digest_file(path)
    digests = [digest_part(content, scale=scale) for scale in (None, 128, 32_768)]
    assert len(set(digests)) == 3
