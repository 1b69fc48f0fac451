"""Words that people write where they have nothing to write, and when two words are the same."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from featx.utils.text import counted, listed

_NOTHING = re.compile(r"[\s.,:;?!*#_~/\\|()\[\]{}<>'\"=–—…-]*")  # + can be a label
_MISSING = {
    "nan", "n a", "na", "n.a.", "n.a", "n/a", "none", "null", "nil", "missing", "undefined",
    "unlabeled", "unlabelled", "no label", "not labeled", "not labelled", "not available",
    "not applicable", "tbd", "todo",
}  # fmt: skip
_NOBODY = {
    "unknown", "unk", "unknown speaker", "speaker unknown", "spk unknown", "unknown spk",
    "speaker", "spk", "spkr", "anonymous", "anon", "unidentified", "not known", "no speaker",
    "someone", "other", "others", "various", "multiple", "misc",
}  # fmt: skip
_INITIALS = {"na", "nan", "nil"}  # which people can be called as well


def plain(text: str) -> str:
    """Return what is left of a word without case, Unicode form, and kinds of space."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    shown = "".join(c for c in folded if unicodedata.category(c) != "Cf")  # such as U+200B
    return re.sub(r"[\s_-]+", " ", unicodedata.normalize("NFC", shown)).strip()


@lru_cache
def looks_missing(text: str) -> bool:
    """Tell whether a text stands for a missing value, as "nan", "n/a", "-" or "" do."""
    word = plain(text).strip("<>#[](){}'\" ")
    return bool(_NOTHING.fullmatch(text)) or word in _MISSING


@lru_cache
@lru_cache(maxsize=10_000)  # of each speaker of a million utterances
def names_nobody(speaker: str) -> bool:
    """Tell whether a speaker's name says that it is not known, as "Unknown" or "n/a" do."""
    return looks_missing(speaker) or plain(speaker).strip("<>[]() ") in _NOBODY


def note_of_nobody(speakers: Iterable[str]) -> list[str]:
    """Return a note if some of the utterances' speakers have names that say they are not known."""
    named = [speaker for speaker in speakers if speaker and names_nobody(speaker)]
    if not named:
        return []
    words = sorted(set(named))
    note = f"the speaker of {counted(len(named), 'utterance')} counts as unknown: {listed(words)}"
    initials = [word for word in words if word.isalpha() and plain(word) in _INITIALS]
    if initials:
        note += f" (if {initials[0]} is somebody, write speaker_{initials[0]} instead)"
    return [note]
