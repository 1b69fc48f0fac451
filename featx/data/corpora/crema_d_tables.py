"""The tables of CREMA-D: who the actors are, and what raters perceived.

Columns are those of `docs/README.md` of https://github.com/CheyneyComputerScience/CREMA-D.
"""

from collections.abc import Mapping
from pathlib import Path

from featx.data.listing.files import find_files
from featx.utils.csv_files import read_table

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


def read_people(root: Path) -> dict[str, dict[str, str]]:
    """Return age, race and ethnicity by actor; nothing if there is no such table.

    Raises:
        FeatxError: if the table can't be read.
    """
    rows = _read(root, "VideoDemographics.csv", ("ActorID", *_PEOPLE.values()))
    return {row["ActorID"]: {name: row[column] for name, column in _PEOPLE.items()} for row in rows}


def read_votes(root: Path) -> dict[str, dict[str, str]]:
    """Return what raters perceived by utterance; nothing if there is no such table.

    Votes are words, those of a tie with `TIE` between them. Levels are from 0 to 100.

    Raises:
        FeatxError: if the table can't be read.
    """
    columns = ("FileName", *_VOTES.values(), *_LEVELS.values())
    return {row["FileName"]: _vote(row) for row in _read(root, "summaryTable.csv", columns)}


def _vote(row: Mapping[str, str]) -> dict[str, str]:
    words = {
        name: TIE.join(WORDS.get(letter, "") for letter in row[column].split(":"))
        for name, column in _VOTES.items()
    }
    levels = {name: row[column].replace(":", TIE) for name, column in _LEVELS.items()}
    return words | levels


def _read(root: Path, name: str, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """Return the rows of a table below the root or next to it; none if it is in neither place."""
    below = [path for path in find_files(root, {".csv"}) if path.name == name]
    around = [root.parent / name, root.parent / "processedResults" / name]
    path = next((path for path in [*below, *around] if path.is_file()), None)
    if path is None:
        return []
    table = read_table(path, columns)
    table.problems.refuse(path)
    return [row for _, row in table.rows()]
