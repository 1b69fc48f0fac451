"""Anybody's table of audio files: a row for each utterance, whatever its columns are called."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePath

from featx.data.files.paths import Located, locate
from featx.data.files.spellings import is_absolute
from featx.data.listing.corpus import Corpus, Found
from featx.data.listing.files import CorpusError, require_folder
from featx.data.listing.patterns import Pattern
from featx.data.listing.tables.columns import (
    NAMES,
    SEX,
    Columns,
    find_columns,
    may_be_there,
    read_columns,
)
from featx.data.listing.tables.foreign_table import ForeignTable, read_foreign
from featx.data.listing.tables.ids import RowName, name_rows, repeats
from featx.data.listing.tables.times import as_seconds
from featx.data.manifest import Utterance
from featx.data.manifest_rows import SPLITS, seconds
from featx.utils.csv_files import Problems
from featx.utils.remote.path import RemotePath

_SPLITS = {
    **dict.fromkeys(("train", "training", "trn", "tr"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev", "development", "devel"), "validation"),
    **dict.fromkeys(("test", "testing", "tst", "te"), "test"),
}
UNKNOWN = (
    "speakers are unknown; name their column in `columns`, or give `speaker`, a regular "
    "expression, to find them in paths"
)
UNLABELLED = (
    "labels are unknown; name their column in `columns`, or give `label`, unless another column "
    "is to be learned"
)
SIDES = ("start", "end")
_INDEX = ("", "Unnamed: 0")  # the number of the row, as pandas writes it


def find_csv(
    root: Path,
    columns: Columns | None = None,
    separator: str | None = None,
    encoding: str | None = None,
    audio: str | None = None,
    speaker: str | None = None,
    label: str | None = None,
) -> Found:
    """Read a table as utterances.

    Args:
        root: a CSV, a table with other separators, a JSON list of objects, or an object a line.
        columns: which of its columns are a manifest's, as `read_columns` takes them.
        separator: what separates its columns; see `read_foreign`.
        encoding: its encoding; see `read_text`.
        audio: the folder that paths are relative to, at any depth; by default the table's.
        speaker: a regular expression with one group, searched for in each path, then in the id.
        label: the same for the label.

    Returns:
        The utterances in the table's order, with all other columns. Ids that the table doesn't
        have are paths without their ending.

    Raises:
        CorpusError: if the table can't be read, or a file in it is not there.
    """
    chosen = read_columns(columns)
    find_speaker = None if speaker is None else Pattern("speaker", speaker)
    find_label = None if label is None else Pattern("label", label)
    table = read_foreign(root, separator, encoding, {*chosen.values(), *NAMES})
    labelled = find_label is None and may_be_there("label", chosen, table.header)
    needed = ["path", "label"] if labelled else ["path"]
    found = find_columns(chosen, table.header, needed, root.name)
    if find_label and "label" in chosen:
        raise CorpusError("`label` finds labels in paths: leave out label in `columns`, or it.")
    folder = (root.parent if audio is None else Path(audio)).resolve()
    require_folder(folder)
    reader = _Reader(table, found, find_speaker, find_label, _locate(table, found, folder, audio))
    utterances = reader.read()
    if reader.problems.kinds:
        lost = "missing audio files" in reader.problems.kinds and not audio
        hint = "" if not lost else "\nGive `audio`, the folder of the audio, if it lies elsewhere."
        raise CorpusError(f"{root} can't be used:\n{reader.problems}{hint}")
    return Found(utterances, [*table.notes, *reader.located.notes, *reader.notes(utterances)])


def _locate(
    table: ForeignTable, columns: Mapping[str, str], folder: Path, audio: str | None
) -> Located:
    texts = [row[columns["path"]] for _, row in table.rows]
    if audio is not None:
        return locate(texts, folder, tree=folder)
    others = dict.fromkeys((Path.cwd(), folder.parent))
    return locate(texts, folder, [path for path in others if path != folder])


@dataclass
class _Reader:
    """Makes utterances of a table's rows; what is wrong with rows is gathered in `problems`."""

    table: ForeignTable
    columns: Mapping[str, str]  # of the table, by the manifest's names
    speaker: Pattern | None
    label: Pattern | None
    located: Located
    problems: Problems = field(default_factory=Problems)

    def read(self) -> list[Utterance]:
        rows = [(line, row) for line, row in self.table.rows if self._is_there(line, row)]
        names = name_rows(list(map(self._row_name, (row for _, row in rows))))
        for first, line, name in repeats(names, [line for line, _ in rows]):
            self.problems.add("repeated utterances", line, f"{name} is already on line {first}")
        return [self._utterance(*row, name) for row, name in zip(rows, names, strict=True)]

    def _cell(self, row: Mapping[str, str], name: str) -> str:
        return row[self.columns[name]] if name in self.columns else ""

    def _is_there(self, line: int, row: Mapping[str, str]) -> bool:
        text = self._cell(row, "path")
        if text not in self.located.paths:
            what = self.located.missing(text) if text else "path is empty"
            self.problems.add("missing audio files", line, what)
        return text in self.located.paths

    def _row_name(self, row: Mapping[str, str]) -> RowName:
        text = self._cell(row, "path")
        if isinstance(self.located.paths[text], RemotePath):
            text = str(self.located.paths[text]).partition("://")[2].partition("/")[2]
        elif is_absolute(text) or ".." in text:
            text = self.located.paths[text].relative_to(self._above).as_posix()
        return RowName(self._cell(row, "utterance"), text, *(self._cell(row, s) for s in SIDES))

    @cached_property
    def _above(self) -> Path:
        """The folder that holds all files: ids don't say where a computer keeps them."""
        files = [f for f in self.located.paths.values() if not isinstance(f, RemotePath)]
        return Path(os.path.commonpath([self.located.folder, *(path.parent for path in files)]))

    def _utterance(self, line: int, row: Mapping[str, str], name: str) -> Utterance:
        text = self._cell(row, "path")
        looked = (PurePath(text.replace("\\", "/")).as_posix(), name)
        return Utterance(
            utterance=name,
            path=self.located.paths[text],
            speaker=self.speaker.find(*looked) if self.speaker else self._cell(row, "speaker"),
            label=self.label.find(*looked) if self.label else self._cell(row, "label"),
            session=self._cell(row, "session"),
            split=self._split(line, row),
            start=self._time(line, row, "start"),
            end=self._time(line, row, "end"),
            scale=self._scale(line, row),
            extra=self._extra(row),
        )

    def _split(self, line: int, row: Mapping[str, str]) -> str:
        text = self._cell(row, "split")
        part = _SPLITS.get(text.casefold(), text)
        if part and part not in SPLITS:
            known = f"write {', '.join(SPLITS)}, or nothing"
            self.problems.add("unknown splits", line, f"split is {text!r}; {known}")
        return part

    def _time(self, line: int, row: Mapping[str, str], side: str) -> float | None:
        text = self._cell(row, side)
        try:
            return seconds(as_seconds(text, self.table.separator))
        except ValueError:
            said = f"{side} is {text!r}, not a number of seconds such as 1.25"
            self.problems.add("unusable times", line, said)
            return None

    def _scale(self, line: int, row: Mapping[str, str]) -> float | None:
        text = self._cell(row, "scale")
        try:
            return seconds(text)
        except ValueError:
            self.problems.add("unusable scales", line, f"scale is {text!r}, not a number")
            return None

    def _extra(self, row: Mapping[str, str]) -> dict[str, str]:
        """Return the other columns; those named like a manifest's get `table_` before it."""
        taken = {
            theirs for name, theirs in self.columns.items() if not (name == "label" and self.label)
        }
        sex = {SEX: self._cell(row, SEX)} if SEX in self.columns else {}
        return sex | {
            f"table_{name}" if name in (*NAMES, *sex) else name: text
            for name, text in row.items()
            if name not in taken and name not in _INDEX
        }

    def notes(self, utterances: Sequence[Utterance]) -> list[str]:
        """Say what was not found, and what was renamed."""
        texts = [self._cell(row, "path") for _, row in self.table.rows]
        notes = []
        for pattern in filter(None, (self.speaker, self.label)):
            pairs = zip(texts, utterances, strict=True)
            notes += pattern.notes(texts, [t for t, u in pairs if not u.column(pattern.argument)])
        if not self.speaker and "speaker" not in self.columns:
            notes.append(UNKNOWN)
        if not self.label and "label" not in self.columns:
            notes.append(UNLABELLED)
        own = [name for name in utterances[0].extra if name.removeprefix("table_") in NAMES]
        return notes + [f"the table's own {', '.join(own)} is kept under this name"] * bool(own)


CORPUS = Corpus(
    "Tables of audio files",
    find_csv,
    ("columns", "separator", "encoding", "audio", "speaker", "label"),
)
