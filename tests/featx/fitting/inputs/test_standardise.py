"""Statistics come from training utterances alone, or from a speaker's own; nothing leaks."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cache import FeatureIdentity, FeatureStore, Layout, PlannedUtterance, prepare_store
from classifiers.cores import Crew, Worker
from classifiers.dense import DenseSettings
from classifiers.heads import HeadDesign, train_head
from classifiers.objectives import Classification
from classifiers.training import TrainingSettings, predict
from featx.data.manifest import Utterance
from featx.fitting.inputs.data import FitData, fold_examples, prepare
from featx.fitting.inputs.selection import select
from featx.fitting.inputs.standardise import sort_into_cells
from featx.protocols.fold import Fold
from featx.protocols.task import Task

CLASSES = ("happy", "sad")
FRAMES = 12
PARTS = {"train": range(6), "validation": range(6, 8), "test": range(8, 10)}


def utterance(speaker: int, take: int, labels) -> Utterance:
    return Utterance(f"{speaker}-{take}", Path("x.wav"), f"s{speaker}", labels(speaker, take))


def make_fold(labels, takes: int = 6) -> Fold:
    """Speakers 0-5 train, 6-7 validate, 8-9 test."""
    parts = {
        part: tuple(
            utterance(speaker, take, labels) for speaker in speakers for take in range(takes)
        )
        for part, speakers in PARTS.items()
    }
    return Fold(0, **parts)


def write_store(folder: Path, fold: Fold, value, silent: str = "") -> FeatureStore:
    """Store noise around `value(utterance)`, but the value alone of a silent speaker."""
    generator = np.random.default_rng(0)
    everyone = [u for part in fold.parts.values() for u in part]
    plan = [PlannedUtterance(u.utterance, 100, FRAMES) for u in everyone]
    identity = FeatureIdentity("made", frame_step=0.02, blocks=1)
    store = prepare_store(folder, plan, Layout(("0", "1"), 3, "float32"), identity, {})
    for u in everyone:
        noise = generator.standard_normal((2, FRAMES, 3)) * (u.speaker != silent)
        store.write(u.utterance, (noise + value(u)).astype(np.float32))
    return store


def examples(store: FeatureStore, fold: Fold, normalize: str):
    selection = select(store, "all", float("inf"), torch.device("cpu"))
    everyone = tuple(u for part in fold.parts.values() for u in part)
    task = Task(everyone, folds=(fold,), classes=CLASSES, notes=(), speakers_shared=False)
    data = FitData(task, (selection,))
    sources = prepare(data, normalize, keep=True)
    return data, fold_examples(task, sources, fold, normalize)


def own_statistics(store: FeatureStore, utterances) -> tuple[np.ndarray, np.ndarray]:
    frames = np.concatenate([store.read(u.utterance) for u in utterances], 1).astype(np.float64)
    return frames.mean(1), frames.std(1)


def by_turns(speaker, take):
    return CLASSES[take % 2]


def test_global_statistics_are_those_of_the_training_utterances(tmp_path):
    fold = make_fold(by_turns)
    store = write_store(tmp_path, fold, lambda u: 5.0 * int(u.speaker[1:]))
    _, found = examples(store, fold, "global")
    mean, deviation = own_statistics(store, fold.train)
    for part in PARTS:
        (branch,) = found[part].branches
        assert branch.groups is None
        np.testing.assert_allclose(branch.statistics.mean[0], mean, rtol=1e-6)
        np.testing.assert_allclose(branch.statistics.deviation[0], deviation, rtol=1e-6)


def test_speaker_statistics_are_the_speakers_own_in_that_part(tmp_path):
    fold = make_fold(by_turns)
    shared = Fold(0, fold.train[6:], fold.validation, (*fold.test, *fold.train[:6][:3]))
    shared = Fold(0, (*shared.train, *fold.train[3:6]), shared.validation, shared.test)
    store = write_store(tmp_path, fold, lambda u: 5.0 * int(u.speaker[1:]))
    _, found = examples(store, shared, "speaker")
    for part, utterances in shared.parts.items():
        (branch,) = found[part].branches
        for place, spoken in enumerate(utterances):
            own = [u for u in utterances if u.speaker == spoken.speaker]
            mean, deviation = own_statistics(store, own)
            group = int(branch.groups[place])
            np.testing.assert_allclose(branch.statistics.mean[group], mean, rtol=1e-5, atol=1e-6)
            np.testing.assert_allclose(branch.statistics.deviation[group], deviation, rtol=1e-5)


@pytest.mark.parametrize("value", [0.0, 0.1234567, 1e4])
@pytest.mark.parametrize("silent", ["s0", "s6", "s8"])
def test_features_of_silence_that_never_vary_become_zeros(tmp_path, silent, value):
    """As those of the convolutions and of eGeMAPS: nothing is divided by nothing."""
    fold = make_fold(by_turns)
    store = write_store(tmp_path, fold, lambda u: value, silent)
    _, found = examples(store, fold, "speaker")
    for part, utterances in fold.parts.items():
        (branch,) = found[part].branches
        groups = {u.speaker: int(g) for u, g in zip(utterances, branch.groups, strict=True)}
        assert (branch.statistics.deviation > 0).all()
        assert branch.statistics.deviation.isfinite().all()
        if silent in groups:
            assert (branch.statistics.deviation[groups[silent]] == 1).all()
            features = torch.from_numpy(store.read(f"{silent[1:]}-0").copy())
            mean = branch.statistics.mean[groups[silent]]
            assert (features - mean[:, None] == 0).all()


@pytest.mark.parametrize("normalize", ["global", "speaker", "none"])
def test_validation_and_test_utterances_change_nothing_in_training(tmp_path, normalize):
    fold = make_fold(by_turns)
    inputs = []
    for number, shift in enumerate((0.0, 1e4)):
        outside = {u.utterance for u in (*fold.validation, *fold.test)}
        store = write_store(
            tmp_path / str(number), fold, lambda u, s=shift, o=outside: s * (u.utterance in o)
        )
        _, found = examples(store, fold, normalize)
        (part,) = found["train"].parts([list(range(36))])
        inputs.append(part.inputs[0])
    still, shifted = inputs
    assert all(torch.equal(a, b) for a, b in zip(still.features, shifted.features, strict=True))
    if normalize != "none":
        assert torch.equal(still.mean, shifted.mean)
        assert torch.equal(still.deviation, shifted.deviation)


def test_a_label_readable_from_a_speakers_statistics_is_not_found(tmp_path):
    """Each speaker has one label, which his mean gives away; speaker normalisation takes it."""

    def labels(speaker, take):
        return CLASSES[speaker % 2]

    fold = make_fold(labels, takes=20)
    store = write_store(tmp_path, fold, lambda u: 2.0 if u.label == "sad" else -2.0)
    settings = DenseSettings(kind="dense", width=8, depth=1, dropout=0.1, weighting="absolute")
    training = TrainingSettings(
        learning_rate=1e-2, batch_size=16, epochs=20, patience=20, clip_value=1.0
    )
    accuracy = {}
    with Crew(1) as cores:
        for normalize in ("none", "speaker"):
            data, found = examples(store, fold, normalize)
            design = HeadDesign(settings, training, data.shapes, Classification(2))
            worker = Worker(cores)
            head = train_head(design, found["train"], found["validation"], 0, worker).head
            hits = predict(head, found["test"], cores).argmax(1).numpy() == found["test"].targets
            accuracy[normalize] = hits.mean()
    assert accuracy["none"] > 0.95  # it is there to be found
    assert accuracy["speaker"] < 0.75


@given(st.permutations(range(12)), st.integers(2, 4))
def test_cells_are_what_no_fold_separates(order, count):
    people = [utterance(n % 4, n, by_turns) for n in range(12)]
    folds = []
    for number in range(count):
        shuffled = [people[i] for i in order[number:] + order[:number]]
        train, validation, test = (tuple(shuffled[i::3]) for i in range(3))
        folds.append(Fold(number, train, validation, test))
    cells = sort_into_cells(folds)
    assert sorted(u.utterance for us in cells.values() for u in us) == sorted(
        u.utterance for u in people
    )
    for members in cells.values():
        assert len({u.speaker for u in members}) == 1
        for fold in folds:
            names = {u.utterance for u in members}
            holders = [p for p, us in fold.parts.items() if names & {u.utterance for u in us}]
            assert len(holders) == 1
