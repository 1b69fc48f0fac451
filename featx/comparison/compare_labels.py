"""Comparing systems that predict several labels: scores, and the differences of these."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from featx.comparison.bootstrap import (
    BootstrapComparison,
    BootstrapPair,
    compare_resampled,
    is_alone,
)
from featx.comparison.systems.labels import LabelSystem
from featx.scoring.labels.results import NAMES
from featx.scoring.labels.scores import resample_labels
from featx.scoring.significance import Resampled
from featx.utils.tables import TextTable


@dataclass(frozen=True)
class LabelComparison(BootstrapComparison):
    """Two or more systems that predict the same labels, and every pair of them.

    The parts of a pair are the differences of all scores, of which that of the macro F1 is tested.
    """

    part: ClassVar[str] = "metric"
    unit: ClassVar[str] = "points"
    digits: ClassVar[int] = 1

    def named(self, part: str) -> str:
        """Return what tables call a score."""
        return NAMES[part]

    def score_table(self, over: str) -> TextTable:
        """Return a row for each system."""
        rows = []
        for system in self.systems:
            macro, *others = system.results.scores.values()
            cells = [f"{macro}", macro.interval(".1f"), *map(str, others)]
            rows.append((system.name, *cells, str(system.results.seeds)))
        first, *further = (f"{name}, %" for name in NAMES.values())
        return TextTable(("mean ± std", first, over, *further, "seeds"), rows, self.scored)

    def reading(self) -> list[str]:
        """Return how to read the tables."""
        return [
            f"Difference: the first's score less the second's; the interval draws the same "
            f"{self.resampled} for both.",
            "p, of macro F1: twice the share of draws on the other side of no difference, "
            "two-sided; Holm: adjusted for the number of pairs.",
        ]


def compare_labels(systems: Sequence[LabelSystem]) -> LabelComparison:
    """Compare two or more systems.

    Raises:
        FeatxError: if their test sets differ, or they did not learn the same labels.
    """
    return compare_resampled(systems, _resample, BootstrapPair, LabelComparison)


def _resample(system: LabelSystem, speakers: Mapping[str, str]) -> dict[str, Resampled]:
    """Return each score as it is and on draws that are the same of all systems."""
    alone = is_alone(speakers)
    found = resample_labels([system.read(s, sorted(speakers), speakers) for s in system.seeds])
    return {
        name: Resampled(float(whole.mean()), None if alone else drawn.mean(1))
        for name, (whole, drawn) in found.items()
    }
