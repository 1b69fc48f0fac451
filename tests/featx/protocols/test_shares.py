"""Votes and several labels as what is learned of utterances."""

from pathlib import Path

import numpy as np
import pytest

from featx.data.manifest import Manifest, Utterance
from featx.errors import FeatxError
from featx.protocols.apply import apply_protocol
from featx.protocols.divisions.manifests import ManifestSplit
from featx.protocols.fold import PARTS
from featx.protocols.protocol import Protocol
from featx.protocols.shares import join_labels, split_labels
from featx.protocols.target import Target
from featx.protocols.task import set_task

FOLDS = ManifestSplit(kind="manifest-split")
VOTES = (
    {"p_happy": "0.5", "p_sad": "0.25", "p_calm": "0.25"},
    {"p_happy": "0.4", "p_sad": "0.6", "p_calm": ""},
    {"p_happy": "2", "p_sad": "2", "p_calm": "0"},  # counts will do as well
    {"p_happy": "0", "p_sad": "1", "p_calm": ""},
    {"p_happy": "", "p_sad": "", "p_calm": "1"},  # nothing that is learned
)


def manifest(rows, labels=("happy", "sad", "sad", "happy", "happy")):
    """Return a corpus with the same rows in each part."""
    return Manifest(
        Path("m.csv"),
        tuple(
            Utterance(f"{part}{n}", Path("/a.wav"), part, label, split=part, extra=row)
            for part in PARTS
            for n, (row, label) in enumerate(zip(rows, labels, strict=True))
        ),
    )


def task_of(corpus, task, columns=("label",), **options):
    target = Target(columns=columns, task=task)
    protocol = Protocol(title="folds", division=FOLDS, target=target, **options)
    task = set_task(apply_protocol(corpus, protocol))
    return task, task.folds[0].train


def test_votes_are_shares_of_the_labels_that_are_learned():
    task, learned = task_of(manifest(VOTES), "distribution")
    assert task.classes == ("happy", "sad")
    assert [u.label for u in learned] == ["happy", "sad", "sad", "sad"]
    targets = task.targets(learned)
    np.testing.assert_allclose(targets, [[2 / 3, 1 / 3], [0.4, 0.6], [0.5, 0.5], [0, 1]])
    assert targets.dtype == np.float32
    assert task.notes[:3] == (
        "left out 3 utterances without votes for these labels",
        "changed 3 labels to what most annotators gave",
        "left out 6.2 % of the votes, which are for other labels",
    )


def test_merged_labels_add_up_their_votes():
    corpus = manifest(VOTES, labels=("happy", "sad", "sad", "calm", "happy"))
    task, learned = task_of(corpus, "distribution", merge={"calm": "sad"})
    np.testing.assert_allclose(task.targets(learned)[0], [0.5, 0.5])
    assert [u.label for u in learned] == ["happy", "sad", "sad", "sad", "sad"]


@pytest.mark.parametrize("text", ["x", "-0.1", "nan", "inf"])
def test_cells_that_are_no_shares_are_refused(text):
    rows = ({"p_happy": text}, *VOTES[1:])
    with pytest.raises(FeatxError, match=f"train0: p_happy is '{text}', which is no share"):
        task_of(manifest(rows), "distribution")


def test_votes_are_asked_for_where_there_are_none():
    with pytest.raises(FeatxError, match=r"no columns p_LABEL.*`votes`"):
        task_of(manifest([{"age": "3"}] * 5), "distribution")
    with pytest.raises(FeatxError, match=r"`task='distribution'`.*leave `target` out"):
        task_of(manifest(VOTES), "distribution", columns=("age",))


@pytest.mark.parametrize("columns", [("loud", "sad"), ("tags",)])
def test_several_labels_are_columns_of_0_and_1_or_joined(columns):
    rows = [
        {"loud": "1", "sad": "1.0", "tags": "sad; loud"},
        {"loud": "0", "sad": "1", "tags": "sad"},
        {"loud": "0", "sad": "0", "tags": "(none)"},
        {"loud": "", "sad": "1", "tags": ""},
        {"loud": "1", "sad": "0", "tags": "loud"},
    ]
    task, learned = task_of(manifest(rows), "multilabel", columns)
    assert task.classes == ("sad", "loud")
    assert task.targets(learned).tolist() == [[1, 1], [1, 0], [0, 0], [0, 1]]
    assert [u.label for u in learned] == ["sad|loud", "sad", "(none)", "loud"]
    assert f"left out 3 utterances without {' or '.join(columns)}" in task.notes


def test_labels_that_fit_nobody_and_cells_that_are_neither_are_refused():
    rows = [{"loud": "1", "sad": "0"}] * 5
    with pytest.raises(FeatxError, match="no utterance has sad"):
        task_of(manifest(rows), "multilabel", ("loud", "sad"))
    with pytest.raises(FeatxError, match=r"train4: sad is '0\.5'.*1 where their label fits and 0"):
        task_of(manifest([*rows[:4], {"loud": "1", "sad": "0.5"}]), "multilabel", ("loud", "sad"))


def test_runs_are_called_by_what_they_learn():
    assert Target(task="distribution").name == "distribution"
    assert Target(columns=("a", "b"), task="multilabel").name == "a+b-multilabel"
    assert Target(task="classification").name == ""


def test_joined_labels_are_split_again():
    assert split_labels(join_labels(["a", "b"])) == ["a", "b"]
    assert split_labels(join_labels([])) == []
    assert split_labels("a, b,,c") == ["a", "b", "c"]
