"""What an audformat database says of each file, and of each speaker, beside its labels."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from featx.data.corpora.audformat.database import as_text, require
from featx.data.listing.tables.columns import SEX
from featx.data.listing.tables.values import to_sex, to_speaker

if TYPE_CHECKING:
    import audformat

_SPEAKERS = ("speaker",)
_SEXES = ("gender", "sex")


class People:
    """Who speaks, and the sex: from the labels' table, or from one indexed by file.

    Args:
        database: the database.
        chosen: the manifest's columns "speaker", "sex" and "session", each with the database's.

    Raises:
        CorpusError: if no table has a column that was chosen.
    """

    def __init__(self, database: "audformat.Database", chosen: Mapping[str, str]) -> None:
        require(database, chosen.values())
        names = [chosen["speaker"]] if "speaker" in chosen else list(_SPEAKERS)
        tables = [t for t in database.tables.values() if any(n in t.columns for n in names)]
        found = next((n for n in names for t in tables if n in t.columns), "")
        self.columns = {**chosen, "speaker": found} if found else dict(chosen)
        self._of_files = {
            ours: _of_files(database, theirs) for ours, theirs in self.columns.items()
        }
        self._sexes = _read_sexes(database, tables[0].columns[found].scheme) if found else {}

    def of(self, row: Mapping[str, Any]) -> tuple[str, str, str]:
        """Return the speaker, the sex and the session of an utterance, each empty if unknown."""
        speaker = self._value(row, "speaker")
        sex = to_sex(self._value(row, SEX)) if SEX in self.columns else ""
        return to_speaker(speaker), sex or self._sexes.get(speaker, ""), self._value(row, "session")

    def _value(self, row: Mapping[str, Any], name: str) -> str:
        if name not in self.columns:
            return ""
        own: str = row["texts"].get(self.columns[name], "")
        return own or self._of_files[name].get(row["file"], "")


def _of_files(database: "audformat.Database", column: str) -> dict[str, str]:
    """Return a column's value for each file, from the tables that are indexed by file."""
    return {
        file: as_text(value)
        for table in database.tables.values()
        if table.is_filewise and column in table.columns
        for file, value in zip(table.index, table.df[column], strict=True)
    }


def _read_sexes(database: "audformat.Database", scheme: Any) -> dict[str, str]:
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
