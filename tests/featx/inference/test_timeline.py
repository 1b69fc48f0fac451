"""Stretches of a timeline meet in the middle of windows and leave silence out."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featx.errors import FeatxError
from featx.inference.predictions import PredictedUtterance, Predictions
from featx.inference.timeline import Stretch, join, own_times, write_timelines

CLASSES = ("calm", "sad")


def window(start, end, label, recording="one.wav"):
    shares = {name: 0.75 if name == (label or "sad") else 0.25 for name in CLASSES}
    return PredictedUtterance(recording, label, shares, start, end)


def test_equal_labels_are_joined_and_silence_parts_them():
    windows = [window(0, 4, "sad"), window(2, 6, "sad"), window(4, 8, "calm"), window(20, 24, "")]
    assert own_times(windows) == [(0, 3), (3, 5), (5, 8), (20, 24)]
    assert join(windows) == [Stretch(0, 5, "sad"), Stretch(5, 8, "calm"), Stretch(20, 24, "")]


@given(
    starts=st.sets(st.integers(0, 60), min_size=1, max_size=12),
    seconds=st.integers(1, 8),
    labels=st.lists(st.sampled_from([*CLASSES, ""]), min_size=12, max_size=12),
)
def test_stretches_cover_what_windows_cover(starts, seconds, labels):
    windows = [
        window(s, s + seconds, label) for s, label in zip(sorted(starts), labels, strict=False)
    ]
    stretches = join(windows)
    assert all(s.end > s.start for s in stretches)
    assert all(a.end <= b.start for a, b in itertools.pairwise(stretches))
    heard = {second for s in starts for second in range(s, s + seconds)}
    assert sum(s.end - s.start for s in stretches) == pytest.approx(len(heard))


def test_a_track_and_a_picture_are_written_for_each_recording(tmp_path):
    rows = (window(0, 4, "sad"), window(4, 5, ""), window(0, 2, "calm", "two.wav"))
    written = write_timelines(Predictions(CLASSES, rows), tmp_path / "out")
    assert [path.name for path in written] == ["one.txt", "one.png", "two.txt", "two.png"]
    assert all(path.stat().st_size for path in written)
    track = (tmp_path / "out" / "one.txt").read_text()
    assert track == "0.000\t4.000\tsad\n4.000\t5.000\t(uncertain)\n"


def test_namesakes_get_their_paths(tmp_path):
    names = ("a/one.wav", "b/one.wav", "s1.001")
    rows = tuple(window(0, 1, "sad", name) for name in names)
    written = write_timelines(Predictions(CLASSES, rows), tmp_path)
    assert [path.name for path in written[::2]] == ["a-one.txt", "b-one.txt", "s1.001.txt"]


def test_no_name_of_a_file_is_one_that_some_system_refuses(tmp_path):
    names = ("a/x.wav", "a/X.wav", "s:1", "con")
    rows = tuple(window(0, 1, "sad", name) for name in names)
    written = write_timelines(Predictions(CLASSES, rows), tmp_path)
    assert [path.name for path in written[::2]] == ["a-x.txt", "a-X.txt", "s-1.txt", "-con.txt"]


def test_whole_files_are_refused(tmp_path):
    whole = PredictedUtterance("one.wav", "sad", {"calm": 0.25, "sad": 0.75})
    with pytest.raises(FeatxError, match="give `window`"):
        write_timelines(Predictions(CLASSES, (whole,)), tmp_path)
