"""Dividing test utterances into groups by a column of the manifest, and scoring each."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from featx.data.label_order import order_labels
from featx.protocols.task import Task
from featx.scoring.groups.gaps import find_gaps
from featx.scoring.groups.measure import Measure, scale_of
from featx.scoring.groups.scores import Group, GroupScores
from featx.scoring.metrics import group_by_speaker, score_seeds
from featx.scoring.outcomes import Outcome, tested_parts
from featx.utils.text import counted, listed

AUTOMATIC = ("sex", "language", "corpus", "intensity")  # what every run is scored by
MOST = 12  # groups of a column that a run is scored by without being asked
FEWEST_SPEAKERS, FEWEST_UTTERANCES = 3, 20  # of a group that is compared


def score_groups(
    column: str, values: Sequence[str], speakers: Sequence[str], measure: Measure
) -> GroupScores:
    """Score the groups that a column makes, and find the largest gap between two.

    Each group's interval resamples its own speakers; for gaps see `find_gaps`. Groups with too few
    speakers, utterances or classes are scored, but have no part in gaps.

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
    compared = {group.value: places[group.value] for group in groups if group.compared}
    gaps = find_gaps(measure, speakers, compared)
    resampled = "speakers" if known else "utterances"
    return GroupScores(column, groups, gaps, resampled, measure.percent)


def group_tested(task: Task, outcomes: Sequence[Outcome], measure: Measure) -> list[GroupScores]:
    """Score a run by sex, language, corpus and intensity, where its manifest has them.

    Args:
        task: what was to be learned.
        outcomes: the outcome of each seed and fold.
        measure: how the utterances of `tested_parts` are scored.
    """
    tested = tested_parts(task, outcomes)[0]
    columns = {column: [u.column(column) for u in tested.utterances] for column in AUTOMATIC}
    return group_automatically(columns, tested.speakers, measure)


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
        list(measure.sums(places, owners, count)), measure.metrics, scale_of(measure)
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
