"""A part of a Hugging Face dataset, such as its training set, and what its columns are for."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from featx.data.listing.tables.columns import find_columns
from featx.utils.text import counted

GUESSES = {  # the manifest's columns: those of a dataset, in any case of letters
    "path": ("audio", "path", "file", "file_name"),
    "label": ("emotion", "label", "labels"),
    "speaker": ("speaker", "speaker_id"),
    "sex": ("sex", "gender"),
}
TIMES = ("start", "end")
_NUMBER = re.compile(r"-?\d+([.,]\d*)?")
Row = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """A part of a dataset.

    Attributes:
        name: as the dataset has it, such as "train"; empty if it has none.
        folder: what its audio paths can be relative to.
        columns: those with text, numbers or sound.
        numbers: those of them that hold numbers alone, which are the last to be taken for labels.
        audio: the column that is known to hold sound; empty if none is.
        length: its rows.
        rows: yields its rows, with labels as words and sound as a path, or as "path" and "bytes".
    """

    name: str
    folder: Path
    columns: tuple[str, ...]
    numbers: frozenset[str]
    audio: str
    length: int
    rows: Callable[[], Iterator[Row]]

    def __str__(self) -> str:
        """Return where it lies, for messages."""
        return f"{self.folder}, part {self.name}" if self.name else str(self.folder)


def is_number(text: str) -> bool:
    """Tell whether a text is a number, as a label without its word is."""
    return bool(_NUMBER.fullmatch(text))


def choose_columns(part: Part, given: Mapping[str, str]) -> dict[str, str]:
    """Return the part's column for each of the manifest's, as given or else guessed.

    Raises:
        CorpusError: if a column that was given is not there, or none is known for "path" or
            "label".
    """
    chosen = {**_guess(part), **given}
    found = find_columns(chosen, part.columns, ("path", "label"), part)
    return {ours: theirs for ours, theirs in found.items() if ours != "scale"}


def with_labels(parts: list[Part], given: Mapping[str, str]) -> tuple[list[Part], list[str]]:
    """Return the parts that have a column of labels, and notes on those that hide them.

    Where none has one, all are returned.
    """
    names = [given.get("label") or _guess(part).get("label", "") for part in parts]
    having = [
        part for part, name in zip(parts, names, strict=True) if name and name in part.columns
    ]
    if not having:
        return parts, []
    label = given.get("label") or _guess(having[0])["label"]
    return having, [
        f"left out the part {part.name} ({counted(part.length, 'row')}): it has no column {label}"
        for part in parts
        if part not in having
    ]


def _guess(part: Part) -> dict[str, str]:
    lowered = {name.lower(): name for name in part.columns}
    guessed: dict[str, str] = {}
    for ours, names in GUESSES.items():
        there = [lowered[name] for name in names if name in lowered]
        there.sort(key=lambda name: name in part.numbers)  # words before numbers
        if there:
            guessed[ours] = there[0]
    return guessed | ({"path": part.audio} if part.audio else {})
