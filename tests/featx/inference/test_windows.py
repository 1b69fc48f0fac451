"""Recordings in windows: all speech is in one, silence in none."""

import itertools

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

import featx
from featx.data.manifest import Manifest, Utterance
from featx.errors import FeatxError
from featx.inference.inputs import Recordings, read_inputs
from featx.inference.windows import cut, measure_levels

RATE = 16_000


@pytest.fixture(scope="module")
def write_recording(tmp_path_factory):
    """Write seconds of noise and silence in turn; return the file."""

    def write(*lengths: float, loudness: float = 0.1):
        noise = np.random.default_rng(0)
        pieces = [
            noise.standard_normal(round(length * RATE)) * loudness * (1 - place % 2)
            for place, length in enumerate(lengths)
        ]
        path = tmp_path_factory.mktemp("recording") / "long.wav"
        soundfile.write(path, np.concatenate(pieces), RATE)
        return path

    return write


def times(path, seconds, hop):
    return [(w.start, w.end) for w in cut(read_inputs(path), seconds, hop).windows.values()]


@given(length=st.floats(0.1, 9), seconds=st.floats(0.2, 4), share=st.floats(0.2, 1))
def test_windows_leave_nothing_out(length, seconds, share, write_recording):
    path = write_recording(length)
    found = times(path, seconds, share * seconds)
    length = soundfile.info(path).duration
    assert found[0][0] == 0
    assert found[-1][1] == pytest.approx(length, abs=2e-3)
    for earlier, later in itertools.pairwise(found):
        assert later[0] <= earlier[0] + share * seconds + 1e-5
        assert later[0] <= earlier[1] + 1e-5
    expected = min(seconds, length)
    assert all(end - start == pytest.approx(expected, abs=1e-5) for start, end in found)


def test_silence_is_left_out(write_recording, caplog):
    caplog.set_level("INFO", "featx")
    assert times(write_recording(2, 4, 2), 1, 1) == [(0, 1), (1, 2), (6, 7), (7, 8)]
    assert "4 windows without speech" in caplog.text


def test_levels_are_those_of_the_segment(write_recording):
    """Louder sound after a segment's end, and an end a little beyond the file's, change nothing."""
    path = write_recording(4, loudness=0.002)
    sound, _ = soundfile.read(path)
    loud = np.random.default_rng(1).standard_normal(4 * RATE) * 0.3
    both = path.with_name("both.wav")
    soundfile.write(both, np.concatenate([sound, loud.clip(-1, 1)]), RATE)
    segment = Utterance("a", both, "", "", start=0.0, end=4.0)
    alone = Utterance("a", path, "", "", end=4.005)
    found = [cut(Recordings(Manifest(path, (u,))), 2, 2) for u in (segment, alone)]
    for each in found:
        assert [(w.start, w.end) for w in each.windows.values()] == [(0, 2), (2, 4)]


def test_empty_files_are_failures(write_recording):
    path = write_recording(2)
    empty = path.with_name("empty.wav")
    soundfile.write(empty, np.zeros(0), RATE)
    found = cut(read_inputs([path, empty]), 1, 1)
    assert list(found.failures) == [str(empty)]
    assert len(found.windows) == 2


def test_close_windows_are_all_there(write_recording):
    assert len(times(write_recording(1), 0.5, 0.004)) == 126


def test_a_recording_of_silence_is_refused(write_recording):
    with pytest.raises(FeatxError, match="no window holds speech"):
        times(write_recording(3, loudness=1e-5), 1, 1)


def test_a_hop_beyond_the_window_is_refused(write_recording):
    with pytest.raises(FeatxError, match="`hop=2` is longer than `window=1`"):
        times(write_recording(3), 1, 2)


def test_levels_are_those_of_the_sound(write_recording):
    levels = measure_levels(write_recording(1, 1, loudness=0.1), 0.0, 2.0)
    assert len(levels) == 100
    assert np.median(levels[:50]) == pytest.approx(-20, abs=1)
    assert levels[50:].max() < -100


def test_a_window_is_predicted_as_if_it_were_a_file(place, tmp_path):
    run = featx.fit("dense", "encoder", folds=3, settings="training.epochs=2", name="made")
    files = sorted(place.glob("audio/sad-*.wav"))[:3]
    sounds = [soundfile.read(path)[0][:3200] for path in files]
    soundfile.write(tmp_path / "long.wav", np.concatenate(sounds), RATE, "FLOAT")
    for number, sound in enumerate(sounds):
        soundfile.write(tmp_path / f"{number}.wav", sound, RATE, "FLOAT")
    together = featx.predict(run, tmp_path / "long.wav", window=0.2)
    assert [(row.start, row.end) for row in together] == [(0, 0.2), (0.2, 0.4), (0.4, 0.6)]
    assert {row.utterance for row in together} == {str(tmp_path / "long.wav")}
    for number, row in enumerate(together):
        (alone,) = featx.predict(run, tmp_path / f"{number}.wav")
        np.testing.assert_allclose(
            list(row.probabilities.values()), list(alone.probabilities.values()), atol=1e-4
        )
    together.to_csv(tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text().startswith("utterance,start,end,prediction,p_")
    assert len(featx.predict(run, tmp_path / "long.wav", window=0.4)) == 2  # the last one overlaps


def test_windows_have_the_speaker_of_their_recording(place):
    run = featx.fit("linear", "encoder", folds=3, normalize="speaker", name="made")
    asked = []

    def ask(recording):
        asked.append(recording)
        return recording.split("-")[1]

    by_function = featx.predict(run, "audio", window=0.2, speaker_of=ask)
    assert set(asked) == {row.utterance for row in by_function}
    by_pattern = featx.predict(run, "audio", window=0.2, speaker_of=r"-(\d)-\d\.wav$")
    assert by_function.labels == by_pattern.labels


def test_hops_need_windows_and_windows_need_audio(place):
    run = featx.fit("linear", "encoder", folds=3, name="made")
    with pytest.raises(FeatxError, match="give `window` too"):
        featx.predict(run, "audio", hop=1.0)
    with pytest.raises(FeatxError, match="`window`"):
        featx.predict(run, "features/manifest/encoder", window=1.0)


def test_what_cannot_be_read_is_a_failure_and_no_end(place, tmp_path):
    run = featx.fit("linear", "encoder", folds=3, name="made")
    (tmp_path / "broken.wav").write_bytes(b"no audio")
    good = str(sorted(place.glob("audio/*.wav"))[0])
    predictions = featx.predict(run, [tmp_path / "broken.wav", good], window=0.3)
    assert {row.utterance for row in predictions} == {good}
    assert list(predictions.failures) == [str(tmp_path / "broken.wav")]
