"""A part of a Hugging Face dataset, such as its training set, and what its columns are for."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from featx.data.listing.files import CorpusError
from featx.utils.text import listed

GUESSES = {  # the manifest's columns: those of a dataset, in any case of letters
    "path": ("audio", "path", "file", "file_name"),
    "label": ("label", "emotion", "labels"),
    "speaker": ("speaker", "speaker_id"),
    "sex": ("sex", "gender"),
}
Row = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """A part of a dataset.

    Attributes:
        name: as the dataset has it, such as "train"; empty if it has none.
        folder: what its audio paths can be relative to.
        columns: those with text, numbers or sound.
        audio: the column that is known to hold sound; empty if none is.
        length: its rows.
        rows: yields its rows, with labels as words and sound as a path, or as "path" and "bytes".
    """

    name: str
    folder: Path
    columns: tuple[str, ...]
    audio: str
    length: int
    rows: Callable[[], Iterator[Row]]


def find_columns(part: Part, given: Mapping[str, str]) -> dict[str, str]:
    """Return the part's column for each of the manifest's, as given or else guessed.

    Raises:
        CorpusError: if a column that was given is not there, or none is known for "path" or
            "label".
    """
    unknown = [name for name in given.values() if name not in part.columns]
    if unknown:
        raise CorpusError(
            f"`columns`: {part.folder} has no column {listed(unknown)}; it has "
            f"{listed(part.columns, 12)}"
        )
    lowered = {name.lower(): name for name in part.columns}
    guessed = {
        ours: next((lowered[name] for name in names if name in lowered), "")
        for ours, names in GUESSES.items()
    }
    guessed["path"] = part.audio or guessed["path"]
    found = {**{ours: theirs for ours, theirs in guessed.items() if theirs}, **given}
    for ours, what in (("path", "audio"), ("label", "labels")):
        if ours not in found:
            raise CorpusError(
                f"{part.folder}: has no column of {what}; name it with `columns`, as "
                f"{ours}=COLUMN. It has {listed(part.columns, 12)}"
            )
    return found
