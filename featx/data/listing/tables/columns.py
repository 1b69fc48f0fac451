"""Which columns of somebody's table are which of a manifest's."""

import re
from collections.abc import Iterable, Mapping, Sequence

from featx.data.listing.files import CorpusError
from featx.data.manifest_rows import OPTIONAL, REQUIRED
from featx.utils.text import closest, listed, nearest

Columns = Mapping[str, str] | str
NAMES = (*REQUIRED, *OPTIONAL)
SEX = "sex"  # no column of a manifest's own, but of most corpora
OTHER_NAMES = {  # names under which others have a column, for suggestions
    "path": ("file", "filename", "file name", "filepath", "file path", "wav", "wav path", "audio",
             "audio path", "wav file", "audio file", "name", "datei", "dateiname", "fichier",
             "archivo"),
    "label": ("emotion", "emo", "class", "category", "emoclass", "target", "labels", "emotions",
              "gefühl", "émotion", "emoción", "emozione"),
    "speaker": ("spk", "speaker id", "spkrid", "spk id", "speakerid", "actor", "actor id",
                "subject", "sprecher", "locuteur", "hablante", "parlante"),
    "utterance": ("utt", "utt id", "id", "utterance id", "segment"),
    "split": ("split set", "set", "partition", "fold", "subset"),
    "start": ("begin", "start time", "onset"),
    "end": ("stop", "end time", "offset"),
    "session": ("session id", "dialog", "dialogue"),
}  # fmt: skip


def read_columns(columns: Columns | None) -> dict[str, str]:
    """Read which column of a table is which of a manifest.

    Args:
        columns: the manifest's name of each with the table's: a mapping, or
            "path=file,label=emotion".

    Raises:
        CorpusError: if a text is not of this form, or a manifest has no such column.
    """
    if columns is None:
        return {}
    pairs = columns.items() if isinstance(columns, Mapping) else _pairs(columns)
    chosen: dict[str, str] = {}
    for name, theirs in pairs:
        if name not in (*NAMES, SEX):
            meant = f"is {theirs}={name} meant?" if theirs in NAMES else nearest(name, NAMES)
            raise CorpusError(
                f"`columns={name}={theirs}`: a manifest has no column {name!r} of its own; "
                f"{meant} Other columns of the table are kept as they are."
            )
        if chosen.setdefault(name, theirs) != theirs:
            raise CorpusError(f"`columns`: {name} is already {chosen[name]!r}.")
    return chosen


def _pairs(text: str) -> list[tuple[str, str]]:
    pairs = []
    for part in filter(str.strip, text.split(",")):
        name, equals, theirs = (piece.strip() for piece in part.partition("="))
        if not (name and equals and theirs):
            raise CorpusError(
                f"`columns={text}`: must be NAME=COLUMN, such as path=file,label=emotion."
            )
        pairs.append((name, theirs))
    return pairs


def refuse_others(chosen: Mapping[str, str], names: Sequence[str], corpus: str) -> None:
    """Refuse columns that a corpus has elsewhere than in a column.

    Args:
        chosen: what `read_columns` returned.
        names: those of a manifest's that can be chosen.
        corpus: the corpus's title.

    Raises:
        CorpusError: if another was chosen.
    """
    for name, theirs in chosen.items():
        if name not in names:
            raise CorpusError(
                f"`columns={name}={theirs}`: {corpus} have no column for the {name} to choose; "
                f"those that can be chosen are {', '.join(names)}."
            )


def find_columns(
    chosen: Mapping[str, str], header: Sequence[str], needed: Iterable[str], where: object
) -> dict[str, str]:
    """Return the table's column for each of the manifest's that it has.

    Columns that nobody chose are those that have the manifest's name.

    Args:
        chosen: what `read_columns` returned.
        header: the names of the table's columns.
        needed: the manifest's columns that must be there.
        where: the table, for messages.

    Raises:
        CorpusError: if a column is not there, naming the one that may be meant.
    """
    for name, theirs in chosen.items():
        if theirs not in header:
            raise CorpusError(
                f"{where}: `columns={name}={theirs}`: no column {theirs!r}"
                f"{_meant(theirs, header)}; there are: {', '.join(header)}."
            )
    taken = set(chosen.values())
    own = {name: name for name in NAMES if name in header and name not in taken}
    found = {**own, **chosen}
    missing = [name for name in needed if name not in found]
    if missing:
        raise CorpusError(
            f"{where}: which column is the {' and which the '.join(missing)}? There are: "
            f"{listed(header, 20)}. Say so by `columns={_suggestion(found, missing, header)}`."
        )
    return found


def may_be_there(name: str, chosen: Mapping[str, str], header: Sequence[str]) -> bool:
    """Tell whether a table has a manifest's column, under its own or another usual name."""
    return name in (*chosen, *header) or _suggestion({}, [name], header) != f"{name}=COLUMN"


def _meant(name: str, header: Sequence[str]) -> str:
    meant = closest(name, header)
    return "" if meant is None else f" (is it {meant!r}?)"


def _suggestion(found: Mapping[str, str], missing: Sequence[str], header: Sequence[str]) -> str:
    """Return columns that have another usual name, as they are written for the user."""
    chosen = {name: theirs for name, theirs in found.items() if name != theirs}
    by_name = {re.sub(r"[\s_-]+", " ", name).casefold().strip(): name for name in header}
    for name in missing:
        usual = next((by_name[other] for other in OTHER_NAMES[name] if other in by_name), "COLUMN")
        chosen[name] = usual
    return ",".join(f"{name}={theirs}" for name, theirs in chosen.items())
