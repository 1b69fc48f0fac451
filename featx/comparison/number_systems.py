"""Systems that predict numbers: their scores, alone and side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from featx.comparison.systems import Seed
from featx.errors import FeatxError
from featx.scoring.numbers.groups import Numbered
from featx.scoring.numbers.predictions import NumberPrediction
from featx.scoring.numbers.results import NumberResults, score_dimensions
from featx.scoring.numbers.scores import SeedNumbers
from featx.scoring.results_file import RunResults
from featx.utils.tables import TextTable
from featx.utils.text import counted


@dataclass(frozen=True)
class NumberSystem:
    """The scores of one system that predicts numbers.

    Attributes:
        name: the name of its folder.
        folder: the folder that holds its files.
        labels: the true numbers, as text, of each utterance that was scored.
        speakers: the speaker of each of these utterances, empty where unknown.
        seeds: its predictions.
        results: its scores.
        notes: what was found in its files, beside the notes of the results.
    """

    name: str
    folder: Path
    labels: Mapping[str, str]
    speakers: Mapping[str, str]
    seeds: Sequence[Seed]
    results: NumberResults
    notes: Sequence[str]

    @classmethod
    def of(
        cls,
        name: str,
        folder: Path,
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
        return cls(name, folder, labels, speakers, seeds, results, notes)

    def with_stored(self, stored: RunResults) -> "NumberSystem":
        """Return the system with what a run says of itself."""
        shared, remarks = stored.speakers_shared, stored.remarks
        return replace(self, results=replace(self.results, speakers_shared=shared, remarks=remarks))

    def measure(self) -> Numbered:
        """Return what groups of its utterances are scored by."""
        return Numbered.of(
            [numbers_of(seed, list(self.labels), self.speakers) for seed in self.seeds]
        )

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        notes = [*self.results.notes(), *self.notes]
        return {**self.results.to_json(), "utterances": len(self.labels), "notes": notes}

    def to_text(self) -> str:
        """Return the full tables and all notes."""
        return "\n".join([self.results.to_text(), *self.notes])


def numbers_of(seed: Seed, utterances: Sequence[str], speakers: Mapping[str, str]) -> SeedNumbers:
    """Return a seed's numbers of some utterances, in their order."""
    rows = (seed.rows[name] for name in utterances)
    numbers = [row for row in rows if isinstance(row, NumberPrediction)]  # which all are
    return SeedNumbers(
        np.array([row.truth for row in numbers]),
        np.array([row.predicted for row in numbers]),
        [speakers[name] for name in utterances],
    )


def shared_dimensions(systems: Sequence[NumberSystem]) -> list[str]:
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


def number_table(systems: Sequence[NumberSystem]) -> TextTable:
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
