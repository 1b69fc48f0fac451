"""Groups are scored as if each were alone, and gaps by the speakers that they have."""

import json
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from featx.scoring.classes.groups import Classified
from featx.scoring.classes.results import SeedPredictions, score_predictions
from featx.scoring.groups.file import StoredGroupScores
from featx.scoring.groups.grouping import group_automatically, score_groups
from featx.scoring.groups.scores import GroupScores
from featx.scoring.groups.text import group_notes, group_table
from featx.scoring.metrics import Metric

CLASSES = ("neutral", "happy", "sad")


def classified(labels, *predictions) -> Classified:
    return Classified(CLASSES, np.array(labels), np.array(predictions))


def corpus(speakers: int = 8, takes: int = 6, seeds: int = 2, seed: int = 0):
    """Return speakers, labels and predictions that are right in two of three cases."""
    draw = np.random.default_rng(seed)
    names = np.repeat([f"s{n}" for n in range(speakers)], takes).tolist()
    labels = np.tile(np.arange(3), speakers * takes // 3)
    right = draw.random((seeds, len(labels))) < 0.67
    return names, labels, np.where(right, labels, (labels + 1) % 3)


def by_speaker(names, half: int = 4) -> list[str]:
    return ["a" if int(name[1:]) < half else "b" for name in names]


def test_a_group_is_scored_as_if_it_were_alone():
    names, labels, predictions = corpus()
    values = by_speaker(names)
    scored = score_groups("sex", values, names, Classified(CLASSES, labels, predictions))
    for group in scored.groups:
        own = np.flatnonzero([value == group.value for value in values])
        speakers = [names[n] for n in own]
        seeds = [SeedPredictions(labels[own], found[own], speakers) for found in predictions]
        alone = score_predictions("t", CLASSES, seeds, None)
        assert group.scores == alone.scores
        assert (group.utterances, group.speakers) == (24, 4)
        assert group.classes == list(CLASSES)
        assert group.compared
        assert not group.marks


def test_speakers_of_both_groups_are_drawn_for_both_at_once():
    names, labels, _ = corpus(speakers=8, takes=12, seeds=1)
    values = ["loud" if n // 3 % 2 else "soft" for n in range(len(names))]
    hard = np.array([int(name[1:]) % 2 == 0 for name in names])  # whole speakers, in both groups
    predictions = np.where(hard, (labels + 1) % 3, labels)
    scored = score_groups("intensity", values, names, classified(labels, predictions))
    gap = scored.gaps["uar"]
    assert gap.paired
    assert gap.difference.mean == gap.difference.low == gap.difference.high == 0
    assert scored.groups[0].scores["uar"].low < scored.groups[0].scores["uar"].high
    apart = score_groups("sex", by_speaker(names), names, classified(labels, predictions))
    assert not apart.gaps["uar"].paired
    assert apart.gaps["uar"].difference.low < 0 < apart.gaps["uar"].difference.high


def test_the_interval_of_groups_without_common_speakers_adds_their_variances():
    names, labels, predictions = corpus(speakers=40, takes=30, seeds=1, seed=3)
    scored = score_groups("sex", by_speaker(names, 20), names, classified(labels, *predictions))
    first, second = (group.scores["wa"] for group in scored.groups)
    expected = np.hypot(first.high - first.low, second.high - second.low)
    found = scored.gaps["wa"].difference
    assert found.high - found.low == pytest.approx(expected, rel=0.1)
    assert found.mean == pytest.approx(abs(first.mean - second.mean))


def test_a_gap_is_measured_on_the_classes_that_both_groups_have():
    labels = [0, 1, 2] * 12 + [1, 2] * 18
    predictions = [1, 1, 2] * 12 + [1, 2] * 18  # neutral is never recognised, and in one group only
    names = [f"s{n % 6}" for n in range(36)] * 2
    values = ["normal"] * 36 + ["strong"] * 36
    scored = score_groups("intensity", values, names, classified(labels, predictions))
    normal, strong = scored.groups
    assert normal.scores["uar"].mean == pytest.approx(200 / 3)
    assert strong.scores["uar"].mean == 100
    assert strong.marks == ["lacks neutral, so its scores are of other classes"]
    assert scored.gaps["uar"].difference.mean == 0
    assert scored.gaps["uar"].classes == 2
    assert "on the 2 classes that both have" in " ".join(group_notes(scored))


@pytest.mark.parametrize(
    ("count", "speakers", "labels", "mark"),
    [
        (24, 2, [0, 1, 2], "only 2 speakers"),
        (18, 3, [0, 1, 2], "only 18 utterances"),
        (24, 4, [1], "a single class"),
    ],
)
def test_small_groups_are_shown_and_marked_but_not_compared(count, speakers, labels, mark):
    names, most, predictions = corpus()
    own = [f"t{n % speakers}" for n in range(count)]
    extra = [labels[n % len(labels)] for n in range(count)]
    scored = score_groups(
        "language",
        [*by_speaker(names), *["c"] * count],
        [*names, *own],
        classified([*most, *extra], [*predictions[0], *extra]),
    )
    small = scored.groups[-1]
    assert (small.value, small.utterances, small.compared) == ("c", count, False)
    assert small.marks[0] == mark
    assert {scored.gaps["uar"].higher, scored.gaps["uar"].lower} == {"a", "b"}
    assert scored.gaps["uar"].pairs == 1
    assert f"{mark}" in group_notes(scored)[0]
    assert group_notes(scored)[0].endswith("not compared.")
    assert group_table(scored).rows[-1][0] == "c"


def test_a_single_speaker_has_no_interval():
    names, labels, predictions = corpus(speakers=4, takes=30)
    scored = score_groups("speaker", names, names, Classified(CLASSES, labels, predictions))
    assert all(np.isnan(group.scores["uar"].low) for group in scored.groups)
    assert not scored.gaps
    assert {row[2] for row in group_table(scored).rows} == {"–"}
    assert group_notes(scored)[-1] == "No two groups by speaker can be compared."


def test_utterances_without_a_value_are_a_group_that_is_not_compared():
    names, labels, predictions = corpus()
    values = ["" if n % 3 == 0 else value for n, value in enumerate(by_speaker(names))]
    scored = score_groups("sex", values, names, classified(labels, *predictions))
    assert [group.name for group in scored.groups] == ["a", "b", "no value"]
    assert not scored.groups[-1].compared


def test_without_speakers_utterances_are_drawn():
    _, labels, predictions = corpus()
    values = ["a", "b"] * (len(labels) // 2)
    scored = score_groups("sex", values, [""] * len(labels), classified(labels, *predictions))
    assert scored.resampled == "utterances"
    assert [group.speakers for group in scored.groups] == [0, 0]
    assert all(group.compared for group in scored.groups)
    assert not scored.gaps["uar"].paired


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 2**32 - 1), st.integers(2, 4))
def test_the_largest_gap_is_that_of_the_furthest_groups_and_survives_its_file(seed, count):
    names, labels, predictions = corpus(speakers=12, takes=9, seed=seed)
    values = [f"g{int(name[1:]) % count}" for name in names]
    scored = score_groups("corpus", values, names, classified(labels, *predictions))
    for metric, gap in scored.gaps.items():
        means = {group.value: group.scores[metric].mean for group in scored.groups}
        assert gap.difference.mean == pytest.approx(max(means.values()) - min(means.values()))
        assert means[gap.higher] == pytest.approx(max(means.values()))
        assert gap.pairs == count * (count - 1) // 2
    _survives(scored)


def _survives(scored: GroupScores) -> None:
    written = json.dumps(scored.to_json(), allow_nan=False)
    read = StoredGroupScores.model_validate_json(written, strict=True).to_scores()
    assert read.to_json() == scored.to_json()
    assert group_notes(read) == group_notes(scored)
    assert group_table(read) == group_table(scored)


def test_gaps_in_f1_are_of_the_classes_that_both_groups_have():
    names, labels, predictions = corpus(speakers=12, takes=12, seeds=1)
    loud = np.arange(len(names)) % 2 == 1
    labels[loud & (labels == 0)] = 1  # loud is never neutral, though some is said to be
    values = np.where(loud, "loud", "soft").tolist()
    scored = score_groups("intensity", values, names, Classified(CLASSES, labels, predictions))
    of = {}
    for value, own in (("loud", loud), ("soft", ~loud & (labels > 0))):
        told = labels[own], predictions[0][own]
        of[value] = 100 * f1_score(*told, labels=[1, 2], average="macro")
    gap = scored.gaps["macro_f1"]
    assert gap.classes == 2
    assert gap.difference.mean == pytest.approx(of[gap.higher] - of[gap.lower])
    assert gap.difference.low <= gap.difference.mean <= gap.difference.high


def test_runs_are_scored_by_columns_of_two_to_twelve_values():
    names, labels, predictions = corpus(speakers=13, takes=3)
    columns = {
        "sex": by_speaker(names),
        "language": ["German"] * len(names),
        "corpus": names,
        "intensity": [""] * len(names),
    }
    found = group_automatically(columns, names, classified(labels, *predictions))
    assert [scored.column for scored in found] == ["sex"]


class Missed:
    """A measure of numbers: how far predictions are from the truth, which has no classes."""

    classes = ()
    percent = False

    def __init__(self, misses: np.ndarray) -> None:
        self.misses = misses  # (seeds, utterances)
        self.labels = np.zeros(misses.shape[1], int)

    @property
    def metrics(self) -> Mapping[str, Metric]:
        return {"rmse": lambda sums: np.sqrt(sums[..., 1] / sums[..., 0])}

    @property
    def shared_metrics(self) -> Mapping[str, Metric]:
        return self.metrics

    def between(self, first, second):
        return self

    def sums(self, places, owners, count):
        sums = np.zeros((len(self.misses), count, 2))
        for own, misses in zip(sums, self.misses[:, places], strict=True):
            np.add.at(own, owners, np.stack([np.ones(len(places)), misses**2], -1))
        return sums


def test_any_measure_can_be_grouped():
    names, _, _ = corpus(speakers=10, takes=20)
    values = by_speaker(names, 5)
    misses = np.random.default_rng(1).normal(size=(3, len(names)))
    misses[:, [value == "b" for value in values]] *= 2
    scored = score_groups("sex", values, names, Missed(misses))
    means = [group.scores["rmse"].mean for group in scored.groups]
    own = [np.array([value == v for value in values]) for v in ("a", "b")]
    assert means == pytest.approx(
        [np.sqrt((misses[:, places] ** 2).mean(1)).mean() for places in own]
    )
    assert scored.gaps["rmse"].higher == "b"
    assert scored.gaps["rmse"].difference.low > 0
    assert scored.gaps["rmse"].classes == 0
    assert group_table(scored).header[1] == "RMSE"
    assert " points" not in group_notes(scored)[0]
    _survives(scored)
