"""Dividing test utterances into groups by a column of the manifest, and scoring each.

Nothing here knows what the metrics are: a `Measure` adds up what they are computed from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Protocol

import numpy as np

from featx.data.labels import order_labels
from featx.protocols.task import Task
from featx.scoring.classes.results import Results
from featx.scoring.groups.scores import Gap, Group, GroupScores
from featx.scoring.metrics import (
    BOOTSTRAP_SEED,
    METRICS,
    Metric,
    count_confusions,
    draw_groups,
    group_by_speaker,
    labelled_f1,
    resample,
    resample_own,
    score_seeds,
)
from featx.scoring.predictions import Outcome
from featx.scoring.significance import Difference
from featx.utils.text import counted, listed

AUTOMATIC = ("sex", "language", "corpus", "intensity")  # what every run is scored by
MOST = 12  # groups of a column that a run is scored by without being asked
FEWEST_SPEAKERS, FEWEST_UTTERANCES = 3, 20  # of a group that is compared


class Measure(Protocol):
    """What some utterances are scored by, for each seed alike."""

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """By name, the foremost first, from sums (..., seeds, *) to scores (..., seeds)."""

    @property
    def shared_metrics(self) -> Mapping[str, Metric]:
        """The same for gaps, where utterances are of classes that both groups have."""

    @property
    def percent(self) -> bool:
        """Whether scores are shares, which are told in percent."""

    @property
    def labels(self) -> np.ndarray:
        """(utterances,) the class of each; all the same if what is learned has no classes."""

    @property
    def classes(self) -> Sequence[str]:
        """The names of the classes; none if what is learned has no classes."""

    def sums(self, places: np.ndarray, owners: np.ndarray, count: int) -> np.ndarray:
        """Add up over utterances what the metrics are computed from.

        Args:
            places: (chosen,) which utterances.
            owners: (chosen,) the number of each one's speaker.
            count: how many speakers there are.

        Returns:
            (seeds, count, *)
        """


@dataclass(frozen=True)
class Classified:
    """Labels and predictions of the test utterances: a `Measure` of UAR, WA and macro F1.

    Attributes:
        classes: the names of the classes.
        labels: (utterances,) true class indices.
        predictions: (seeds, utterances) predicted class indices.
    """

    classes: Sequence[str]
    labels: np.ndarray
    predictions: np.ndarray

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """UAR, WA and macro F1."""
        return METRICS

    @property
    def shared_metrics(self) -> Mapping[str, Metric]:
        """The same, but that F1 is of these classes alone, whatever else is predicted."""
        return {**METRICS, "macro_f1": labelled_f1}

    @property
    def percent(self) -> bool:
        """They are shares."""
        return True

    def sums(self, places: np.ndarray, owners: np.ndarray, count: int) -> np.ndarray:
        """Count the confusions of some utterances, as `Measure` says."""
        labels, size = self.labels[places], len(self.classes)
        found = [count_confusions(labels, p[places], owners, size) for p in self.predictions]
        absent = count - len(found[0])
        return np.pad(np.stack(found), ((0, 0), (0, absent), (0, 0), (0, 0)))


def score_groups(
    column: str, values: Sequence[str], speakers: Sequence[str], measure: Measure
) -> GroupScores:
    """Score the groups that a column makes, and find the largest gap between two.

    Each group's interval resamples its own speakers. A gap is measured on the utterances whose
    class both groups have. Its interval (cluster bootstrap; Efron and Tibshirani 1993, ch. 6 and
    8) draws speakers for both groups at once if some are in both, so that what they have in common
    does not widen it, or else each group's own. Groups with too few speakers, utterances or classes
    are scored, but have no part in gaps.

    Args:
        column: the name of the column.
        values: what it says of each utterance, empty if nothing.
        speakers: the speaker of each utterance, empty if unknown.
        measure: how they are scored.

    Returns:
        The scores.
    """
    places = {value: np.flatnonzero([v == value for v in values]) for value in _ordered(values)}
    known = any(speakers)
    tested = _classes(measure, np.arange(len(values)))
    groups = []
    for value, own in places.items():
        named = [speakers[place] for place in own.tolist()]
        groups.append(_score(value, own, named, measure, tested, known))
    compared = [group.value for group in groups if group.compared]
    every = (_pair(measure, speakers, two, places) for two in combinations(compared, 2))
    pairs = [pair for pair in every if pair]
    scale = _scale(measure)
    shared = measure.shared_metrics if pairs else {}
    gaps = {name: _largest(metric, scale, pairs) for name, metric in shared.items()}
    resampled = "speakers" if known else "utterances"
    return GroupScores(column, groups, gaps, resampled, measure.percent)


def _scale(measure: Measure) -> float:
    return 100 if measure.percent else 1


def add_groups(task: Task, outcomes: Sequence[Outcome], results: Results) -> Results:
    """Score a run by sex, language, corpus and intensity, where its manifest has them.

    Args:
        task: what was to be learned.
        outcomes: the outcome of each seed and fold.
        results: the scores of the run.

    Returns:
        The scores with those of the groups among them.
    """
    ordered = sorted(outcomes, key=lambda outcome: (outcome.seed, outcome.fold))
    first = [outcome for outcome in ordered if outcome.seed == ordered[0].seed]
    tested = [u for outcome in first for u in task.folds[outcome.fold].test]
    predicted = np.concatenate([o.probabilities["test"].argmax(1).numpy() for o in ordered])
    measure = Classified(
        task.classes, task.labels(tested), predicted.reshape(results.seeds, len(tested))
    )
    columns = {column: [u.column(column) for u in tested] for column in AUTOMATIC}
    groups = group_automatically(columns, [u.speaker for u in tested], measure)
    return replace(results, groups=groups)


def group_automatically(
    columns: Mapping[str, Sequence[str]], speakers: Sequence[str], measure: Measure
) -> list[GroupScores]:
    """Score by each column that makes a few groups.

    Args:
        columns: what each says of each utterance.
        speakers: as for `score_groups`.
        measure: as for `score_groups`.
    """
    return [
        score_groups(column, values, speakers, measure)
        for column, values in columns.items()
        if _makes_few(values)
    ]


def _makes_few(values: Sequence[str]) -> bool:
    return 2 <= len(set(values) - {""}) <= MOST


def _ordered(values: Sequence[str]) -> list[str]:
    """Return the different values, the empty one last."""
    different = set(values)
    return [*sorted(different - {""}), *([""] if "" in different else [])]


def _classes(measure: Measure, places: np.ndarray) -> list[str]:
    if not measure.classes:
        return []
    return order_labels(measure.classes[n] for n in np.unique(measure.labels[places]).tolist())


def _score(
    value: str,
    places: np.ndarray,
    speakers: Sequence[str],
    measure: Measure,
    tested: Sequence[str],
    known: bool,
) -> Group:
    """Score a group, and say what keeps it from being compared."""
    owners = group_by_speaker(speakers)
    count = int(owners.max()) + 1
    scores = score_seeds(
        list(measure.sums(places, owners, count)), measure.metrics, _scale(measure)
    )
    if count == 1:
        scores = {name: replace(s, low=np.nan, high=np.nan) for name, s in scores.items()}
    heard, classes = len(set(speakers) - {""}), _classes(measure, places)
    grave = [] if value else ["the manifest says nothing of these"]
    if known and heard < FEWEST_SPEAKERS:
        grave.append(f"only {counted(heard, 'speaker')}")
    if len(places) < FEWEST_UTTERANCES:
        grave.append(f"only {counted(len(places), 'utterance')}")
    if len(classes) == 1:
        grave.append("a single class")
    absent = [label for label in tested if label not in classes]
    lacks = [f"lacks {listed(absent, 8)}, so its scores are of other classes"] if absent else []
    return Group(value, len(places), heard, classes, scores, not grave, [*grave, *lacks])


@dataclass(frozen=True)
class _Pair:
    """Two groups on the classes that both have.

    Attributes:
        values: what the column says of each.
        sums: (seeds, speakers, *) of each, the speakers of both in the same order.
        heard: which of these speakers each has.
        classes: how many classes both have; 0 if there are no classes.
    """

    values: tuple[str, str]
    sums: tuple[np.ndarray, np.ndarray]
    heard: tuple[np.ndarray, np.ndarray]
    classes: int

    @property
    def paired(self) -> bool:
        """Whether a speaker is in both."""
        return bool(np.intersect1d(*self.heard).size)

    def means(self, metric: Metric) -> tuple[float, float]:
        """Return the score of each, the mean over seeds."""
        first, second = (float(metric(sums.sum(1)).mean()) for sums in self.sums)
        return first, second

    def rounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Return (rounds, seeds, *) what is summed up over resampled speakers, of each."""
        if self.paired:
            draws = draw_groups(np.ones(self.sums[0].shape[1], dtype=np.int64))
            return resample(self.sums[0], draws), resample(self.sums[1], draws)
        generator = np.random.default_rng(BOOTSTRAP_SEED)  # goes on, so that draws are apart
        first, second = (
            resample_own(sums[:, own], generator)
            for sums, own in zip(self.sums, self.heard, strict=True)
        )
        return first, second


def _pair(
    measure: Measure,
    speakers: Sequence[str],
    values: tuple[str, str],
    places: Mapping[str, np.ndarray],
) -> _Pair | None:
    """Put two groups together, unless they have fewer than two classes in common."""
    labels = [measure.labels[places[value]] for value in values]
    shared = np.intersect1d(*labels)
    if measure.classes and len(shared) < 2:
        return None
    chosen = [
        places[value][np.isin(own, shared)] for value, own in zip(values, labels, strict=True)
    ]
    owners = group_by_speaker([speakers[place] for place in np.concatenate(chosen).tolist()])
    count, split = int(owners.max()) + 1, len(chosen[0])
    of_each = owners[:split], owners[split:]
    sums = measure.sums(chosen[0], of_each[0], count), measure.sums(chosen[1], of_each[1], count)
    heard = np.unique(of_each[0]), np.unique(of_each[1])
    return _Pair(values, sums, heard, len(shared) if measure.classes else 0)


def _largest(metric: Metric, scale: float, pairs: Sequence[_Pair]) -> Gap:
    """Return the largest difference of a metric, with an interval for the pair that has it."""
    pair = max(pairs, key=lambda p: abs(np.subtract(*p.means(metric))))
    means = [scale * mean for mean in pair.means(metric)]
    order = (0, 1) if means[0] >= means[1] else (1, 0)
    difference = Difference(means[order[0]] - means[order[1]], None, None)
    if min(map(len, pair.heard)) > 1:
        rounds = pair.rounds()
        with np.errstate(invalid="ignore", divide="ignore"):  # rounds without one of the groups
            higher, lower = (scale * metric(rounds[place]).mean(1) for place in order)
        low, high = np.nanpercentile(higher - lower, (2.5, 97.5))
        difference = replace(difference, low=float(low), high=float(high))
    high_value, low_value = (pair.values[place] for place in order)
    return Gap(high_value, low_value, difference, pair.classes, pair.paired, len(pairs))
