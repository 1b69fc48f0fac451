"""What a run found: scores, per-class report, confusion matrix."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from featx.scoring.classes.distributions import DistributionScores
from featx.scoring.metrics import count_confusions, group_by_speaker, score_seeds
from featx.scoring.reliability import CalibrationErrors
from featx.scoring.results import CommonResults
from featx.scoring.text import describe_count, score_as_json
from featx.utils.tables import TextTable

NAMES = {"uar": "UAR", "wa": "WA", "macro_f1": "macro F1"}


class SeedPredictions(NamedTuple):
    """What the models of a seed predicted, of each test utterance.

    Attributes:
        labels: (utterances,) true class indices.
        predictions: (utterances,) predicted class indices.
        speakers: the speaker of each utterance, empty if unknown.
    """

    labels: np.ndarray
    predictions: np.ndarray
    speakers: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Results(CommonResults):
    """The test scores of a run that predicts classes; a notebook shows them as tables.

    Example:
        >>> results = featx.Run("runs/manifest-encoder-dense").results
        >>> results.scores["uar"].mean, results.scores["uar"].low, results.scores["uar"].high
        >>> print(results.to_text())

    Its `scores` are "uar", "wa" and "macro_f1", in percent.

    Attributes:
        classes: the classes in the order of the matrix.
        confusion: (classes, classes) counts added up over seeds, true by predicted.
        calibration_errors: how far probabilities are from the share of labels that are right;
            None if unknown.
        votes: how close probabilities come to the annotators' votes; None where a class is learned
            of each utterance.
    """

    classes: Sequence[str]
    confusion: np.ndarray
    calibration_errors: CalibrationErrors | None = None
    votes: DistributionScores | None = None

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values, scores in percent; an undefined deviation is null."""
        every = {**self.scores, **(self.votes._asdict() if self.votes else {})}
        scores = {name: score_as_json(score) for name, score in every.items()}
        errors = self.calibration_errors
        return {
            **scores,
            **({"expected_calibration_error": errors._asdict()} if errors else {}),
            **self._described(),
            "classes": list(self.classes),
            "per_class": self.per_class(),
            "averages": self.averages(),
            "confusion": self.confusion.tolist(),
            **self._grouped(),
        }

    def per_class(self) -> dict[str, dict[str, float]]:
        """Return precision, recall and F1 in percent, and utterances, of each class."""
        hits = np.diagonal(self.confusion)
        true, predicted = self.confusion.sum(1), self.confusion.sum(0)
        columns = {
            "precision": 100 * hits / np.maximum(predicted, 1),
            "recall": 100 * hits / np.maximum(true, 1),
            "f1": 200 * hits / np.maximum(true + predicted, 1),
            "utterances": true / self.seeds,
        }
        return {
            label: {name: float(column[index]) for name, column in columns.items()}
            for index, label in enumerate(self.classes)
        }

    def averages(self) -> dict[str, dict[str, float]]:
        """Return the means over classes of `per_class`, as scikit-learn's report names them.

        "macro avg" gives each class the same weight, "weighted avg" that of its utterances;
        `utterances` is how many there are in all. As in `sklearn.metrics.classification_report`,
        a class that is neither true nor predicted anywhere does not count, and a class that is
        only predicted counts with a recall of 0 (UAR leaves it out). With several seeds these are
        the figures of the confusions added up, not means over seeds.
        """
        rows = list(self.per_class().values())
        support = self.confusion.sum(1)
        weights = {"macro avg": support + self.confusion.sum(0) > 0, "weighted avg": support}
        return {
            name: {
                figure: float(np.average([row[figure] for row in rows], weights=weight))
                for figure in ("precision", "recall", "f1")
            }
            | {"utterances": float(support.sum() / self.seeds)}
            for name, weight in weights.items()
        }

    def _tables(self) -> list[TextTable]:
        return [self._score_table(), self._class_table(), self._confusion_table()]

    def _width(self) -> int:
        return max(100, 12 * (len(self.classes) + 2))

    def _score_table(self) -> TextTable:
        rows = [
            (NAMES[metric], f"{score} %", score.interval(".1f"))
            for metric, score in self.scores.items()
        ]
        if self.votes:
            divergence, top2 = self.votes
            interval = divergence.interval(".3f")
            rows.append(("Jensen-Shannon", f"{divergence:.3f} bits", interval))
            rows.append(("top-2 accuracy", f"{top2} %", top2.interval(".1f")))
        present = np.count_nonzero(self.confusion.sum(1))  # as UAR counts
        rows.append(("chance UAR", f"{100 / present:.1f} %", ""))
        if errors := self.calibration_errors:
            rows.append(("calibration error", f"{errors.before:.1f} %", ""))
            rows.append(("with temperatures", f"{errors.after:.1f} %", ""))
        return TextTable(("test", self.averaged, f"95 % over {self.resampled}"), rows)

    def _class_table(self) -> TextTable:
        rows = []
        for label, row in (*self.per_class().items(), *self.averages().items()):
            figures = (f"{row[name]:.1f}" for name in ("precision", "recall", "f1"))
            rows.append((label, *figures, describe_count(row["utterances"])))
        return TextTable(("class", "precision", "recall", "F1", "utterances"), rows)

    def _confusion_table(self) -> TextTable:
        shares = 100 * self.confusion / np.maximum(self.confusion.sum(1, keepdims=True), 1)
        rows = [
            (label, *(f"{share:.0f}" for share in row))
            for label, row in zip(self.classes, shares, strict=True)
        ]
        return TextTable(("true \\ predicted, %", *self.classes), rows)


def score_predictions(
    title: str,
    classes: Sequence[str],
    seeds: Sequence[SeedPredictions],
    speakers_shared: bool | None,
    remarks: Sequence[str] = (),
) -> Results:
    """Score the test predictions of every seed.

    Args:
        title: what was fitted on what.
        classes: names of the class indices.
        seeds: what each predicted. An utterance without a speaker counts as a speaker of its
            own. If any speaker is unknown, all seeds have the same utterances in the same order.
        speakers_shared: whether training and test share speakers; None if unknown.
        remarks: what else a reader must know, in sentences.
    """
    confusions = []
    for labels, predictions, speakers in seeds:
        groups = group_by_speaker(speakers)
        confusions.append(count_confusions(labels, predictions, groups, len(classes)))
    return Results(
        title=title,
        classes=classes,
        scores=score_seeds(confusions),
        confusion=np.sum(confusions, axis=(0, 1)),
        seeds=len(seeds),
        speakers=len(set(seeds[0].speakers) - {""}),
        speakers_shared=speakers_shared,
        remarks=remarks,
    )
