"""Databases in audformat (audeering.github.io/audformat), as audb leaves them on disk.

A folder holds `db.yaml`, a CSV or Parquet file for each table, and the media. Tables are indexed
by file, or by file, start and end. Pickles beside them, which audformat would open first, and
Python objects in `db.yaml`, which it would build, are never read here: both can run code.
"""

import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from featx.data.listing.columns import read_columns
from featx.data.listing.corpus import Corpus, Found
from featx.data.listing.files import CorpusError, find_files, nothing_found
from featx.data.listing.tabled import missing_files
from featx.data.listing.values import own_columns, to_sex, to_speaker, to_split
from featx.data.manifest import Utterance
from featx.errors import FeatxError
from featx.utils.text import counted, first_line, listed

if TYPE_CHECKING:
    import audformat

_LABELS, _SPEAKERS = ("emotion", "label"), ("speaker",)
_SEXES = ("gender", "sex")
_TABLES = {".csv", ".parquet"}


def find_audformat(
    root: Path, columns: Mapping[str, str] | str | None = None, table: str | None = None
) -> Found:
    """Find the labelled utterances of an audformat database.

    Args:
        root: the folder of db.yaml, or one around it.
        columns: the database's columns for the manifest's "label" and "speaker", if they are not
            "emotion" and "speaker", and for its "session".
        table: the table of the labels, or several, as train and test, set off by commas; by
            default the only one with that column, or the one of the same name.

    Returns:
        The utterances in the order of the tables, whose other columns are kept. A table's split
        is the utterances'; a label's dictionary gives the speaker's sex.

    Raises:
        CorpusError: if there is no such database, table or column, or no media.
    """
    headers = [path for path in find_files(root, {".yaml"}) if path.name == "db.yaml"]
    if not headers:
        raise nothing_found(root, "audformat database: db.yaml", [])
    folder, chosen = headers[0].parent, read_columns(columns)
    database = _load(headers[0])
    label = _label_column(database, chosen.pop("label", None))
    tables = _choose(database, label, table)
    speakers = _Speakers(database, chosen.pop("speaker", None))
    _require(database, chosen.values())
    rows = [row for name in tables for row in _rows(database, name, label)]
    labelled = [row for row in rows if row["label"]]
    utterances = [_utterance(row, folder, chosen, speakers) for row in labelled]
    here = [utterance for utterance in utterances if utterance.path.is_file()]
    notes = missing_files([u.utterance for u in utterances if not u.path.is_file()])
    if len(labelled) < len(rows):
        notes.append(f"left out {counted(len(rows) - len(labelled), 'utterance')} without a label")
    if not here:
        raise nothing_found(folder, f"media of the table {', '.join(tables)}", notes)
    if not any(utterance.speaker for utterance in here):
        notes.append("speakers are unknown; name their column with `columns`, as speaker=COLUMN")
    return Found(here, notes)


def _load(header: Path) -> "audformat.Database":
    """Load a database from its header and its tables as text, whatever pickles lie beside."""
    try:
        import audformat
        import yaml
    except ImportError as error:
        raise FeatxError(
            "Databases in audformat are read with its package: pip install 'featx[audformat]'."
        ) from error
    tables = [path for path in header.parent.iterdir() if path.suffix in _TABLES]
    try:
        # safe_load refuses Python objects, which audformat would build
        _refuse_pickles(header.parent, yaml.safe_load(header.read_text("utf-8")))
        with tempfile.TemporaryDirectory() as clean:
            for path in (header, *tables):
                if path.stem.partition(".")[0] == "db":
                    (Path(clean) / path.name).symlink_to(path.absolute())
            return audformat.Database.load(clean, load_data=True)
    except CorpusError:
        raise
    except Exception as error:  # what a damaged table or header leads to has no common kind
        raise CorpusError(f"{header}: can't be read ({first_line(error)})") from error


def _refuse_pickles(folder: Path, header: Any) -> None:
    listed_tables = header.get("tables") if isinstance(header, dict) else None
    for name in listed_tables or ():
        files = {path.suffix for path in folder.glob(f"db.{name}.*")}
        if ".pkl" in files and not files & _TABLES:
            raise CorpusError(
                f"{folder}: the table {name} is only there as a pickle, which could run code. If "
                "you trust it, write it as CSV with audformat: "
                "Database.load(FOLDER).save(FOLDER, storage_format='csv')"
            )


def _label_column(database: "audformat.Database", name: str | None) -> str:
    known = list(dict.fromkeys(c for t in database.tables.values() for c in t.columns))
    found = next((c for c in ([name] if name else _LABELS) if c in known), None)
    if found is None:
        missing = name or " or ".join(_LABELS)
        raise CorpusError(
            f"`columns`: no table has a column {missing}; there are {listed(known, 12)}. Name that "
            "of the labels as label=COLUMN"
        )
    return found


def _choose(database: "audformat.Database", label: str, given: str | None) -> list[str]:
    """Return the tables of the labels."""
    having = [name for name, table in database.tables.items() if label in table.columns]
    if given is not None:
        names = [name.strip() for name in given.split(",")]
        unknown = [name for name in names if name not in having]
        if unknown:
            raise CorpusError(
                f"`table={given!r}`: no table {listed(unknown)} with the column {label}; there "
                f"are {listed(having, 12)}"
            )
        return names
    if label in having:
        return [label]
    if len(having) > 1:
        raise CorpusError(
            f"several tables have the column {label}: {listed(having, 12)}. Choose with `table` "
            "one of them, or several set off by commas"
        )
    return having


def _require(database: "audformat.Database", names: Collection[str]) -> None:
    known = {column for table in database.tables.values() for column in table.columns}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise CorpusError(
            f"`columns`: no table has a column {listed(unknown)}; there are "
            f"{listed(sorted(known), 12)}"
        )


def _rows(database: "audformat.Database", name: str, label: str) -> list[dict[str, Any]]:
    """Return what a table says of each utterance: file, times, label, split, other columns."""
    table = database[name]
    split = database.splits[table.split_id].type if table.split_id else ""
    numbers: dict[str, int] = {}
    rows = []
    for index, values in zip(table.index, table.df.to_dict("records"), strict=True):
        file, start, end = index if table.is_segmented else (index, None, None)
        numbers[file] = numbers.get(file, 0) + 1
        number = f"-{numbers[file]}" if table.is_segmented else ""
        texts = {column: _text(value) for column, value in values.items()}
        rows.append(
            {
                "id": Path(file).with_suffix("").as_posix() + number,
                "file": file,
                "start": _seconds(start),
                "end": _seconds(end),
                "label": texts.pop(label),
                "split": to_split(split),
                "texts": texts,
            }
        )
    return rows


class _Speakers:
    """Who speaks, and the sex: from the labels' table, or from one indexed by file."""

    def __init__(self, database: "audformat.Database", name: str | None) -> None:
        names = [name] if name else list(_SPEAKERS)
        tables = [t for t in database.tables.values() if any(n in t.columns for n in names)]
        self.column = next((n for n in names for t in tables if n in t.columns), "")
        if name and not tables:
            _require(database, [name])
        self._of_file: dict[str, str] = {}
        for table in tables:
            if table.is_filewise:
                values = zip(table.index, table.df[self.column], strict=True)
                self._of_file.update({file: _text(value) for file, value in values})
        self._sexes = self._read_sexes(database, tables) if tables else {}

    def of(self, row: dict[str, Any]) -> tuple[str, str]:
        """Return the speaker and the sex of an utterance, each empty if unknown."""
        speaker = row["texts"].get(self.column) or self._of_file.get(row["file"], "")
        return to_speaker(speaker), self._sexes.get(speaker, "")

    def _read_sexes(
        self, database: "audformat.Database", tables: "list[audformat.Table]"
    ) -> dict[str, str]:
        scheme = tables[0].columns[self.column].scheme
        labels = scheme.labels if scheme else None
        if isinstance(labels, str):  # the name of a table of speakers
            labels = database[labels].df.to_dict("index")
        if not isinstance(labels, dict):
            return {}
        return {
            str(speaker): next((to_sex(str(about[n])) for n in _SEXES if n in about), "")
            for speaker, about in labels.items()
            if isinstance(about, dict)
        }


def _utterance(
    row: dict[str, Any], folder: Path, chosen: Mapping[str, str], speakers: _Speakers
) -> Utterance:
    speaker, sex = speakers.of(row)
    others = {name: text for name, text in row["texts"].items() if name != speakers.column}
    named = {name: others.pop(theirs, "") for name, theirs in chosen.items()}
    return Utterance(
        utterance=row["id"],
        path=folder / row["file"],
        speaker=speaker,
        label=row["label"],
        session=named.pop("session", ""),
        split=row["split"],
        start=row["start"],
        end=row["end"],
        extra={"sex": sex, **own_columns(others), **named},
    )


def _text(value: Any) -> str:
    """Return a value of a table as text; times are seconds, and what is missing is empty."""
    import pandas as pd

    if pd.isna(value):
        return ""
    return str(value.total_seconds()) if isinstance(value, pd.Timedelta) else str(value).strip()


def _seconds(time: Any) -> float | None:
    text = "" if time is None else _text(time)
    return float(text) if text else None


CORPUS = Corpus("Databases in audformat", find_audformat, ("columns", "table"))
