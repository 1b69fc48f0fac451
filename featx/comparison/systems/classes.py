"""Systems that predict a class of each utterance: their scores, alone and side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

import numpy as np

from featx.comparison.systems.files import Seed
from featx.comparison.systems.scored import AnySystem, ScoredSystem
from featx.data.label_order import order_labels
from featx.scoring.classes.distributions import DistributionScores, SeedShares, score_distributions
from featx.scoring.classes.groups import Classified
from featx.scoring.classes.results import NAMES, Results, SeedPredictions, score_predictions
from featx.scoring.classes.voted import VotedPrediction
from featx.scoring.results_file import RunResults
from featx.utils.tables import TextTable
from featx.utils.text import counted


class System(ScoredSystem[Results]):
    """The scores of one system that predicts classes."""

    @classmethod
    def of(
        cls,
        name: str,
        paths: Sequence[Path],
        seeds: Sequence[Seed],
        speakers: Mapping[str, str],
        notes: Sequence[str],
    ) -> "System":
        """Score what a system predicted."""
        truth = {utterance: row.label for utterance, row in seeds[0].rows.items()}
        labels = set(truth.values())
        predicted = {row.prediction for seed in seeds for row in seed.rows.values()}
        classes = order_labels(labels | predicted)
        title = (
            f"{name}: {counted(len(paths), 'file')}, {counted(len(seeds), 'seed')}, "
            f"{counted(len(truth), 'utterance')}, {len(classes)} class"
            + ("" if len(classes) == 1 else "es")
        )
        scored = [index_seed(seed, list(truth), classes, speakers) for seed in seeds]
        results = score_predictions(title, classes, scored, speakers_shared=None)
        results = replace(results, votes=_score_votes(seeds, list(truth), speakers))
        notes = [*notes, *_class_notes(predicted - labels)]
        return cls(name, paths[0].parent, truth, speakers, seeds, results, notes)

    def with_stored(self, stored: RunResults) -> Self:
        """Return the system with what a run says of itself, such as its calibration errors."""
        system = super().with_stored(stored)
        if not isinstance(stored, Results):
            return system
        errors = stored.calibration_errors
        return system.with_results(replace(system.results, calibration_errors=errors))

    def measure(self) -> Classified:
        """Return what groups of its utterances are scored by."""
        names, classes = list(self.labels), self.results.classes
        seeds = [index_seed(seed, names, classes, self.speakers) for seed in self.seeds]
        return Classified.of(classes, seeds)


def index_seed(
    seed: Seed, utterances: Sequence[str], classes: Sequence[str], speakers: Mapping[str, str]
) -> SeedPredictions:
    """Return a seed's predictions of some utterances as indices of classes."""
    index = {label: number for number, label in enumerate(classes)}
    rows = [seed.rows[name] for name in utterances]
    labels = np.array([index[row.label] for row in rows])
    predictions = np.array([index[row.prediction] for row in rows])
    return SeedPredictions(labels, predictions, [speakers[name] for name in utterances])


def _score_votes(
    seeds: Sequence[Seed], utterances: Sequence[str], speakers: Mapping[str, str]
) -> DistributionScores | None:
    """Score probabilities against annotators' votes; None where files have none of these."""
    scored = []
    for seed in seeds:
        rows = [seed.rows[name] for name in utterances]
        voted = [row for row in rows if isinstance(row, VotedPrediction)]
        if len(voted) < len(rows):
            return None
        classes = list(voted[0].votes)
        scored.append(
            SeedShares(
                np.array([[row.votes[name] for name in classes] for row in voted]),
                np.array([[row.probabilities[name] for name in classes] for row in voted]),
                np.array([classes.index(row.label) for row in voted]),
                [speakers[name] for name in utterances],
            )
        )
    return score_distributions(scored)


def _class_notes(unlabelled: set[str]) -> list[str]:
    if not unlabelled:
        return []
    names = ", ".join(order_labels(unlabelled))
    return [f"Predicted but no utterance's label: {names}. Counts in macro F1, not in UAR."]


def class_table(systems: Sequence[AnySystem]) -> TextTable:
    """Return a row for each system."""
    metrics = [f"{name}, %" for name in NAMES.values()]
    rows = []
    for system in systems:
        results = system.results
        scores = [str(results.scores[metric]) for metric in NAMES]
        counts = (results.seeds, len(system.labels), len(results.classes))
        rows.append((system.name, *scores, *map(str, counts)))
    return TextTable(("mean ± std", *metrics, "seeds", "utterances", "classes"), rows)
