"""Systems that predict several labels at once: their scores, alone and side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, Self

import numpy as np

from featx.comparison.systems.files import Seed
from featx.comparison.systems.scored import AnySystem, ColumnSystem
from featx.scoring.labels.file import LabelPrediction
from featx.scoring.labels.groups import Labelled
from featx.scoring.labels.results import NAMES, LabelResults, score_label_predictions
from featx.scoring.labels.scores import SeedLabels
from featx.scoring.results_file import RunResults
from featx.utils.tables import TextTable


class LabelSystem(ColumnSystem[LabelResults, SeedLabels]):
    """The scores of one system that predicts several labels at once."""

    kind: ClassVar[str] = "labels"

    @property
    def predicted(self) -> list[str]:
        """The labels."""
        return list(self.results.classes)

    @staticmethod
    def read(seed: Seed, utterances: Sequence[str], speakers: Mapping[str, str]) -> SeedLabels:
        """Return a seed's labels of some utterances, in their order."""
        rows = [seed.rows[name] for name in utterances]
        given = [row for row in rows if isinstance(row, LabelPrediction)]  # which all are
        return SeedLabels(
            np.array([row.fits for row in given]),
            np.array([row.found for row in given]),
            np.array([row.probabilities for row in given]),
            [speakers[name] for name in utterances],
        )

    @staticmethod
    def score(title: str, predicted: Sequence[str], seeds: Sequence[SeedLabels]) -> LabelResults:
        """Score what seeds predict."""
        return score_label_predictions(title, predicted, seeds, speakers_shared=None)

    def with_stored(self, stored: RunResults) -> Self:
        """Return the system with what a run says of itself, such as its calibration errors."""
        system = super().with_stored(stored)
        if not isinstance(stored, LabelResults):
            return system
        errors = stored.calibration_errors
        return system.with_results(replace(system.results, calibration_errors=errors))

    def measure(self) -> Labelled:
        """Return what groups of its utterances are scored by."""
        return Labelled(self.scored())


def label_table(systems: Sequence[AnySystem]) -> TextTable:
    """Return a row for each system."""
    rows = []
    for system in systems:
        scores = [str(score) for score in system.results.scores.values()]
        counts = (system.results.seeds, len(system.labels), len(system.results.classes))
        rows.append((system.name, *scores, *map(str, counts)))
    metrics = [f"{name}, %" for name in NAMES.values()]
    return TextTable(("mean ± std", *metrics, "seeds", "utterances", "labels"), rows)
