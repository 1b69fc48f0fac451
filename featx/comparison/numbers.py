"""Comparing systems that predict numbers: their scores and the differences of their CCC."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np

from featx.comparison.compared import Pair, describe_system
from featx.comparison.comparison import Comparison, interval_of
from featx.comparison.number_systems import NumberSystem, numbers_of, shared_dimensions
from featx.scoring.numbers.scores import measure_seeds, resample_seeds
from featx.scoring.significance import (
    Difference,
    Resampled,
    bootstrap_p,
    describe_p,
    holm,
    subtract,
)
from featx.utils.tables import TextTable
from featx.utils.text import signed


@dataclass(frozen=True)
class NumberPair(Pair):
    """Two of the systems; `difference` is the first's mean CCC less the second's.

    There are no `tests`, and `p` is the bootstrap's.

    Attributes:
        dimensions: the difference of each dimension's CCC.
    """

    dimensions: Mapping[str, Difference]

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "first": self.first,
            "second": self.second,
            "ccc_difference": asdict(self.difference),
            "dimensions": {name: asdict(own) for name, own in self.dimensions.items()},
            "bootstrap": {"p": self.p, "p_holm": self.holm},
        }


@dataclass(frozen=True)
class NumberComparison(Comparison):
    """Two or more systems that predict the same numbers, and every pair of them."""

    def score_table(self, over: str) -> TextTable:
        """Return a row for each system."""
        rows, names = [], []
        for system in self.systems:
            mean = system.results.scores["ccc"]
            each = getattr(system.results, "dimensions", {})
            names = list(each) if len(each) > 1 else []
            cells = [f"{each[name]['ccc']:.3f}" for name in names]
            seeds = str(system.results.seeds)
            rows.append((system.name, f"{mean:.3f}", mean.interval(".3f"), *cells, seeds))
        header = ("mean ± std", "CCC", over, *(f"CCC {name}" for name in names), "seeds")
        caption = f"Scores on the same {self.utterances:,} utterances, mean ± std over seeds"
        return TextTable(header, rows, caption)

    def pair_table(self, over: str) -> TextTable:
        """Return a row for each pair, of the mean CCC and of each dimension's."""
        rows = []
        for pair in self.pairs:
            assert isinstance(pair, NumberPair), "numbers were compared"
            each = pair.dimensions.items() if len(pair.dimensions) > 1 else ()
            for name, own in (("", pair.difference), *each):
                of = f"{pair.first} − {pair.second}" + (f", {name}" if name else "")
                p = ("", "") if name else (describe_p(pair.p), describe_p(pair.holm))
                rows.append((of, signed(own.mean, 3), interval_of(own, 3), *p))
        return TextTable(("first − second", "CCC", over, "p", "Holm p"), rows, "Differences")

    def reading(self) -> list[str]:
        """Return how to read the tables."""
        return [
            f"Difference: CCC of the first less the second's; the interval draws the same "
            f"{self.resampled} for both.",
            "p: twice the share of draws on the other side of no difference, two-sided; Holm: "
            "adjusted for the number of pairs.",
        ]


def compare_numbers(systems: Sequence[NumberSystem], speakers: Mapping[str, str]) -> Comparison:
    """Compare systems that were tested on the same utterances.

    Args:
        systems: two or more.
        speakers: who speaks each utterance, empty if unknown.

    Raises:
        FeatxError: if they did not learn the same columns.
    """
    dimensions = shared_dimensions(systems)
    names = sorted(systems[0].labels)
    whole, drawn = [], []
    for system in systems:
        seeds = [numbers_of(seed, names, speakers) for seed in system.seeds]
        whole.append(measure_seeds(seeds)["ccc"].mean(0))
        drawn.append(resample_seeds(seeds)["ccc"].mean(1))
    alone = len({speaker or name for name, speaker in speakers.items()}) == 1
    found = [
        _compare_two(first, second, alone)
        for first, second in combinations(zip(whole, drawn, strict=True), 2)
    ]
    adjusted = holm([p for *_, p in found])
    pairs = [
        NumberPair(
            first=first.name,
            second=second.name,
            difference=mean,
            tests=(),
            p=p,
            holm=own,
            dimensions=dict(zip(dimensions, each, strict=True)),
        )
        for (first, second), (mean, each, p), own in zip(
            combinations(systems, 2), found, adjusted, strict=True
        )
    ]
    return NumberComparison(len(names), list(map(describe_system, systems)), pairs)


_Scored = tuple[np.ndarray, np.ndarray]  # CCC: (dimensions,) as it is, and (rounds, dimensions)


def _compare_two(
    first: _Scored, second: _Scored, alone: bool
) -> tuple[Difference, list[Difference], float]:
    """Return the difference of the mean CCC, of each dimension's, and the p of the mean."""

    def differ(place: int | None) -> Difference:
        sides = []
        for mean, rounds in (first, second):
            value = mean.mean() if place is None else mean[place]
            draws = rounds.mean(1) if place is None else rounds[:, place]
            sides.append(Resampled(float(value), None if alone else draws))
        return subtract(*sides)

    each = [differ(place) for place in range(len(first[0]))]
    means = (Resampled(0.0, None if alone else rounds.mean(1)) for _, rounds in (first, second))
    return differ(None), each, bootstrap_p(*means)
