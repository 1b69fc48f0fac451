"""What a run that predicts several labels at once found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from featx.scoring.labels.scores import (
    SeedLabels,
    count_labels,
    mean_average_precision,
    score_labels,
)
from featx.scoring.reliability import CalibrationErrors
from featx.scoring.results import CommonResults
from featx.scoring.text import describe_count, score_as_json
from featx.utils.tables import TextTable

MULTILABEL = "multilabel"  # the task of such a run in its `metrics.json`
NAMES = {"macro_f1": "macro F1", "micro_f1": "micro F1", "map": "mean average precision"}


@dataclass(frozen=True, kw_only=True)
class LabelResults(CommonResults):
    """The test scores of a run that predicts several labels; a notebook shows them as tables.

    Example:
        >>> run = featx.fit("linear", "encoder", task="multilabel", folds=3, name="several")
        >>> run.results.scores["macro_f1"].mean, run.results.labels["sad"]["recall"]
        >>> print(run.results.to_text())

    Its `scores` are "macro_f1", "micro_f1" and "map", in percent.

    Attributes:
        classes: the labels.
        labels: "precision", "recall", "f1" and "average_precision" of each label in percent, and
            "utterances", which it fits.
        utterances: how many were tested, by each seed; 0 in files of earlier versions.
        calibration_errors: of each label, how far its probabilities are from the share of
            utterances that it fits; empty if unknown.
    """

    classes: Sequence[str]
    labels: Mapping[str, Mapping[str, float]]
    utterances: int = 0
    calibration_errors: Mapping[str, CalibrationErrors] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values, scores in percent; an undefined deviation is null."""
        errors = self.calibration_errors
        return {
            "task": MULTILABEL,
            **{name: score_as_json(score) for name, score in self.scores.items()},
            **({"expected_calibration_error": errors_as_json(errors)} if errors else {}),
            **self._described(),
            "utterances": self.utterances,
            "labels": {name: dict(own) for name, own in self.labels.items()},
            **self._grouped(),
        }

    def _tables(self) -> list[TextTable]:
        scores = [
            (NAMES[name], f"{score} %", score.interval(".1f"))
            for name, score in self.scores.items()
        ]
        header = ("label", "precision", "recall", "F1", "average precision", "utterances")
        rows = [
            (
                name,
                *(f"{own[figure]:.1f}" for figure in _FIGURES),
                describe_count(own["utterances"]),
            )
            for name, own in self.labels.items()
        ]
        return [
            TextTable(("test", self.averaged, f"95 % over {self.resampled}"), scores),
            TextTable(header, rows),
            *([self._calibration_table()] if self.calibration_errors else []),
        ]

    def _calibration_table(self) -> TextTable:
        errors = self.calibration_errors
        every = [*errors.items(), ("mean", CalibrationErrors.mean(errors.values()))]
        rows = [(name, f"{own.before:.1f} %", f"{own.after:.1f} %") for name, own in every]
        return TextTable(("label", "calibration error", "with temperatures"), rows)


_FIGURES = ("precision", "recall", "f1", "average_precision")


def errors_as_json(errors: Mapping[str, CalibrationErrors]) -> dict[str, Any]:
    """Return labels' calibration errors as JSON values, with their means."""
    by_label = {name: own._asdict() for name, own in errors.items()}
    return {**CalibrationErrors.mean(errors.values())._asdict(), "labels": by_label}


def score_label_predictions(
    title: str,
    classes: Sequence[str],
    seeds: Sequence[SeedLabels],
    speakers_shared: bool | None,
    remarks: Sequence[str] = (),
) -> LabelResults:
    """Score the test predictions of every seed.

    Args:
        title: what was fitted on what.
        classes: the labels.
        seeds: what each predicted.
        speakers_shared: whether training and test share speakers; None if unknown.
        remarks: what else a reader must know, in sentences.
    """
    whole = SeedLabels(
        np.concatenate([seed.fits for seed in seeds]),
        np.concatenate([seed.found for seed in seeds]),
        np.concatenate([seed.probabilities for seed in seeds]),
        (),
    )
    each = [_measure(whole.of(np.array([place])), len(seeds)) for place in range(len(classes))]
    return LabelResults(
        title=title,
        classes=classes,
        scores=score_labels(seeds),
        labels=dict(zip(classes, each, strict=True)),
        utterances=len(seeds[0].fits),
        seeds=len(seeds),
        speakers=len(set(seeds[0].speakers) - {""}),
        speakers_shared=speakers_shared,
        remarks=remarks,
    )


def _measure(label: SeedLabels, seeds: int) -> dict[str, float]:
    """Return the figures of a label, all seeds together."""
    count = len(label.fits)
    ((hits, found, fits),) = count_labels(label, np.zeros(count, int))[0].tolist()
    average = mean_average_precision(label, np.ones((1, count), int))[0]
    return {
        "precision": 100 * hits / max(found, 1),
        "recall": 100 * hits / max(fits, 1),
        "f1": 200 * hits / max(found + fits, 1),
        "average_precision": 100 * float(average),
        "utterances": fits / seeds,
    }
