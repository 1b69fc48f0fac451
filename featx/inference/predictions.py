"""What a model says of utterances, as a table."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor

from featx.scoring.predictions import rounded
from featx.utils.files import write_csv
from featx.utils.tables import TextTable, html_notes, html_table

SHOWN = 20  # rows in a notebook


@dataclass(frozen=True)
class PredictedUtterance:
    """What a model says of one utterance.

    Attributes:
        utterance: its id, or the path of its audio as it was given.
        label: the most probable class.
        probabilities: each class's probability, by the class's name; they add up to one.
    """

    utterance: str
    label: str
    probabilities: Mapping[str, float]

    @property
    def probability(self) -> float:
        """The probability of the most probable class."""
        return self.probabilities[self.label]


@dataclass(frozen=True)
class Predictions:
    """What a model says of utterances, in the order in which they were given.

    Attributes:
        classes: names of the classes.
        rows: one for each utterance.
        failures: utterance id to why there is no prediction for it.
    """

    classes: Sequence[str]
    rows: Sequence[PredictedUtterance]
    failures: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        classes: Sequence[str],
        utterances: Sequence[str],
        probabilities: Tensor,
        failures: Mapping[str, str],
    ) -> "Predictions":
        """Return the predictions that probabilities make.

        Args:
            classes: names of the class indices.
            utterances: ids.
            probabilities: (utterances, classes).
            failures: utterance id to why there is no prediction for it.
        """
        rows = [
            PredictedUtterance(
                utterance,
                classes[int(shares.argmax())],
                dict(zip(classes, shares.tolist(), strict=True)),
            )
            for utterance, shares in zip(utterances, probabilities, strict=True)
        ]
        return cls(tuple(classes), tuple(rows), dict(failures))

    @property
    def labels(self) -> list[str]:
        """The most probable class of each utterance."""
        return [row.label for row in self.rows]

    def to_csv(self, path: str | Path) -> None:
        """Write a CSV with the columns utterance, prediction and p_<class> for every class.

        Args:
            path: the file; replaced if it is there.
        """
        header = ["utterance", "prediction", *(f"p_{name}" for name in self.classes)]
        rows = (
            [row.utterance, row.label, *rounded([row.probabilities[c] for c in self.classes])]
            for row in self.rows
        )
        write_csv(Path(path), header, rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[PredictedUtterance]:
        return iter(self.rows)

    def __getitem__(self, index: int) -> PredictedUtterance:
        return self.rows[index]

    def __str__(self) -> str:
        lines = [f"{row.utterance}: {row.label} ({row.probability:.2f})" for row in self.rows]
        lines += [f"{utterance}: {reason}" for utterance, reason in self.failures.items()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Return a table with a row for each utterance, the first ones where they are many."""
        rows = [
            (row.utterance, row.label, *(f"{row.probabilities[c]:.3f}" for c in self.classes))
            for row in self.rows[:SHOWN]
        ]
        table = html_table(TextTable(("utterance", "label", *self.classes), rows))
        hidden = len(self.rows) - SHOWN
        notes = [f"and {hidden:,} more"] if hidden > 0 else []
        return table + html_notes([*notes, *self.failures.values()])
