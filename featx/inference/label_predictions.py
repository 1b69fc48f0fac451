"""What a model of several labels says of utterances, as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from classifiers.choices import THRESHOLD
from featx.inference.predictions import PredictedUtterance, Predictions
from featx.scoring.labels.predictions import choose_labels
from featx.scoring.predictions import FOUND

_SHOWN = 4  # labels of an utterance, the most probable


@dataclass(frozen=True)
class PredictedLabels(PredictedUtterance):
    """What a model says of one utterance, which any number of labels may fit.

    Its `label` is those that are predicted, joined by "|", or "(none)"; its probabilities do not
    add up to one.
    """

    @property
    def labels(self) -> list[str]:
        """The labels that are predicted: those with a probability of 0.5 or more."""
        return [name for name, share in self.probabilities.items() if share >= THRESHOLD]

    def _said(self) -> dict[str, object]:
        return {"labels": self.labels, "probabilities": super()._said()["probabilities"]}


@dataclass(frozen=True)
class LabelPredictions(Predictions):
    """What a model says of utterances, in the order in which they were given.

    Attributes:
        rows: a `PredictedLabels` for each utterance.
    """

    column: ClassVar[str] = FOUND

    @classmethod
    def of(
        cls,
        classes: Sequence[str],
        utterances: Sequence[str],
        probabilities: Tensor,
        failures: Mapping[str, str],
    ) -> "LabelPredictions":
        """Return the predictions that probabilities make; arguments as for `Predictions.of`."""
        rows = tuple(
            PredictedLabels(name, choose_labels(classes, own), dict(zip(classes, own, strict=True)))
            for name, own in zip(utterances, probabilities.tolist(), strict=True)
        )
        return cls(tuple(classes), rows, dict(failures))

    @property
    def _columns(self) -> tuple[Sequence[str], Sequence[str]]:
        return ("labels",), ("most probable",)

    def _cells(self, row: Any) -> tuple[Sequence[str], Sequence[str]]:
        first = (f"{name} {100 * share:.0f} %" for name, share in row.ranked[:_SHOWN])
        return (row.label,), (", ".join(first),)
