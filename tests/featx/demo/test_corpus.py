from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
import soundfile

from featx.demo.corpus import Take, speak, write_corpus
from featx.demo.emotions import EMOTIONS

SPEAKERS = range(1, 13)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    write_corpus(folder)
    return folder


@pytest.fixture(scope="module")
def recordings(corpus):
    """Waveform by (emotion, actor), the takes end to end."""
    takes = {}
    for path in sorted(corpus.rglob("*.wav")):
        key = list(EMOTIONS)[int(path.stem[6:8]) - 1], int(path.stem[-2:])
        takes.setdefault(key, []).append(soundfile.read(path)[0])
    return {key: np.concatenate(waves) for key, waves in takes.items()}


def level(audio):
    return 20 * np.log10(np.sqrt(np.mean(audio**2)))


@pytest.fixture(scope="module")
def pitch(recordings, track_pitch):
    """Median F0 of the clearly periodic frames by (emotion, actor), Hz."""
    medians = {}
    for key, audio in recordings.items():
        f0, periodicity = track_pitch(audio)
        medians[key] = np.median(f0[periodicity > 0.5])
    return medians


def test_emotions_are_in_the_order_of_ravdess():
    expected = "neutral calm happy sad angry fearful disgust surprised"
    assert list(EMOTIONS) == expected.split()


def test_names_are_those_of_ravdess(tmp_path):
    write_corpus(tmp_path, speakers=2, takes=2)
    names = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.wav")}
    assert len(names) == 2 * 2 * 16
    assert {"Actor_02/03-01-05-02-01-01-02.wav", "Actor_02/03-01-05-02-02-01-02.wav"} <= names
    assert not any("/03-01-01-02-" in name for name in names)  # neutral is never strong


def test_classes_and_statements_are_balanced(corpus):
    names = [path.stem.split("-") for path in corpus.rglob("*.wav")]
    assert len(names) == 12 * 16
    assert set(Counter(name[2] for name in names).values()) == {24}
    assert set(Counter((name[2], name[4]) for name in names).values()) == {12}


def test_files_are_short_and_not_clipped(corpus):
    for path in corpus.rglob("*.wav"):
        header = soundfile.info(path)
        assert (header.samplerate, header.channels, header.subtype) == (16_000, 1, "PCM_16")
        assert 0.9 < header.duration < 2.7
        assert 0.003 < np.abs(soundfile.read(path)[0]).max() < 0.96


def test_a_file_depends_on_seed_and_name_only(corpus, tmp_path):
    write_corpus(tmp_path / "fewer", speakers=1)
    write_corpus(tmp_path / "other", speakers=1, seed=1)
    for path in (tmp_path / "fewer").rglob("*.wav"):
        name = path.relative_to(tmp_path / "fewer")
        assert path.read_bytes() == (corpus / name).read_bytes()
        assert path.read_bytes() != (tmp_path / "other" / name).read_bytes()


def test_repetitions_differ():
    first, second = (speak(1, Take(3, 1, 1, repetition)) for repetition in (1, 2))
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("actor", SPEAKERS)
def test_each_speaker_raises_the_pitch_in_anger(pitch, actor):
    assert pitch["angry", actor] > 1.15 * pitch["sad", actor]


@pytest.mark.parametrize("actor", SPEAKERS)
def test_each_speaker_is_loudest_in_anger_and_softest_in_sadness(recordings, actor):
    levels = [level(recordings[emotion, actor]) for emotion in ("sad", "neutral", "angry")]
    assert all(softer + 2 < louder for softer, louder in pairwise(levels))


def test_sadness_is_slower_than_fear(recordings):
    assert all(
        len(recordings["sad", actor]) > 1.1 * len(recordings["fearful", actor])
        for actor in SPEAKERS
    )


def test_women_speak_higher(pitch):
    neutral = [pitch["neutral", actor] for actor in SPEAKERS]
    assert min(neutral[1::2]) > max(neutral[::2])
