"""Comparing systems that predict several labels: scores, and the differences of these."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from featx.comparison.compared import Pair, describe_system
from featx.comparison.comparison import Comparison, interval_of
from featx.comparison.label_systems import LabelSystem, check_same_labels, labels_of
from featx.scoring.labels.results import NAMES
from featx.scoring.labels.scores import METRICS, resample_labels
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

TESTED = "macro_f1"


@dataclass(frozen=True)
class LabelPair(Pair):
    """Two of the systems; `difference` is the first's macro F1 less the second's.

    There are no `tests`, and `p` is the bootstrap's, of the macro F1.

    Attributes:
        metrics: the difference of each metric, in points.
    """

    metrics: Mapping[str, Difference]

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "first": self.first,
            "second": self.second,
            **{f"{name}_difference": asdict(own) for name, own in self.metrics.items()},
            "bootstrap": {"p": self.p, "p_holm": self.holm},
        }


@dataclass(frozen=True)
class LabelComparison(Comparison):
    """Two or more systems that predict the same labels, and every pair of them."""

    def score_table(self, over: str) -> TextTable:
        """Return a row for each system."""
        rows = []
        for system in self.systems:
            macro, *others = system.results.scores.values()
            cells = [f"{macro}", macro.interval(".1f"), *map(str, others)]
            rows.append((system.name, *cells, str(system.results.seeds)))
        first, *further = (f"{name}, %" for name in NAMES.values())
        caption = f"Scores on the same {self.utterances:,} utterances, mean ± std over seeds"
        return TextTable(("mean ± std", first, over, *further, "seeds"), rows, caption)

    def pair_table(self, over: str) -> TextTable:
        """Return a row for each pair and metric."""
        rows = []
        for pair in self.pairs:
            assert isinstance(pair, LabelPair), "labels were compared"
            for name, own in pair.metrics.items():
                of = f"{pair.first} − {pair.second}, {NAMES[name]}"
                ps = (describe_p(pair.p), describe_p(pair.holm)) if name == TESTED else ("", "")
                rows.append((of, signed(own.mean), interval_of(own), *ps))
        return TextTable(("first − second", "points", over, "p", "Holm p"), rows, "Differences")

    def reading(self) -> list[str]:
        """Return how to read the tables."""
        return [
            f"Difference: the first's score less the second's; the interval draws the same "
            f"{self.resampled} for both.",
            "p, of macro F1: twice the share of draws on the other side of no difference, "
            "two-sided; Holm: adjusted for the number of pairs.",
        ]


def compare_labels(systems: Sequence[LabelSystem], speakers: Mapping[str, str]) -> LabelComparison:
    """Compare systems that were tested on the same utterances.

    Args:
        systems: two or more.
        speakers: who speaks each utterance, empty if unknown.

    Raises:
        FeatxError: if they did not learn the same labels.
    """
    check_same_labels(systems)
    names = sorted(systems[0].labels)
    alone = len({speaker or name for name, speaker in speakers.items()}) == 1
    scored = [_resample(system, names, speakers, alone) for system in systems]
    pairs = list(combinations(range(len(systems)), 2))
    tested = [bootstrap_p(*(scored[place][TESTED] for place in pair)) for pair in pairs]
    found = []
    for (first, second), p, adjusted in zip(pairs, tested, holm(tested), strict=True):
        metrics = {name: subtract(scored[first][name], scored[second][name]) for name in METRICS}
        found.append(
            LabelPair(
                first=systems[first].name,
                second=systems[second].name,
                difference=metrics[TESTED],
                tests=(),
                p=p,
                holm=adjusted,
                metrics=metrics,
            )
        )
    return LabelComparison(len(names), list(map(describe_system, systems)), found)


def _resample(
    system: LabelSystem, utterances: Sequence[str], speakers: Mapping[str, str], alone: bool
) -> dict[str, Resampled]:
    """Return each metric as it is and on draws that are the same of all systems."""
    found = resample_labels([labels_of(seed, utterances, speakers) for seed in system.seeds])
    return {
        name: Resampled(float(whole.mean()), None if alone else drawn.mean(1))
        for name, (whole, drawn) in found.items()
    }
