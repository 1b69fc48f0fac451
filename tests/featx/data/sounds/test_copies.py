"""Near copies are found, whatever was done to them; other takes and other sounds are not."""

import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from featx.data.sounds.copies import MOST_BITS, find_copies
from featx.data.sounds.fingerprint import HEARD, fingerprint, unpack

MP3 = {"format": "MP3", "subtype": "MPEG_LAYER_III"}
OGG = {"format": "OGG", "subtype": "VORBIS"}
MS = 16  # samples
EDITS = {
    "6 dB louder": lambda wave, save: save(2 * wave),
    "6 dB softer": lambda wave, save: save(wave / 2),
    "12 dB softer": lambda wave, save: save(wave / 4),
    "clipped": lambda wave, save: save(np.clip(wave, -0.5 * wave.max(), 0.5 * wave.max())),
    "MP3": lambda wave, save: save(wave, **MP3),
    "OGG": lambda wave, save: save(wave, **OGG),
    "8 bits": lambda wave, save: save(8 * wave, subtype="PCM_U8"),
    "telephone": lambda wave, save: save(resample(wave, 1, 2), 8_000, subtype="ULAW"),
    "44.1 kHz": lambda wave, save: save(resample(wave, 441, 160), 44_100),
    "48 kHz, MP3": lambda wave, save: save(resample(wave, 3, 1), 48_000, **MP3),
    "begins 200 ms later": lambda wave, save: save(wave[200 * MS :]),
    "begins half a step later": lambda wave, save: save(wave[8 * MS :]),
    "ends 200 ms earlier": lambda wave, save: save(wave[: -200 * MS]),
    "silence added": lambda wave, save: save(np.pad(wave, (300 * MS + 77, 5_000))),
    "polarity": lambda wave, save: save(-wave),
    "dither": lambda wave, save: save(wave + uniform(len(wave)) / 2**14),
    "two channels": lambda wave, save: save(np.stack([wave, wave / 2], 1)),
    "constant offset": lambda wave, save: save(wave + 0.05),
    "all at once": lambda wave, save: save(
        resample(save(wave[208 * MS :] / 2, **MP3), 441, 160), 44_100
    ),
}  # fmt: skip


def uniform(number):
    return np.random.default_rng(0).uniform(-1, 1, number)


def resample(wave, up, down):
    return scipy.signal.resample_poly(wave, up, down).astype(np.float32)


@pytest.mark.parametrize("edit", EDITS)
def test_a_near_copy_is_found(spoken, through_file, edit):
    others = list(map(fingerprint, spoken))
    for place in (0, 5):
        copy = fingerprint(EDITS[edit](spoken[place], through_file))
        (found,) = find_copies([*others, copy])
        assert found[:2] == (place, len(spoken))
        assert found.differing < MOST_BITS - 0.02


def test_takes_of_one_voice_and_statement_are_not_copies(spoken):
    assert find_copies([fingerprint(wave) for wave in spoken]) == []


@given(
    gain=st.floats(0.05, 1.5),
    before=st.integers(0, 4_000),
    after=st.integers(0, 4_000),
    place=st.integers(0, 7),
)
@settings(max_examples=25)
def test_whatever_is_cut_off_and_however_loud(spoken, gain, before, after, place):
    wave = spoken[place]
    copy = np.float32(gain) * wave[before : len(wave) - after]
    found = find_copies([*map(fingerprint, spoken), fingerprint(copy)])
    assert [pair[:2] for pair in found] == [(place, len(spoken))]


def seconds(number=1.5):
    return np.arange(int(16_000 * number)) / 16_000


def noise(seed, number=24_000):
    return np.random.default_rng(seed).standard_normal(number)


OTHERS = {
    "noise": [0.1 * noise(0), 0.1 * noise(1)],
    "faint noise": [1e-5 * noise(0), 1e-5 * noise(1)],
    "silence": [np.zeros(24_000), np.zeros(32_000)],
    "a constant": [np.full(24_000, 0.1), np.full(32_000, 0.1)],
    "tones in noise": [
        0.3 * np.sin(2 * np.pi * 600 * seconds()) + 0.003 * noise(seed) for seed in (0, 1)
    ],
    "tones of two pitches": [np.sin(2 * np.pi * pitch * seconds()) for pitch in (440, 620)],
    "too short to tell": [0.1 * noise(0, 6_000), 0.2 * noise(0, 6_000)],
    "shorter than a frame": [0.1 * noise(0, 600), 0.2 * noise(0, 600)],
    "nothing": [np.zeros(0), np.zeros(0)],
    "another half": [noise(0, 60_000)[:40_000], noise(0, 60_000)[28_000:]],
}


@pytest.mark.parametrize("kind", OTHERS)
def test_other_sounds_are_not_copies(kind):
    assert not find_copies([fingerprint(wave.astype(np.float32)) for wave in OTHERS[kind]])


def test_a_part_of_a_longer_recording_is_a_copy(spoken):
    recording = np.concatenate(spoken[:4])
    found = find_copies([fingerprint(recording), *map(fingerprint, spoken)])
    assert [pair[:2] for pair in found] == [(0, 1), (0, 2), (0, 3), (0, 4)]


def test_each_of_many_copies_is_with_another_and_not_with_all(spoken):
    gains = np.linspace(0.1, 1, 40, dtype=np.float32)
    rounded = [np.round(32_768 * gain * spoken[0]).astype(np.float32) for gain in gains]
    found = find_copies(list(map(fingerprint, rounded)))
    linked = {0}
    for first, second, _ in found:
        linked |= {first, second} if linked & {first, second} else set()
    assert len(linked) == 40
    assert len(found) < 40 * 20


def test_a_fingerprint_grows_with_the_sound_only(spoken):
    wave = np.concatenate(spoken)
    words = unpack(fingerprint(wave))
    assert len(words) == (len(wave) - 3072) // 256
    assert 0.2 < np.mean(words & HEARD > 0) <= 1
    for begin in (64, 100):  # frames are computed in blocks
        part = unpack(fingerprint(wave[begin * 256 :]))
        same = (words[begin:] ^ part) & ~HEARD
        assert np.bitwise_count(same).mean() < 0.05


@pytest.mark.parametrize("factor", [0.05, 1e20, 1e30])
def test_a_level_far_from_usual_changes_nothing(spoken, factor):
    loud = (spoken[0].astype(np.float64) * factor).astype(np.float32)
    assert find_copies([fingerprint(spoken[0]), fingerprint(loud)])
