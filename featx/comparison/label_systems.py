"""Systems that predict several labels at once: their scores, alone and side by side."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from featx.comparison.base import AnySystem, ScoredSystem
from featx.comparison.systems import Seed
from featx.errors import FeatxError
from featx.scoring.labels.file import LabelPrediction
from featx.scoring.labels.groups import Labelled
from featx.scoring.labels.results import NAMES, LabelResults, score_label_predictions
from featx.scoring.labels.scores import SeedLabels
from featx.utils.tables import TextTable
from featx.utils.text import counted


class LabelSystem(ScoredSystem[LabelResults]):
    """The scores of one system that predicts several labels at once."""

    @classmethod
    def of(
        cls,
        name: str,
        paths: Sequence[Path],
        labels: Sequence[str],
        seeds: Sequence[Seed],
        speakers: Mapping[str, str],
        notes: Sequence[str],
    ) -> "LabelSystem":
        """Score what a system predicted."""
        truth = {utterance: row.label for utterance, row in seeds[0].rows.items()}
        counts = (counted(len(seeds), "seed"), counted(len(truth), "utterance"))
        title = f"{name}: {', '.join(counts)}, {', '.join(labels)}"
        scored = [labels_of(seed, list(truth), speakers) for seed in seeds]
        results = score_label_predictions(title, labels, scored, speakers_shared=None)
        return cls(name, paths[0].parent, truth, speakers, seeds, results, notes)

    def scored(self) -> list[SeedLabels]:
        """Return what each seed predicts, of the utterances in the order of `labels`."""
        return [labels_of(seed, list(self.labels), self.speakers) for seed in self.seeds]

    def measure(self) -> Labelled:
        """Return what groups of its utterances are scored by."""
        return Labelled(self.scored())


def labels_of(seed: Seed, utterances: Sequence[str], speakers: Mapping[str, str]) -> SeedLabels:
    """Return a seed's labels of some utterances, in their order."""
    rows = [seed.rows[name] for name in utterances]
    given = [row for row in rows if isinstance(row, LabelPrediction)]  # which all are
    return SeedLabels(
        np.array([row.fits for row in given]),
        np.array([row.found for row in given]),
        np.array([row.probabilities for row in given]),
        [speakers[name] for name in utterances],
    )


def check_same_labels(systems: Sequence[LabelSystem]) -> None:
    """Refuse systems of different labels.

    Raises:
        FeatxError: naming two that differ.
    """
    first = list(systems[0].results.classes)
    for other in systems[1:]:
        if list(other.results.classes) != first:
            raise FeatxError(
                f"{systems[0].name} predicts {', '.join(first)}, {other.name} "
                f"{', '.join(other.results.classes)}. Score each alone, or take systems that "
                "learned the same labels."
            )


def label_table(systems: Sequence[AnySystem]) -> TextTable:
    """Return a row for each system."""
    rows = []
    for system in systems:
        scores = [str(score) for score in system.results.scores.values()]
        counts = (system.results.seeds, len(system.labels), len(system.results.classes))
        rows.append((system.name, *scores, *map(str, counts)))
    metrics = [f"{name}, %" for name in NAMES.values()]
    return TextTable(("mean ± std", *metrics, "seeds", "utterances", "labels"), rows)
