"""What corpora's tables say in words of their own, in the manifest's."""

import re
from collections.abc import Mapping

from featx.data.listing.files import CorpusError
from featx.data.manifest import OPTIONAL, REQUIRED

_SPLITS = {  # by the words that a part's name begins with
    "train": re.compile(r"(train|training|trn)(?![a-z])"),
    "validation": re.compile(r"(dev|devel|development|val|valid|validation)(?![a-z])"),
    "test": re.compile(r"(test|testing|tst)(?![a-z])"),
}
_SEXES = {"f": "female", "w": "female", "m": "male"}
_UNKNOWN = {"", "unknown", "unk", "nan", "none", "null", "n/a", "na", "?", "-", "-1"}


def to_split(name: str) -> str:
    """Return the split that a corpus's name of a part stands for; empty if it is none.

    A name is read by its first word, so that "Development", "dev_splits" and "Test1" are known.
    Evaluation is none: some call their validation so, and some their test.
    """
    found = (split for split, word in _SPLITS.items() if word.match(name.strip().lower()))
    return next(found, "")


def to_sex(name: str) -> str:
    """Return "female" or "male"; empty if it is neither, or unknown."""
    return _SEXES.get(name.strip().lower()[:1], "")


def to_speaker(name: str) -> str:
    """Return who speaks; empty for words such as "Unknown", which stand for many people."""
    name = name.strip()
    return "" if name.lower() in _UNKNOWN else name


def to_number(text: str) -> str:
    """Return a number as it is written; empty if it is missing or not a number."""
    text = text.strip()
    return "" if text.lower() in _UNKNOWN else text


def own_columns(texts: Mapping[str, str]) -> dict[str, str]:
    """Return a corpus's own columns under names that the manifest's columns don't have."""
    taken = {*REQUIRED, *OPTIONAL, "corpus"}
    return {f"original_{name}" if name in taken else name: text for name, text in texts.items()}


def read_columns(columns: Mapping[str, str] | str | None) -> dict[str, str]:
    """Return which of a table's columns the manifest's come from.

    Args:
        columns: the name in the table for each in the manifest: a mapping, or text such as
            "label=emotion,speaker=speaker_id".

    Raises:
        CorpusError: if the text does not say so, or a column is named twice.
    """
    if columns is None or isinstance(columns, Mapping):
        return dict(columns or {})
    given: dict[str, str] = {}
    for pair in filter(str.strip, columns.split(",")):
        ours, separator, theirs = (part.strip() for part in pair.partition("="))
        if not (ours and separator and theirs) or ours in given:
            raise CorpusError(
                f"`columns={columns!r}`: must be pairs such as label=emotion,speaker=speaker_id, "
                "each first the manifest's column, then the table's"
            )
        given[ours] = theirs
    return given
