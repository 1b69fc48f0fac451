"""Systems that predict numbers: their scores, alone and side by side."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from featx.comparison.systems.files import Seed
from featx.comparison.systems.scored import ColumnSystem, check_alike
from featx.scoring.numbers.file import NumberPrediction
from featx.scoring.numbers.groups import Numbered
from featx.scoring.numbers.results import NumberResults, score_dimensions
from featx.scoring.numbers.scores import SeedNumbers
from featx.utils.tables import TextTable


class NumberSystem(ColumnSystem[NumberResults, SeedNumbers]):
    """The scores of one system that predicts numbers."""

    kind: ClassVar[str] = "columns"

    @property
    def predicted(self) -> list[str]:
        """The dimensions."""
        return list(self.results.dimensions)

    @staticmethod
    def read(seed: Seed, utterances: Sequence[str], speakers: Mapping[str, str]) -> SeedNumbers:
        """Return a seed's numbers of some utterances, in their order."""
        rows = (seed.rows[name] for name in utterances)
        numbers = [row for row in rows if isinstance(row, NumberPrediction)]  # which all are
        return SeedNumbers(
            np.array([row.truth for row in numbers]),
            np.array([row.predicted for row in numbers]),
            [speakers[name] for name in utterances],
        )

    @staticmethod
    def score(title: str, predicted: Sequence[str], seeds: Sequence[SeedNumbers]) -> NumberResults:
        """Score what seeds predict."""
        return score_dimensions(title, predicted, seeds, speakers_shared=None)

    def measure(self) -> Numbered:
        """Return what groups of its utterances are scored by."""
        return Numbered.of(self.scored())


def number_table(systems: Sequence[NumberSystem]) -> TextTable:
    """Return a row for each system: its CCC over all dimensions, and of each."""
    check_alike(systems)
    dimensions = systems[0].predicted
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
