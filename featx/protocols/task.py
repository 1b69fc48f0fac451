"""What is to be learned: utterances, their classes, and how they are divided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from featx.data.label_order import order_labels
from featx.data.manifest import Manifest, Utterance
from featx.errors import FeatxError
from featx.protocols.apply import AppliedProtocol, find_gaps
from featx.protocols.divide_corpora import describe_corpora
from featx.protocols.divisions.manifests import Corpora
from featx.protocols.fold import Fold, known_validate, shares_speakers
from featx.protocols.folds import make_folds
from featx.protocols.protocol import Protocol
from featx.protocols.shares import Shares
from featx.utils.text import counted


@dataclass(frozen=True)
class Task:
    """A corpus under a protocol.

    Attributes:
        utterances: the utterances that are used, under the protocol's labels.
        folds: how the utterances are divided.
        classes: the labels, in their customary order; none of a regression.
        notes: what the protocol leaves out, and what is missing; phrases.
        speakers_shared: whether someone who is tested may be heard in training or validation.
        apart: the columns, beside the speaker's, of which no value is both tested and learned
            from, such as "statement".
        remarks: what else a reader of its scores must know, in sentences.
        dimensions: the columns of numbers that a regression learns; none of classes.
        numbers: those of each utterance, in the order of `dimensions`.
        shares: how much of each utterance is of each class; none where each has a single class.
        several: whether any number of classes fits an utterance.
    """

    utterances: tuple[Utterance, ...]
    folds: tuple[Fold, ...]
    classes: tuple[str, ...]
    notes: tuple[str, ...]
    speakers_shared: bool
    apart: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()
    numbers: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    shares: Shares = field(default_factory=dict)
    several: bool = False

    def describe(self, protocol: Protocol, seeds: int) -> str:
        """Return protocol, what is kept apart, and seeds, as titles of runs have them."""
        speakers = "speaker-dependent" if self.speakers_shared else "speaker-independent"
        kept = ", ".join([speakers, *(f"{column}-independent" for column in self.apart)])
        return f"{protocol.name or protocol.title}, {kept}, {counted(seeds, 'seed')}"

    def targets(self, utterances: Sequence[Utterance]) -> np.ndarray:
        """Return what a head learns of each utterance, as its objective takes it."""
        if self.dimensions:
            return self.measured(utterances).astype(np.float32)
        if self.shares:
            return self.shared(utterances).astype(np.float32)
        return self.labels(utterances)

    def measured(self, utterances: Sequence[Utterance]) -> np.ndarray:
        """Return the numbers of each utterance, (utterances, dimensions) float64."""
        return np.array([self.numbers[utterance.utterance] for utterance in utterances])

    def shared(self, utterances: Sequence[Utterance]) -> np.ndarray:
        """Return how much of each utterance is of each class, (utterances, classes) float64.

        They add up to 1, unless several classes may fit, which have 1 each.
        """
        rows = [self.shares.get(u.utterance, {u.label: 1.0}) for u in utterances]
        found = np.array([[row.get(name, 0.0) for name in self.classes] for row in rows])
        return found if self.several else found / found.sum(1, keepdims=True)

    def truth(self, utterance: Utterance) -> object:
        """Return what is known of an utterance: numbers, shares of classes, or its class."""
        if self.dimensions:
            return self.numbers[utterance.utterance]
        return self.shares.get(utterance.utterance, utterance.label)

    def labels(self, utterances: Sequence[Utterance]) -> np.ndarray:
        """Return the index of each utterance's class."""
        index = {label: number for number, label in enumerate(self.classes)}
        return np.array([index[utterance.label] for utterance in utterances], dtype=np.int64)


def set_task(
    applied: AppliedProtocol,
    used: Sequence[Utterance] | None = None,
    remarks: Sequence[str] = (),
) -> Task:
    """Divide the utterances of a corpus.

    Args:
        applied: the corpus under its protocol.
        used: which of the kept utterances are used; all by default.
        remarks: what else is left out.

    Raises:
        FeatxError: if they can't be divided so, or all have the same label or number.
    """
    path, everyone = applied.corpus.path, applied.kept.utterances
    utterances = everyone if used is None else tuple(used)
    several = applied.protocol.target.task == "multilabel"
    folds = make_folds(Manifest(path, utterances), applied.protocol.division, several)
    classes = () if applied.numbers else _classes(applied, utterances)
    notes = (*applied.left_out, *find_gaps(applied, _whole_folds(applied, utterances, folds)))
    shared = any(map(shares_speakers, folds))
    if not shared and any(map(known_validate, folds)):
        notes = (*notes, "speakers who are trained on validate; those who are tested are new")
    if isinstance(applied.protocol.division, Corpora):
        notes = (*notes, describe_corpora(utterances, applied.protocol.division))
    dimensions = applied.protocol.target.columns if applied.numbers else ()
    _check_varying(applied, utterances, dimensions)
    return Task(
        utterances,
        folds,
        classes,
        (*notes, *remarks),
        shared,
        applied.protocol.division.apart,
        dimensions=dimensions,
        numbers=applied.numbers,
        shares=applied.shares,
        several=several,
    )


def _check_varying(
    applied: AppliedProtocol, utterances: Sequence[Utterance], dimensions: Sequence[str]
) -> None:
    """Refuse numbers that are the same of all utterances."""
    for place, dimension in enumerate(dimensions):
        if len({applied.numbers[u.utterance][place] for u in utterances}) < 2:
            raise FeatxError(
                f"{applied.corpus.path}: {dimension} is the same of all {len(utterances)} "
                "utterances, so there is nothing to learn."
            )


def _classes(applied: AppliedProtocol, utterances: Sequence[Utterance]) -> tuple[str, ...]:
    """Return the labels in their order, two at least."""
    columns = applied.protocol.target.columns
    if applied.protocol.target.task == "multilabel":
        fitting = {label for u in utterances for label in applied.shares[u.utterance]}
        absent = set(columns) - fitting if len(columns) > 1 else set()
        if absent or not fitting:
            lacking = " or ".join(order_labels(absent)) or "any label"
            raise FeatxError(f"{applied.corpus.path}: no utterance has {lacking}.")
        return tuple(order_labels(fitting))
    classes = tuple(order_labels(u.label for u in utterances))
    if len(classes) < 2:
        raise FeatxError(
            f"{applied.corpus.path}: all {len(utterances)} utterances are {classes[0]}; a head "
            "needs two labels."
        )
    return classes


def _whole_folds(
    applied: AppliedProtocol, utterances: Sequence[Utterance], folds: tuple[Fold, ...]
) -> tuple[Fold, ...]:
    """Return the folds of all kept utterances, whose test set is the one to compare."""
    if len(utterances) == len(applied.kept.utterances) or not applied.protocol.expected.test:
        return folds
    return make_folds(applied.kept, applied.protocol.division)
