"""What a model says of utterances, as a table."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

from torch import Tensor

from featx.data.manifest import Utterance
from featx.scoring.predictions import rounded
from featx.scoring.text import plain_table, render
from featx.utils.files import write_csv, write_text
from featx.utils.tables import TextTable, html_notes, html_table

SHOWN = 20  # rows in a notebook or on a terminal
UNCERTAIN = "(uncertain)"  # shown for an utterance without a label


@dataclass(frozen=True)
class PredictedUtterance:
    """What a model says of one utterance.

    Attributes:
        utterance: its id, or the path of its audio as it was given.
        label: the most probable class; empty if it is not probable enough.
        probabilities: each class's probability, by the class's name; they add up to one. Empty for
            silence, which `featx.listen` tells.
        start: where a window of a recording begins, in seconds; None for a whole utterance.
        end: where it ends.
    """

    utterance: str
    label: str
    probabilities: Mapping[str, float]
    start: float | None = None
    end: float | None = None

    @property
    def ranked(self) -> list[tuple[str, float]]:
        """Classes and their probabilities: the label, and then from the most probable on.

        The label of a vote may be one of several classes that are equally probable.
        """
        return sorted(self.probabilities.items(), key=lambda i: (i[0] != self.label, -i[1]))

    @property
    def times(self) -> list[str]:
        """Where a window begins and ends, as tables show it; nothing of a whole utterance."""
        return [f"{time:.1f} s" for time in (self.start, self.end) if time is not None]

    @property
    def probability(self) -> float:
        """The probability of the most probable class."""
        return max(self.probabilities.values(), default=0.0)

    def to_json(self) -> str:
        """Return a JSON object in a line; the label is null where there is none."""
        times = {} if self.start is None else {"start": self.start, "end": self.end}
        value = {"utterance": self.utterance, **times, **self._said()}
        return json.dumps(value, ensure_ascii=False)

    def _said(self) -> dict[str, object]:
        """Return what is predicted, as JSON values."""
        shares = rounded(list(self.probabilities.values()))
        probabilities = dict(zip(self.probabilities, shares, strict=True))
        return {"label": self.label or None, "probabilities": probabilities}


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
    column: ClassVar[str] = "prediction"  # of a CSV, which has the labels

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
        """The most probable class of each utterance; empty where it is not probable enough."""
        return [row.label for row in self.rows]

    def labelled(self, labels: Sequence[str]) -> "Predictions":
        """Return the same with these labels, which a rule chose among the most probable."""
        rows = [replace(row, label=own) for row, own in zip(self.rows, labels, strict=True)]
        return replace(self, rows=tuple(rows))

    def abstaining(self, least: float) -> "Predictions":
        """Return the same without the labels whose probability is below `least`."""
        rows = [row if row.probability >= least else replace(row, label="") for row in self.rows]
        return replace(self, rows=tuple(rows))

    def named(self, names: Mapping[str, str]) -> "Predictions":
        """Return the same with other ids for some utterances, the old ones to the new."""
        rows = [replace(r, utterance=names.get(r.utterance, r.utterance)) for r in self.rows]
        failures = dict(self.failures)
        for old, new in names.items():
            failures = {
                new if name == old else name: reason.replace(old, new)
                for name, reason in failures.items()
            }
        return replace(self, rows=tuple(rows), failures=failures)

    def placed(
        self, windows: Mapping[str, Utterance], failures: Mapping[str, str]
    ) -> "Predictions":
        """Return the predictions of windows as those of their recordings, with times.

        Args:
            windows: the id of each window to its recording's id, start and end.
            failures: recordings that could not be cut, and why.
        """
        rows = []
        for row in self.rows:
            at = windows[row.utterance]
            rows.append(replace(row, utterance=at.utterance, start=at.start, end=at.end))
        return replace(self, rows=tuple(rows), failures={**failures, **self.failures})

    def to_csv(self, path: str | Path) -> None:
        """Write a CSV with the columns utterance, prediction and p_<class> for every class.

        Predictions of windows have start and end, in seconds, after the utterance.

        Args:
            path: the file; replaced if it is there.
        """
        names = [f"p_{name}" for name in self.classes]
        times = ["start", "end"] if self.has_times else []
        rows = (
            [
                row.utterance,
                *rounded([row.start, row.end] if times else []),
                row.label,
                *rounded([row.probabilities[c] for c in self.classes]),
            ]
            for row in self.rows
        )
        write_csv(Path(path), ["utterance", *times, self.column, *names], rows)

    def to_json_lines(self, path: str | Path) -> None:
        """Write a JSON object a line, with what a row of `rows` has; a label or null.

        Args:
            path: the file; replaced if it is there.
        """
        write_text(Path(path), "".join(f"{line}\n" for line in self.json_lines()))

    def json_lines(self) -> Iterator[str]:
        """Yield a row after another as JSON."""
        return (row.to_json() for row in self.rows)

    @property
    def has_times(self) -> bool:
        """Whether these are windows of recordings."""
        return any(row.start is not None for row in self.rows)

    def to_text(self, most: int = SHOWN) -> str:
        """Return a table of the first rows: label, its probability, and the next most probable."""
        before, after = self._columns
        table = plain_table(*before, *(("from", "to") if self.has_times else ()))
        for name in (*after, "utterance"):
            table.add_column(name, no_wrap=True)
        for row in self.rows[:most]:
            first, last = self._cells(row)
            table.add_row(*first, *row.times, *last, row.utterance)
        longest = max((len(row.utterance) for row in self.rows[:most]), default=0)
        return render(table, *self._more(most), width=100 + longest)

    def _more(self, most: int) -> list[str]:
        """Say how many rows a table of the first ones leaves out; nothing if none."""
        hidden = len(self.rows) - most
        return [f"and {hidden:,} more"] if hidden > 0 else []

    @property
    def _columns(self) -> tuple[Sequence[str], Sequence[str]]:
        """What the table has before the times of a window, and after them."""
        return ("label", "probability"), ("next",)

    def _cells(self, row: Any) -> tuple[Sequence[str], Sequence[str]]:
        """Return the cells of a row of `rows` in these columns."""
        first, *others = row.ranked
        rest = ", ".join(f"{name} {100 * share:.0f} %" for name, share in others[:2])
        return (row.label or UNCERTAIN, f"{100 * first[1]:.0f} %"), (rest,)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[PredictedUtterance]:
        return iter(self.rows)

    def __getitem__(self, index: int) -> PredictedUtterance:
        return self.rows[index]

    def __str__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        """Return a table with a row for each utterance, the first ones where they are many."""
        times = ("from", "to") if self.has_times else ()
        rows = [
            (
                row.utterance,
                *row.times,
                row.label or UNCERTAIN,
                *(f"{row.probabilities[c]:.3f}" for c in self.classes),
            )
            for row in self.rows[:SHOWN]
        ]
        label = self._columns[0][0]
        table = html_table(TextTable(("utterance", *times, label, *self.classes), rows))
        return table + html_notes([*self._more(SHOWN), *self.failures.values()])
