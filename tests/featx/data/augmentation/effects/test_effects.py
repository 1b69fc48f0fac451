"""What each effect does to a waveform."""

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from featx.data.augmentation.augment import open_augmentation
from featx.data.augmentation.effects.effect import power
from featx.data.augmentation.effects.noise import add_noise
from featx.data.augmentation.effects.room import reverberate
from featx.data.augmentation.settings import Augmentation
from featx.errors import FeatxError

RATE = 16_000


def tone(pitch: float, seconds: float = 1.0) -> np.ndarray:
    time = np.arange(round(RATE * seconds)) / RATE
    return (0.3 * np.sin(2 * np.pi * pitch * time)).astype(np.float32)


def peak(waveform: np.ndarray) -> float:
    """Return the frequency with most energy, in Hz."""
    spectrum = np.abs(np.fft.rfft(waveform * np.hanning(len(waveform))))
    return float(np.argmax(spectrum) * RATE / len(waveform))


def changed(waveform: np.ndarray, **table: dict) -> np.ndarray:
    (settings,) = table.values()
    settings.setdefault("probability", 1)
    before = waveform.copy()
    augmenter = open_augmentation(Augmentation.model_validate(table))
    found = augmenter.change(waveform, "u", (1,)).waveform
    assert found.dtype == np.float32
    assert len(found) == augmenter.length(len(waveform), "u", (1,))
    np.testing.assert_array_equal(waveform, before)
    return found


@given(snr=st.floats(-20, 60), level=st.floats(1e-4, 1), seed=st.integers(0, 99))
def test_noise_has_the_ratio_that_is_asked_for(snr, level, seed):
    voice = np.float32(level) * tone(200)
    noise = np.random.default_rng(seed).standard_normal(len(voice))
    added = add_noise(voice, noise, snr).astype(np.float64) - voice
    assert 10 * np.log10(power(voice) / power(added)) == pytest.approx(snr, abs=0.2)


@pytest.mark.parametrize("factor", [0.8, 1.0, 1.25])
def test_speed_changes_length_and_pitch(factor):
    fast = changed(tone(400), speed={"factor": [factor, factor]})
    assert len(fast) == RATE / factor
    assert peak(fast) == pytest.approx(400 * factor, rel=0.01)


@pytest.mark.parametrize("semitones", [-4.0, 0.0, 5.0])
def test_pitch_changes_and_length_does_not(semitones):
    shifted = changed(tone(400), pitch={"semitones": [semitones, semitones]})
    assert len(shifted) == RATE
    assert peak(shifted) == pytest.approx(400 * 2 ** (semitones / 12), rel=0.01)
    assert power(shifted) == pytest.approx(power(tone(400)), rel=0.2)


def test_gain_is_in_decibels():
    louder = changed(tone(400), gain={"decibels": [6, 6]})
    np.testing.assert_allclose(louder, tone(400) * 10 ** (6 / 20), rtol=1e-6)


def test_a_room_adds_its_echo_without_delay():
    voice = np.zeros(1_000, np.float32)
    voice[10] = 1
    response = np.zeros(300, np.float32)
    response[[100, 150]] = 1, 0.5  # 100 samples of flight, then an echo
    heard = reverberate(voice, response)
    assert np.flatnonzero(np.abs(heard) > 1e-6).tolist() == [10, 60]
    assert heard[60] == pytest.approx(heard[10] / 2)
    assert power(heard) == pytest.approx(power(voice))


@pytest.fixture
def sounds(tmp_path):
    folder = tmp_path / "sounds" / "deep"
    folder.mkdir(parents=True)
    soundfile.write(folder / "short.wav", tone(1_000, 0.1), RATE)
    soundfile.write(folder / "long.flac", np.stack([tone(3_000, 4.0)] * 2, 1), RATE)
    return tmp_path / "sounds"


def test_noise_of_a_folder_is_as_long_as_the_utterance(sounds):
    settings = {"probability": 1, "snr": [0, 0], "folder": sounds}
    augmenter = open_augmentation(Augmentation(noise=settings))
    found = [augmenter.change(tone(200), f"u{n}", (1,)) for n in range(20)]
    assert {one.words.split(" at ")[0] for one in found} == {
        "noise of short.wav", "noise of long.flac"
    }  # fmt: skip
    for one in found:
        added = one.waveform - tone(200)
        assert peak(added) == pytest.approx(1_000 if "short" in one.words else 3_000, rel=0.02)
        assert len({power(added[n : n + 4_000]) > 0.01 for n in (0, 4_000, 12_000)}) == 1


def test_rooms_come_from_a_folder(sounds):
    found = changed(tone(200), room={"folder": sounds})
    assert not np.allclose(found, tone(200))


def test_other_sounds_are_another_augmentation(sounds):
    settings = Augmentation(noise={"probability": 1, "snr": [0, 0], "folder": sounds})
    before = open_augmentation(settings).identity
    assert before == open_augmentation(settings).identity
    soundfile.write(sounds / "deep" / "short.wav", tone(1_001, 0.1), RATE)
    assert before != open_augmentation(settings).identity


@pytest.mark.parametrize("effect", ["noise", "pitch", "speed", "gain"])
@pytest.mark.parametrize("samples", [0, 1, 100, 600])
def test_silence_and_snippets_are_taken(effect, samples):
    ranges = {"noise": "snr", "pitch": "semitones", "speed": "factor", "gain": "decibels"}
    found = changed(np.zeros(samples, np.float32), **{effect: {ranges[effect]: [0.9, 1.1]}})
    assert not found.any()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "there is no sound in"),
        ({"broken.wav": b"no sound"}, r"augmentation\.noise\.folder: .*broken\.wav"),
    ],
)
def test_a_folder_that_can_not_be_used_is_named(tmp_path, content, message):
    (tmp_path / "noises").mkdir()
    for name, data in content.items():
        (tmp_path / "noises" / name).write_bytes(data)
    settings = {"probability": 1, "snr": [0, 0], "folder": tmp_path / "noises"}
    with pytest.raises(FeatxError, match=message):
        open_augmentation(Augmentation(noise=settings))
    with pytest.raises(FeatxError, match=r"augmentation\.noise\.folder: .*nowhere: no such folder"):
        open_augmentation(Augmentation(noise={**settings, "folder": tmp_path / "nowhere"}))
