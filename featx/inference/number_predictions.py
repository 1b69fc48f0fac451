"""What a model of numbers, such as arousal, says of utterances, as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from featx.inference.predictions import SHOWN, PredictedUtterance, Predictions
from featx.scoring.predictions import PREDICTED, rounded
from featx.utils.files import write_csv
from featx.utils.tables import TextTable, html_notes, html_table


@dataclass(frozen=True)
class PredictedNumbers(PredictedUtterance):
    """What a model says of one utterance: numbers, and no class.

    Attributes:
        numbers: each dimension's number, by the name of its column.
    """

    numbers: Mapping[str, float] = field(default_factory=dict)

    def _said(self) -> dict[str, object]:
        shown = rounded(list(self.numbers.values()))
        return {"numbers": dict(zip(self.numbers, shown, strict=True))}


@dataclass(frozen=True)
class NumberPredictions(Predictions):
    """What a model says of utterances, in the order in which they were given.

    Attributes:
        rows: a `PredictedNumbers` for each utterance.
        dimensions: the columns that the model learned.
    """

    rows: Sequence[PredictedNumbers]
    dimensions: tuple[str, ...] = ()

    @classmethod
    def of_numbers(
        cls,
        dimensions: Sequence[str],
        utterances: Sequence[str],
        numbers: Tensor,
        failures: Mapping[str, str],
    ) -> "NumberPredictions":
        """Return the predictions of numbers.

        Args:
            dimensions: the names of the columns.
            utterances: ids.
            numbers: (utterances, dimensions).
            failures: utterance id to why there is no prediction for it.
        """
        rows = tuple(
            PredictedNumbers(name, "", {}, numbers=dict(zip(dimensions, own, strict=True)))
            for name, own in zip(utterances, numbers.tolist(), strict=True)
        )
        return cls((), rows, dict(failures), tuple(dimensions))

    def to_csv(self, path: str | Path) -> None:
        """Write a CSV with the columns utterance and predicted_NAME for every dimension.

        Predictions of windows have start and end, in seconds, after the utterance.

        Args:
            path: the file; replaced if it is there.
        """
        times = ["start", "end"] if self.has_times else []
        rows = (
            [
                row.utterance,
                *rounded([row.start, row.end] if times else []),
                *rounded(list(row.numbers.values())),
            ]
            for row in self.rows
        )
        names = [PREDICTED + name for name in self.dimensions]
        write_csv(Path(path), ["utterance", *times, *names], rows)

    @property
    def _columns(self) -> tuple[Sequence[str], Sequence[str]]:
        return self.dimensions, ()

    def _cells(self, row: Any) -> tuple[Sequence[str], Sequence[str]]:
        return [f"{value:.4g}" for value in row.numbers.values()], ()

    def _repr_html_(self) -> str:
        """Return a table with a row for each utterance, the first ones where they are many."""
        times = ("from", "to") if self.has_times else ()
        shown = self.rows[:SHOWN]
        rows = [(row.utterance, *self._cells(row)[0], *row.times) for row in shown]
        table = html_table(TextTable(("utterance", *self.dimensions, *times), rows))
        return table + html_notes([*self._more(SHOWN), *self.failures.values()])
