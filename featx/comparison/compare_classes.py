"""Comparing systems that predict classes: scores, and the differences of their UAR."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np

from featx.comparison.comparison import (
    UNKNOWN,
    Compared,
    Comparison,
    Pair,
    describe_system,
    interval_of,
)
from featx.comparison.same_tests import check_same, join_speakers
from featx.comparison.systems.classes import System, index_seed
from featx.data.label_order import order_labels
from featx.scoring.classes.results import NAMES, SeedPredictions, score_predictions
from featx.scoring.metrics import count_confusions, draw_groups, group_by_speaker
from featx.scoring.significance import (
    McNemar,
    combine,
    describe_p,
    holm,
    mcnemar_of_seeds,
    resample_uar,
    subtract,
)
from featx.utils.tables import TextTable
from featx.utils.text import signed


@dataclass(frozen=True)
class ClassPair(Pair):
    """Two of the systems; `difference` is the first's UAR less the second's, `p` McNemar's.

    Attributes:
        tests: a test of each seed of the first against each seed of the second, whose p-values
            combined are `p`.
    """

    tests: Sequence[McNemar]

    @property
    def counts(self) -> tuple[float, float]:
        """How many utterances only the first recognised, and only the second; medians of tests."""
        only_first = np.median([test.only_first for test in self.tests])
        return float(only_first), float(np.median([test.only_second for test in self.tests]))

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        only_first, only_second = self.counts
        return {
            "first": self.first,
            "second": self.second,
            "uar_difference": asdict(self.difference),
            "mcnemar": {
                "only_first": only_first,
                "only_second": only_second,
                "p": self.p,
                "p_holm": self.holm,
                "tests": [asdict(test) for test in self.tests],
            },
        }


@dataclass(frozen=True)
class ClassComparison(Comparison[ClassPair]):
    """Two or more systems that predict classes, and every pair of them."""

    def score_table(self, over: str) -> TextTable:
        """Return a row for each system."""
        first, *others = (f"{name}, %" for name in NAMES.values())
        rows = [_score_cells(system) for system in self.systems]
        return TextTable(("mean ± std", first, over, *others, "seeds"), rows, self.scored)

    def pair_table(self, over: str) -> TextTable:
        """Return a row for each pair."""
        header = ["first − second", "UAR, points", over, "only first", "only second", "McNemar p"]
        rows = [_pair_cells(pair) for pair in self.pairs]
        if any(len(pair.tests) > 1 for pair in self.pairs):
            header.append("p over seeds")
            for pair, row in zip(self.pairs, rows, strict=True):
                low, high = (pick(test.p for test in pair.tests) for pick in (min, max))
                several = len(pair.tests) > 1
                row.append(f"{describe_p(low)} to {describe_p(high)}" if several else "")
        if len(self.pairs) > 1:
            header.append("Holm p")
            for pair, row in zip(self.pairs, rows, strict=True):
                row.append(describe_p(pair.holm))
        return TextTable(header, rows, "Differences")

    def reading(self) -> list[str]:
        """Return how to read the differences."""
        interval = f"the interval draws the same {self.resampled} for both"
        if not self._has_intervals():
            group = self.resampled.removesuffix("s")
            interval = f"no interval ({UNKNOWN}), as there is only one {group} to draw"
        notes = [f"Difference: mean UAR of the first less the second's; {interval}."]
        notes.append(self._mcnemar_note())
        if len(self.pairs) > 1:
            notes.append(f"Holm: p adjusted for {len(self.pairs)} pairs of systems.")
        return notes

    def _mcnemar_note(self) -> str:
        seeds = contrast = ""
        if any(len(pair.tests) > 1 for pair in self.pairs):
            seeds = (
                " With several seeds, every seed of one is tested against every seed of the other: "
                "the counts are medians, p is twice the median p (at most 1), which holds however "
                "the tests depend on each other, and the range is of the single p's."
            )
        if self._has_intervals():
            known = self.resampled == "speakers"
            contrast = "; the interval does not" if known else "; so does the interval"
        return (
            f"McNemar: exact, two-sided, on the utterances only one recognised.{seeds} It takes "
            f"utterances as independent, which a speaker's are not{contrast}."
        )

    def _has_intervals(self) -> bool:
        return self.pairs[0].difference.low is not None


def _score_cells(system: Compared) -> list[str]:
    uar, *others = (system.results.scores[metric] for metric in NAMES)
    seeds = str(system.results.seeds)
    return [system.name, str(uar), uar.interval(".1f"), *map(str, others), seeds]


def _pair_cells(pair: ClassPair) -> list[str]:
    return [
        f"{pair.first} − {pair.second}",
        signed(pair.difference.mean),
        interval_of(pair.difference),
        *(f"{count:g}" for count in pair.counts),
        describe_p(pair.p),
    ]


def compare_classes(systems: Sequence[System]) -> ClassComparison:
    """Compare two or more systems.

    Raises:
        FeatxError: if a file beside their predictions can't be used, or their test sets differ.
    """
    check_same(systems)
    speakers = join_speakers(systems)
    predicted = {row.prediction for s in systems for seed in s.seeds for row in seed.rows.values()}
    classes = order_labels(predicted | set(systems[0].labels.values()))
    scored = [_index(system, classes, speakers) for system in systems]
    described = [_describe(s, classes, seeds) for s, seeds in zip(systems, scored, strict=True)]
    pairs = _compare_pairs([system.name for system in systems], scored, len(classes))
    return ClassComparison(len(systems[0].labels), described, pairs)


def _index(
    system: System, classes: Sequence[str], speakers: Mapping[str, str]
) -> list[SeedPredictions]:
    """Return every seed with its utterances in one order, seeds in the order of their numbers."""
    seeds = sorted(system.seeds, key=lambda seed: seed.order)
    return [index_seed(seed, sorted(system.labels), classes, speakers) for seed in seeds]


def _describe(system: System, classes: Sequence[str], seeds: Sequence[SeedPredictions]) -> Compared:
    """Score a system on the classes of all systems."""
    shared, remarks = system.results.speakers_shared, system.results.remarks
    results = score_predictions(system.name, classes, seeds, shared, remarks)
    return describe_system(system.with_results(results))


def _compare_pairs(
    names: Sequence[str], systems: Sequence[Sequence[SeedPredictions]], classes: int
) -> list[ClassPair]:
    groups = group_by_speaker(systems[0][0].speakers)
    draws = draw_groups(np.ones(int(groups.max()) + 1, dtype=np.int64))
    scored = []
    for seeds in systems:
        counts = [
            count_confusions(seed.labels, seed.predictions, groups, classes) for seed in seeds
        ]
        scored.append(resample_uar(np.stack(counts), draws))
    hits = [np.stack([seed.labels == seed.predictions for seed in seeds]) for seeds in systems]
    pairs = list(combinations(range(len(systems)), 2))
    tests = [mcnemar_of_seeds(hits[first], hits[second]) for first, second in pairs]
    combined = [combine([test.p for test in of_pair]) for of_pair in tests]
    return [
        ClassPair(
            first=names[first],
            second=names[second],
            difference=subtract(scored[first], scored[second]),
            p=p,
            holm=adjusted,
            tests=of_pair,
        )
        for (first, second), of_pair, p, adjusted in zip(
            pairs, tests, combined, holm(combined), strict=True
        )
    ]
