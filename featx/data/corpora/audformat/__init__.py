"""Databases in audformat (audeering.github.io/audformat), as audb leaves them on disk.

A folder holds `db.yaml`, a CSV or Parquet file for each table, and the media. Tables are indexed
by file, or by file, start and end.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from featx.data.corpora.audformat.database import as_text, choose, label_column, load
from featx.data.corpora.audformat.people import People
from featx.data.listing.corpus import Corpus, Found
from featx.data.listing.files import find_files, nothing_found
from featx.data.listing.tables.columns import SEX, Columns, read_columns, refuse_others
from featx.data.listing.tables.corpus_tables import (
    NO_SPEAKERS,
    missing_files,
    several_found,
    without_label,
)
from featx.data.listing.tables.values import own_columns, to_split
from featx.data.manifest import Utterance
from featx.data.words import looks_missing

if TYPE_CHECKING:
    import audformat


def find_audformat(root: Path, columns: Columns | None = None, table: str | None = None) -> Found:
    """Find the labelled utterances of an audformat database.

    Args:
        root: the folder of db.yaml, or one around it.
        columns: the database's columns for the manifest's "label" and "speaker", if they are not
            "emotion" and "speaker", and for its "session" and "sex".
        table: the table of the labels, or several, as train and test, set off by commas; by
            default the only one with that column, or the one of the same name.

    Returns:
        The utterances in the order of the tables, whose other columns are kept. A table's split
        is the utterances'; a label's dictionary gives the speaker's sex.

    Raises:
        CorpusError: if there is no such database, table or column, several databases, or no media.
    """
    headers = [path for path in find_files(root, {".yaml"}) if path.name == "db.yaml"]
    if not headers:
        raise nothing_found(root, "audformat database: db.yaml", [])
    if len(headers) > 1:
        raise several_found(root, headers, "databases")
    folder, chosen = headers[0].parent, read_columns(columns)
    refuse_others(chosen, ("label", "speaker", SEX, "session"), CORPUS.title)
    database = load(headers[0])
    label = label_column(database, chosen.pop("label", None))
    tables = choose(database, label, table)
    people = People(database, chosen)
    rows = [row for name in tables for row in _rows(database, name, label)]
    utterances = [_utterance(r, folder, people) for r in rows if not looks_missing(r["label"])]
    here = [utterance for utterance in utterances if utterance.path.is_file()]
    notes = missing_files([u.utterance for u in utterances if not u.path.is_file()])
    notes += without_label([row["label"] for row in rows if looks_missing(row["label"])])
    if not here:
        raise nothing_found(folder, f"media of the table {', '.join(tables)}", notes)
    if not any(utterance.speaker for utterance in here):
        notes.append(NO_SPEAKERS)
    return Found(here, notes)


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
        texts = {column: as_text(value) for column, value in values.items()}
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


def _utterance(row: dict[str, Any], folder: Path, people: People) -> Utterance:
    speaker, sex, session = people.of(row)
    used = people.columns.values()
    others = {name: text for name, text in row["texts"].items() if name not in used}
    return Utterance(
        utterance=row["id"],
        path=folder / row["file"],
        speaker=speaker,
        label=row["label"],
        session=session,
        split=row["split"],
        start=row["start"],
        end=row["end"],
        extra={"sex": sex, **own_columns(others)},
    )


def _seconds(time: Any) -> float | None:
    text = "" if time is None else as_text(time)
    return float(text) if text else None


CORPUS = Corpus("Databases in audformat", find_audformat, ("columns", "table"))
