"""Systems that predict a class of each utterance, and their scores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from featx.comparison.systems import Seed
from featx.data.labels import order_labels
from featx.scoring.classes.results import Results, SeedPredictions, score_predictions
from featx.scoring.groups.measure import Classified
from featx.utils.text import counted


@dataclass(frozen=True)
class System:
    """The scores of one system.

    Attributes:
        name: the name of its folder.
        folder: the folder that holds its files.
        labels: the label of each utterance that was scored.
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
    results: Results
    notes: Sequence[str]

    @classmethod
    def of(
        cls,
        name: str,
        files: Sequence[Path],
        seeds: Sequence[Seed],
        speakers: Mapping[str, str],
        notes: Sequence[str],
    ) -> "System":
        """Score what a system predicted.

        Args:
            name: the name of its folder.
            files: those that hold its predictions.
            seeds: the predictions.
            speakers: the speaker of each utterance, empty where unknown.
            notes: what was found in the files.
        """
        truth = {utterance: row.label for utterance, row in seeds[0].rows.items()}
        labels = set(truth.values())
        predicted = {row.prediction for seed in seeds for row in seed.rows.values()}
        classes = order_labels(labels | predicted)
        title = (
            f"{name}: {counted(len(files), 'file')}, {counted(len(seeds), 'seed')}, "
            f"{counted(len(truth), 'utterance')}, {len(classes)} class"
            + ("" if len(classes) == 1 else "es")
        )
        scored = [index_seed(seed, list(truth), classes, speakers) for seed in seeds]
        results = score_predictions(title, classes, scored, speakers_shared=None)
        found = [*notes, *_class_notes(predicted - labels)]
        return cls(name, files[0].parent, truth, speakers, seeds, results, found)

    def with_stored(self, stored: Results) -> "System":
        """Return the system with what a run says of itself."""
        results = replace(
            self.results,
            speakers_shared=stored.speakers_shared,
            remarks=stored.remarks,
            votes=stored.votes,
        )
        return replace(self, results=results)

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        notes = [*self.results.notes(), *self.notes]
        return {**self.results.to_json(), "utterances": len(self.labels), "notes": notes}

    def to_text(self) -> str:
        """Return the full tables and all notes."""
        return "\n".join([self.results.to_text(), *self.notes])

    def measure(self) -> Classified:
        """Return what groups of its utterances are scored by."""
        names, classes = list(self.labels), self.results.classes
        seeds = [index_seed(seed, names, classes, self.speakers) for seed in self.seeds]
        predictions = np.stack([seed.predictions for seed in seeds])
        return Classified(classes, seeds[0].labels, predictions)


def index_seed(
    seed: Seed, utterances: Sequence[str], classes: Sequence[str], speakers: Mapping[str, str]
) -> SeedPredictions:
    """Return a seed's predictions of some utterances as indices of classes."""
    index = {label: number for number, label in enumerate(classes)}
    rows = [seed.rows[name] for name in utterances]
    labels = np.array([index[row.label] for row in rows])
    predictions = np.array([index[row.prediction] for row in rows])
    return SeedPredictions(labels, predictions, [speakers[name] for name in utterances])


def _class_notes(unlabelled: set[str]) -> list[str]:
    if not unlabelled:
        return []
    names = ", ".join(order_labels(unlabelled))
    return [f"Predicted but no utterance's label: {names}. Counts in macro F1, not in UAR."]
