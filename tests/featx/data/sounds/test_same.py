"""Which utterances are the same sound: by their samples, their fingerprints, or their times."""

from pathlib import Path

import numpy as np
import pytest

from featx.data.checks.duplicates import check_duplicates
from featx.data.manifest import Utterance
from featx.data.sounds.same import find_same
from featx.data.sounds.sound import measure_sound


def utterance(name, label="sad", speaker="s", **options):
    path = options.pop("path", Path(f"{name}.wav"))
    return Utterance(name, path, speaker, label, **options)


def measure(wave):
    wave = np.asarray(wave, dtype=np.float32)
    return measure_sound(wave[:, None], 16_000, wave)


def test_samples_decide_whatever_the_file_is_called(spoken):
    names = ["a", "b", "c", "d"]
    waves = [spoken[0], spoken[1], spoken[0], spoken[0]]
    sounds = {name: measure(wave) for name, wave in zip(names, waves, strict=True)}
    found = find_same([utterance(name) for name in names], sounds)
    assert [(same.first, same.second) for same in found] == [("a", "c"), ("c", "d")]
    assert {same.how for same in found} == {"identical samples"}


def test_copies_of_copies_are_compared_once(spoken):
    waves = {"a": spoken[0], "b": spoken[0] / 2, "c": spoken[0], "d": spoken[0] / 2}
    found = find_same([utterance(n) for n in waves], {n: measure(w) for n, w in waves.items()})
    assert [(same.first, same.second, same.how[:4]) for same in found] == [
        ("a", "b", "near"),
        ("a", "c", "iden"),
        ("b", "d", "iden"),
    ]


@pytest.mark.parametrize("wave", [np.zeros(16_000), np.zeros(300)])
def test_silence_is_no_sound(wave):
    names = ["a", "b"]
    assert not find_same([utterance(n) for n in names], {n: measure(wave) for n in names})


def test_sounds_that_are_not_known_are_left_out(spoken):
    utterances = [utterance("a"), utterance("b")]
    assert not find_same(utterances, {"a": measure(spoken[0])})


@pytest.mark.parametrize(
    ("times", "pairs"),
    [
        ([(0, 2), (2, 4), (4, None)], 0),
        ([(0, 2.05), (2, 4)], 0),  # times are often rounded
        ([(0, 2), (1, 3), (2.5, 4)], 2),
        ([(None, None), (3, 4)], 1),
        ([(3, 4), (None, None)], 1),
        ([(0, 2), (0, 2)], 1),
        ([(0, 10), (9.5, 10)], 1),
        ([(0, 10), (9.5, 30)], 0),
    ],
)
def test_segments_that_share_some_of_a_file(times, pairs):
    path = Path("long.wav")
    segments = [
        utterance(str(n), path=path, start=begin, end=end) for n, (begin, end) in enumerate(times)
    ]
    found = find_same(segments, {})
    assert len(found) == pairs
    assert all(same.first < same.second for same in found)
    apart = [utterance(u.utterance, start=u.start, end=u.end) for u in segments]
    assert not find_same(apart, {})


def test_labels_and_speakers_that_differ_on_a_sound_are_named(spoken):
    utterances = [utterance("a"), utterance("b", "happy"), utterance("c", "happy", "t")]
    sounds = {name: measure(spoken[0]) for name in "abc"}
    pairs, labels = check_duplicates(utterances, find_same(utterances, sounds))
    assert "2 pairs of utterances are the same sound, 1 of them under different sp" in pairs.text
    assert "speakers: b and c (identical samples; speakers s and t), a and b" in pairs.text
    assert pairs.utterances == ("b", "c", "a")
    assert "under different labels: a and b (identical samples; labels sad and" in labels.text
    assert labels.utterances == ("a", "b")
    assert {finding.severity for finding in (pairs, labels)} == {"warning"}
    assert check_duplicates(utterances, []) == []
