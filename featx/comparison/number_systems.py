"""Systems that predict numbers: their scores, alone and side by side."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from featx.comparison.base import AnySystem, ScoredSystem
from featx.comparison.systems import Seed
from featx.errors import FeatxError
from featx.scoring.numbers.file import NumberPrediction
from featx.scoring.numbers.groups import Numbered
from featx.scoring.numbers.results import NumberResults, score_dimensions
from featx.scoring.numbers.scores import SeedNumbers
from featx.utils.tables import TextTable
from featx.utils.text import counted


class NumberSystem(ScoredSystem[NumberResults]):
    """The scores of one system that predicts numbers."""

    @classmethod
    def of(
        cls,
        name: str,
        paths: Sequence[Path],
        dimensions: Sequence[str],
        seeds: Sequence[Seed],
        speakers: Mapping[str, str],
        notes: Sequence[str],
    ) -> "NumberSystem":
        """Score what a system predicted."""
        labels = {utterance: row.label for utterance, row in seeds[0].rows.items()}
        counts = (counted(len(seeds), "seed"), counted(len(labels), "utterance"))
        title = f"{name}: {', '.join(counts)}, {', '.join(dimensions)}"
        scored = [numbers_of(seed, list(labels), speakers) for seed in seeds]
        results = score_dimensions(title, dimensions, scored, speakers_shared=None)
        return cls(name, paths[0].parent, labels, speakers, seeds, results, notes)

    def measure(self) -> Numbered:
        """Return what groups of its utterances are scored by."""
        return Numbered.of(
            [numbers_of(seed, list(self.labels), self.speakers) for seed in self.seeds]
        )


def numbers_of(seed: Seed, utterances: Sequence[str], speakers: Mapping[str, str]) -> SeedNumbers:
    """Return a seed's numbers of some utterances, in their order."""
    rows = (seed.rows[name] for name in utterances)
    numbers = [row for row in rows if isinstance(row, NumberPrediction)]  # which all are
    return SeedNumbers(
        np.array([row.truth for row in numbers]),
        np.array([row.predicted for row in numbers]),
        [speakers[name] for name in utterances],
    )


def shared_dimensions(systems: Sequence[AnySystem]) -> list[str]:
    """Return the dimensions of systems that are put side by side, the same of all.

    Raises:
        FeatxError: if they are not the same.
    """
    first = list(systems[0].results.dimensions)
    for other in systems[1:]:
        if list(other.results.dimensions) != first:
            raise FeatxError(
                f"{systems[0].name} predicts {', '.join(first)}, {other.name} "
                f"{', '.join(other.results.dimensions)}. Score each alone, or take systems that "
                "learned the same columns."
            )
    return first


def number_table(systems: Sequence[AnySystem]) -> TextTable:
    """Return a row for each system: its CCC over all dimensions, and of each."""
    dimensions = shared_dimensions(systems)
    each = [f"CCC {name}" for name in dimensions] if len(dimensions) > 1 else []
    rows = [
        (
            system.name,
            f"{system.results.scores['ccc']:.3f}",
            *(f"{scores['ccc']:.3f}" for scores in system.results.dimensions.values() if each),
            str(system.results.seeds),
            str(len(system.labels)),
        )
        for system in systems
    ]
    return TextTable(("mean ± std", "CCC", *each, "seeds", "utterances"), rows)
