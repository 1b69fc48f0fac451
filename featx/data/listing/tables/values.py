"""What corpora's tables say in words of their own, in the manifest's."""

import re
from collections.abc import Mapping

from featx.data.manifest_rows import OPTIONAL, REQUIRED
from featx.data.words import looks_missing, names_nobody, plain

_SPLITS = {  # by the words that a part's name begins with
    "train": re.compile(r"(train|training|trn)(?![a-z])"),
    "validation": re.compile(r"(dev|devel|development|val|valid|validation)(?![a-z])"),
    "test": re.compile(r"(test|testing|tst)(?![a-z])"),
}
_SEXES = {  # in English, and as corpora of other languages write them
    "female": {
        "f", "w", "female", "woman", "women", "girl", "lady", "fem", "feminine", "weiblich", "frau",
        "femme", "féminin", "feminin", "femenino", "feminino", "mujer", "mulher", "donna",
        "femmina", "femminile", "vrouw", "kvinna", "kvinde", "kobieta", "женский", "ж", "女",
        "女性", "女声", "여성", "여자",
    },
    "male": {
        "m", "male", "man", "men", "boy", "gentleman", "masc", "masculine", "männlich",
        "maennlich", "mann", "homme", "masculin", "masculino", "hombre", "homem", "uomo", "maschio",
        "maschile", "mężczyzna", "мужской", "м", "男", "男性", "男声", "남성", "남자",
    },
}  # fmt: skip


def to_split(name: str) -> str:
    """Return the split that a corpus's name of a part stands for; empty if it is none.

    A name is read by its first word, so that "Development", "dev_splits" and "Test1" are known.
    Evaluation is none: some call their validation so, and some their test.
    """
    found = (split for split, word in _SPLITS.items() if word.match(name.strip().lower()))
    return next(found, "")


def to_sex(name: str) -> str:
    """Return "female" or "male"; empty if it is neither, or unknown."""
    word = plain(name)
    return next((sex for sex, words in _SEXES.items() if word in words), "")


def to_speaker(name: str) -> str:
    """Return who speaks; empty for words such as "Unknown", which stand for many people."""
    name = name.strip()
    return "" if names_nobody(name) else name


def to_number(text: str) -> str:
    """Return a number as it is written; empty if it is missing or not a number."""
    text = text.strip()
    return "" if looks_missing(text) else text


def own_columns(texts: Mapping[str, str]) -> dict[str, str]:
    """Return a corpus's own columns under names that the manifest's columns don't have."""
    taken = {*REQUIRED, *OPTIONAL, "corpus"}
    return {f"original_{name}" if name in taken else name: text for name, text in texts.items()}
