"""What a search divides its utterances into: inner folds, which hold no test utterance."""

from collections.abc import Sequence
from dataclasses import replace

from featx.data.manifest import Manifest, Utterance
from featx.errors import FeatxError
from featx.fitting.training.final import everyone_trains
from featx.protocols.divisions.drawn import RandomFolds
from featx.protocols.draws import deal
from featx.protocols.fold import Fold, labels_among
from featx.protocols.groups import deal_speakers
from featx.protocols.task import Task
from featx.tuning.config import TuneConfig


def inner_task(task: Task, config: TuneConfig) -> Task:
    """Return the task of the searches: their inner folds one after another.

    There is a search for each fold, on what trains and validates in it, and then one on all
    utterances. No inner fold has a test part. Where test speakers are new, so are those of an
    inner validation part; else utterances are dealt, classes stratified.

    Args:
        task: what is to be learned.
        config: how it is searched.

    Raises:
        FeatxError: if utterances can't be divided so.
    """
    searched = [(f"fold {f.number}", [*f.train, *f.validation]) for f in task.folds]
    searched.append(("the search on all utterances", [*everyone_trains(task).utterances]))
    folds: list[Fold] = []
    for name, utterances in searched:
        groups = _deal(utterances, config, name, stratified=not task.dimensions)
        for group in groups:
            held = {u.utterance for u in group}
            train = tuple(u for u in utterances if u.utterance not in held)
            fold = Fold(len(folds), train, tuple(group), ())
            if not task.dimensions:
                _check_labels(fold, config, name, task.several)
            folds.append(fold)
    return replace(task, folds=tuple(folds))


def folds_of(task: Task, search: int, inner_folds: int) -> tuple[Fold, ...]:
    """Return the inner folds of a search.

    Args:
        task: what `inner_task` returned.
        search: its number, from 0.
        inner_folds: how many inner folds a search has.
    """
    return task.folds[search * inner_folds : (search + 1) * inner_folds]


def _deal(
    utterances: Sequence[Utterance], config: TuneConfig, name: str, stratified: bool
) -> Sequence[Sequence[Utterance]]:
    count, protocol = config.search.inner_folds, config.protocol
    ordered = sorted(utterances, key=lambda u: u.utterance)
    corpus = Manifest(config.manifest, tuple(ordered))
    try:
        if protocol.tests_new_speakers:
            return deal_speakers(corpus, ordered, count)
        dealt = RandomFolds(
            kind="random-folds",
            count=count,
            validation="next",
            stratified=stratified,
            random_state=0,
        )
        return deal(corpus, ordered, dealt)
    except FeatxError as error:
        raise FeatxError(f"`inner_folds={count}`, {name}: {error.message}") from error


def _check_labels(fold: Fold, config: TuneConfig, name: str, several: bool) -> None:
    validated, trained = (labels_among(p, several) for p in (fold.validation, fold.train))
    unknown = validated - trained
    if unknown:
        raise FeatxError(
            f"`inner_folds={config.search.inner_folds}`, {name}: nothing in the training part of "
            f"an inner fold has the label {', '.join(sorted(unknown))}. Take more inner folds, or "
            "leave such labels out."
        )
