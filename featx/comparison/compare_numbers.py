"""Comparing systems that predict numbers: their scores and the differences of their CCC."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from featx.comparison.bootstrap import (
    BootstrapComparison,
    BootstrapPair,
    compare_resampled,
    is_alone,
)
from featx.comparison.systems.numbers import NumberSystem
from featx.scoring.numbers.scores import measure_seeds, resample_seeds
from featx.scoring.significance import Resampled
from featx.utils.tables import TextTable

_MEAN = ""  # the name of the mean over several dimensions, which no column has


@dataclass(frozen=True)
class NumberPair(BootstrapPair):
    """Two of the systems; the parts are the differences of CCC: the mean, and each dimension's.

    Of a single dimension there is no mean.
    """

    def differences(self) -> dict[str, Any]:
        """Return the differences as JSON values."""
        each = {name: asdict(own) for name, own in self.parts.items() if name != _MEAN}
        return {"ccc_difference": asdict(self.difference), "dimensions": each}


@dataclass(frozen=True)
class NumberComparison(BootstrapComparison):
    """Two or more systems that predict the same numbers, and every pair of them."""

    part: ClassVar[str] = "dimension"
    unit: ClassVar[str] = "CCC"
    digits: ClassVar[int] = 3

    def named(self, part: str) -> str:
        """Return what tables call a dimension, or the mean of all."""
        return part or "mean"

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
        return TextTable(header, rows, self.scored)

    def reading(self) -> list[str]:
        """Return how to read the tables."""
        return [
            f"Difference: CCC of the first less the second's; the interval draws the same "
            f"{self.resampled} for both.",
            "p: twice the share of draws on the other side of no difference, two-sided; Holm: "
            "adjusted for the number of pairs.",
        ]


def compare_numbers(systems: Sequence[NumberSystem]) -> NumberComparison:
    """Compare two or more systems.

    Raises:
        FeatxError: if their test sets differ, or they did not learn the same columns.
    """
    return compare_resampled(systems, _resample, NumberPair, NumberComparison)


def _resample(system: NumberSystem, speakers: Mapping[str, str]) -> dict[str, Resampled]:
    """Return each CCC as it is and on draws that are the same of all systems, the mean first."""
    seeds = [system.read(seed, sorted(speakers), speakers) for seed in system.seeds]
    whole = measure_seeds(seeds)["ccc"].mean(0)
    drawn = resample_seeds(seeds)["ccc"].mean(1)
    found = {_MEAN: (whole.mean(), drawn.mean(1))} if len(system.predicted) > 1 else {}
    for place, name in enumerate(system.predicted):
        found[name] = whole[place], drawn[:, place]
    alone = is_alone(speakers)
    return {
        name: Resampled(float(mean), None if alone else rounds)
        for name, (mean, rounds) in found.items()
    }
