"""The tables of CREMA-D: who the actors are, and what raters perceived.

Columns are those of `docs/README.md` of https://github.com/CheyneyComputerScience/CREMA-D.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from featx.data.listing.files import find_files
from featx.data.listing.tables.corpus_tables import only_table, read_rows

WORDS = {
    "A": "angry",
    "D": "disgust",
    "F": "fearful",
    "H": "happy",
    "N": "neutral",
    "S": "sad",
}
TIE = "+"  # between the emotions of a tie
_PEOPLE = {"age": "Age", "race": "Race", "ethnicity": "Ethnicity"}
_VOTES = {"voice_vote": "VoiceVote", "face_vote": "FaceVote", "multimodal_vote": "MultiModalVote"}
_LEVELS = {"voice_level": "VoiceLevel", "multimodal_level": "MultiModalLevel"}


def read_tables(root: Path) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, str]]]:
    """Return what the tables say that are below the root or next to it.

    Returns:
        Age, race and ethnicity by actor, and what raters perceived by utterance; nothing where
        there is no such table. Votes are words, those of a tie with `TIE` between them. Levels
        are from 0 to 100.

    Raises:
        FeatxError: if a table can't be read, or there are several that differ.
    """
    tables = find_files(root, {".csv"})
    people = _read(root, tables, "VideoDemographics.csv", ("ActorID", *_PEOPLE.values()))
    columns = ("FileName", *_VOTES.values(), *_LEVELS.values())
    votes = _read(root, tables, "summaryTable.csv", columns)
    return (
        {row["ActorID"]: {ours: row[theirs] for ours, theirs in _PEOPLE.items()} for row in people},
        {row["FileName"]: _vote(row) for row in votes},
    )


def _vote(row: Mapping[str, str]) -> dict[str, str]:
    words = {
        name: TIE.join(WORDS.get(letter, "") for letter in row[column].split(":"))
        for name, column in _VOTES.items()
    }
    levels = {name: row[column].replace(":", TIE) for name, column in _LEVELS.items()}
    return words | levels


def _read(
    root: Path, tables: Sequence[Path], name: str, columns: Sequence[str]
) -> list[dict[str, str]]:
    """Return the rows of a table; none if it is neither below the root nor next to it."""
    below = [path for path in tables if path.name == name]
    around = [root.parent / name, root.parent / "processedResults" / name]
    if below:
        return read_rows(only_table(root, below, f"tables {name}"), columns)
    return next((read_rows(path, columns) for path in around if path.is_file()), [])
