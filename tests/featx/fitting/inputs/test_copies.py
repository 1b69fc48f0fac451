"""Augmented copies: extracted into a store of their own, and learned from in training alone."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from safetensors.torch import load_file

import featx
from cache import FeatureStore, StoreError
from featx.data.augmentation.augment import open_augmentation
from featx.data.augmentation.settings import find_augmentation
from featx.data.manifest import load_manifest
from featx.errors import FeatxError
from featx.fitting.inputs.copies import Joined
from featx.fitting.inputs.selection import Selection
from featx.runs.changes import describe_changes
from featx.runs.files import WEIGHTS
from featx.runs.read import read_environment

COPIES = Path("features/manifest~mixed/tiny")


@pytest.fixture
def with_copies(made_once, extracted, checkpoint_folder) -> FeatureStore:
    """A corpus, its features, and those of two copies of each utterance."""
    extract = partial(featx.extract, checkpoint_folder, augment="mixed", copies=2)
    made_once("copies", extract, COPIES)
    return FeatureStore(COPIES)


def test_copies_are_what_the_model_makes_of_changed_audio(with_copies, checkpoint_folder):
    assert with_copies.folder == COPIES
    assert len(with_copies.utterances) == 2 * 36
    augmenter = open_augmentation(find_augmentation("augment", "mixed"))
    assert with_copies.identity.augmentation == augmenter.identity
    manifest = load_manifest("manifest.csv")
    changed = []
    for utterance in manifest.utterances[:3]:
        waveform, rate = soundfile.read(utterance.path, dtype="float32")
        own = augmenter.change(waveform, utterance.utterance, (2,)).waveform
        path = Path(f"{utterance.utterance}.wav")
        soundfile.write(path, own, rate, subtype="FLOAT")
        changed.append(replace(utterance, path=path.resolve()))
    again = featx.extract(checkpoint_folder, replace(manifest, utterances=tuple(changed)), out="o")
    for utterance in changed:
        name = utterance.utterance
        np.testing.assert_allclose(
            with_copies.read(f"{name}~2"), again.store.read(name), atol=2e-3, rtol=1e-2
        )


@pytest.mark.thorough
def test_copies_repeat_to_the_last_bit_also_when_more_are_added(with_copies, checkpoint_folder):
    first = featx.extract(checkpoint_folder, augment="mixed", copies=1, out="again")
    assert first.extracted == 36
    more = featx.extract(checkpoint_folder, augment="mixed", copies=2, out="again")
    assert (more.extracted, more.kept) == (36, 36)
    once = featx.extract(checkpoint_folder, augment="mixed", copies=2, out="once").store
    for name in once.utterances:
        np.testing.assert_array_equal(with_copies.read(name), once.read(name))
        np.testing.assert_allclose(more.store.read(name), once.read(name), atol=1e-3, rtol=1e-2)


def poison(store: FeatureStore, names: list[str]) -> None:
    """Make the features of copies such that whoever learns from them does not get far."""
    for name in names:
        poisoned, source = np.full_like(store.read(name), 60_000), store.source(name)
        store.forget([name])
        store.write(name, poisoned, source)


@pytest.mark.parametrize(
    ("head", "normalize"), [("dense", "global"), ("dense", "speaker"), ("linear", "none")]
)
def test_only_training_learns_from_copies(with_copies, fit_quickly, head, normalize, monkeypatch):
    settings = {} if head == "dense" else {"settings": ()}
    plain = fit_quickly(head, normalize=normalize, name="plain", **settings)
    asked: list[str] = []
    read, measure = Selection.read, Selection.measure

    def watch(inner):
        def noted(selection, utterance, *rest):
            asked.append(utterance) if "~" in utterance else None
            return inner(selection, utterance, *rest)

        return noted

    monkeypatch.setattr(Selection, "read", watch(read))
    monkeypatch.setattr(Selection, "measure", watch(measure))
    run = fit_quickly(head, normalize=normalize, augmented="mixed", **settings)
    assert run.folder.name == f"manifest-tiny-{head}-augmented"
    assert {name.partition("~")[0] for name in asked} == {
        u.utterance for u in load_manifest("manifest.csv").utterances
    }
    assert run.predictions.read_bytes() != plain.predictions.read_bytes()
    assert len(run.predictions.read_text().splitlines()) == 1 + 2 * 36  # no copy is predicted


def test_statistics_have_no_copies_in_them(with_copies, fit_quickly):
    runs = [fit_quickly(name="plain"), fit_quickly(augmented="mixed")]
    weights = [load_file(run.folder / WEIGHTS) for run in runs]
    measured = [name for name in weights[0] if ".statistics." in name]
    assert measured
    (said,) = describe_changes({}, read_environment(runs[1].folder))
    assert said.startswith("Augmented: training learned from 2 changed copies of each utterance")
    (page, *_) = featx.report([run.folder for run in runs])
    assert page.read_text().count(said) == 1
    for name in measured:
        assert torch.equal(weights[0][name], weights[1][name])


@pytest.mark.parametrize("head", ["dense", "linear"])
def test_copies_of_validation_and_test_are_not_touched(with_copies, fit_quickly, relabel, head):
    """They are poison here: whoever learned from them, or measured them, would show it."""
    parts = {"s4": "validation", "s5": "test"}
    relabel(lambda row: {**row, "split": parts.get(row["speaker"], "train")})
    settings = {"folds": 5} if head == "dense" else {"folds": 5, "settings": ()}
    clean = fit_quickly(head, augmented="mixed", name="clean", **settings)
    learned, others = [], []
    for utterance in load_manifest("manifest.csv").utterances:
        names = learned if utterance.split == "train" else others
        names += [f"{utterance.utterance}~{copy}" for copy in (1, 2)]
    poison(with_copies, others)
    again = fit_quickly(head, augmented="mixed", name="again", **settings)
    assert again.predictions.read_bytes() == clean.predictions.read_bytes()
    poison(with_copies, learned)
    spoilt = fit_quickly(head, augmented="mixed", name="spoilt", **settings)
    assert spoilt.predictions.read_bytes() != clean.predictions.read_bytes()


@pytest.mark.thorough
def test_final_heads_learn_from_copies_too(with_copies, fit_quickly):
    run = fit_quickly(augmented="mixed", final=True)
    assert any("Final model" in remark for remark in run.results.remarks)


@pytest.mark.thorough
def test_it_is_the_same_on_any_number_of_cores(with_copies, fit_quickly):
    before = torch.get_num_threads()
    try:
        found = []
        for threads in (1, 3):
            torch.set_num_threads(threads)
            run = fit_quickly(augmented="mixed", name=f"t{threads}", memory=0.0)
            found.append(run.predictions.read_bytes())
    finally:
        torch.set_num_threads(before)
    assert found[0] == found[1]


def test_joined_features_keep_their_order():
    class Known:
        def __init__(self, names):
            self.names = names

        def in_groups(self, groups, in_use):
            for group in groups:
                yield [self.names[index] for index in group]

    joined = Joined(Known("abc"), 3, Known("xy"))
    groups = [[4, 0, 3], [1], [3, 4], []]
    assert list(joined.in_groups(groups)) == [["y", "a", "x"], ["b"], ["x", "y"], []]


@pytest.mark.parametrize("skip", [False, True])
def test_missing_copies_are_refused_or_left_out(with_copies, fit_quickly, skip):
    with_copies.forget(["sad-0-0~2"])
    if skip:
        assert fit_quickly(augmented="mixed", skip_missing=True).results
    else:
        with pytest.raises(FeatxError, match=r"no features of 1 of 72 copies.*sad-0-0~2"):
            fit_quickly(augmented="mixed")


def test_copies_that_do_not_fit_are_refused(with_copies, fit_quickly, checkpoint_folder):
    with pytest.raises(FeatxError, match=r"no copies in features.manifest~voice.tiny"):
        fit_quickly(augmented="voice")
    with pytest.raises(FeatxError, match="these are no augmented copies"):
        fit_quickly(augmented="features/manifest/tiny")
    other = featx.extract(checkpoint_folder, augment="mixed", layers="0,1", out="other").folder
    with pytest.raises(FeatxError, match="differ in layers"):
        fit_quickly(augmented=other)
    with pytest.raises(FeatxError, match="2 stores for 1"):
        fit_quickly(augmented=[COPIES, other])
    with pytest.raises(StoreError, match=r"augmentation: the store has '.*', asked for 'no'"):
        featx.extract(checkpoint_folder, out=COPIES)
    with pytest.raises(FeatxError, match=r"`copies` can't be given with `augment=None`"):
        featx.extract(checkpoint_folder, copies=2)


@pytest.mark.thorough
def test_copies_of_other_audio_are_refused(with_copies, fit_quickly, checkpoint_folder):
    path = Path("audio/sad-0-0.wav")
    waveform, rate = soundfile.read(path)
    soundfile.write(path, waveform * 0.5, rate)
    featx.extract(checkpoint_folder, update=True)
    with pytest.raises(FeatxError, match=r"copies of 1 utterance were made from other audio"):
        fit_quickly(augmented="mixed")
    featx.extract(checkpoint_folder, augment="mixed", copies=2, update=True)
    assert fit_quickly(augmented="mixed").results
