"""Moments of utterances: measured once, again when features change, and enough for pooling."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cache import FeatureIdentity, Layout, PlannedUtterance, prepare_store
from classifiers.batch import Input
from classifiers.linear import pool
from classifiers.statistics import as_two_frames, measure
from featx.fitting.inputs.moments import find_moments
from featx.fitting.inputs.selection import Selection, select

FRAMES = 12


def write_store(folder: Path, names: str, shift: float = 0.0) -> Selection:
    """Store noise for utterances of one letter each, or add some to a store."""
    plan = [PlannedUtterance(name, 100, FRAMES) for name in names]
    identity = FeatureIdentity("made", frame_step=0.02, blocks=1)
    store = prepare_store(folder, plan, Layout(("0", "1"), 3, "float32"), identity, {})
    for name in names:
        if not store.is_done(name):
            noise = np.random.default_rng(ord(name)).standard_normal((2, FRAMES, 3))
            store.write(name, (noise + shift).astype(np.float32))
    store.flush()
    return select(store, "all", math.inf, torch.device("cpu"))


@pytest.fixture
def measured(monkeypatch) -> list[str]:
    """The utterances that are measured, in order."""
    found: list[str] = []
    whole = Selection.measure

    def measure_and_note(self, utterance, frames=None):
        found.append(utterance)
        return whole(self, utterance, frames)

    monkeypatch.setattr(Selection, "measure", measure_and_note)
    return found


def test_each_utterance_is_measured_once(tmp_path, measured):
    selection = write_store(tmp_path, "abc")
    first = find_moments(selection, "ab", keep=True)
    again = find_moments(selection, "abc", keep=True)
    assert sorted(measured) == ["a", "b", "c"]
    np.testing.assert_array_equal(first["a"].squares, again["a"].squares)
    np.testing.assert_allclose(again["c"].mean, selection.read("c").double().mean(1), atol=1e-6)


def test_changed_features_are_measured_again(tmp_path, measured):
    selection = write_store(tmp_path, "ab")
    before = find_moments(selection, "ab", keep=True)
    selection.store.forget(["b"])
    selection = write_store(tmp_path, "ab", shift=5.0)
    after = find_moments(selection, "ab", keep=True)
    assert sorted(measured) == ["a", "b", "b"]
    np.testing.assert_allclose(after["b"].mean, before["b"].mean + 5, atol=1e-5)


def test_beginnings_have_moments_of_their_own(tmp_path, measured):
    selection = write_store(tmp_path, "a")
    whole = find_moments(selection, "a", keep=True)["a"]
    begun = find_moments(selection, "a", keep=True, frames=4)["a"]
    assert (whole.frames, begun.frames, measured) == (FRAMES, 4, ["a", "a"])
    np.testing.assert_allclose(begun.mean, selection.read("a")[:, :4].double().mean(1), atol=1e-6)


@given(
    arrays(np.float32, (2, 7, 3), elements=st.floats(-100, 100, width=32)),
)
def test_two_frames_pool_as_all_frames_do(features):
    deviation = torch.from_numpy(features.std(1, keepdims=False))[None].clamp_min(0.1)
    mean = torch.from_numpy(features.mean(1))[None]
    pooled = [
        pool(Input([values], mean, deviation), "mean+deviation")
        for values in (torch.from_numpy(features), as_two_frames(measure(features)))
    ]
    torch.testing.assert_close(*pooled, rtol=1e-3, atol=1e-2)


@settings(max_examples=40)
@given(place=st.floats(0, 1), bit=st.integers(0, 7))
def test_a_damaged_file_is_measured_again(tmp_path_factory, place, bit):
    selection = write_store(tmp_path_factory.mktemp("store"), "ab")
    first = find_moments(selection, "ab", keep=True)
    (file,) = (selection.store.folder / "statistics").iterdir()
    content = bytearray(file.read_bytes())
    content[int(place * (len(content) - 1))] ^= 1 << bit
    file.write_bytes(content)
    again = find_moments(selection, "ab", keep=True)
    for name in "ab":
        np.testing.assert_array_equal(first[name].mean, again[name].mean)
        np.testing.assert_array_equal(first[name].squares, again[name].squares)


def test_what_was_measured_before_a_stop_is_kept(tmp_path, monkeypatch):
    selection, whole = write_store(tmp_path, "abc"), Selection.measure

    def stopped(self, utterance, frames=None):
        if utterance == "c":
            raise KeyboardInterrupt
        return whole(self, utterance, frames)

    monkeypatch.setattr(Selection, "measure", stopped)
    monkeypatch.setattr("featx.features.stores.verified.TOGETHER", 1)
    with pytest.raises(KeyboardInterrupt):
        find_moments(selection, "abc", keep=True)
    monkeypatch.setattr(Selection, "measure", whole)
    (file,) = (selection.store.folder / "statistics").iterdir()
    assert np.load(file)["names"].tolist() in (["a"], ["a", "b"])
    assert sorted(find_moments(selection, "abc", keep=True)) == ["a", "b", "c"]
