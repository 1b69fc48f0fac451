"""The forms in which corpora write an emotion."""

from functools import cache

from featx.data.words import plain
from featx.utils.config import Schema, read_config, shipped_config


class Emotions(Schema):
    """The file `configs/emotions.toml`.

    Attributes:
        forms: each emotion in the word that featx's corpora use, with other forms of it.
    """

    forms: dict[str, tuple[str, ...]]


def emotion_of(label: str) -> str | None:
    """Return the emotion that a label means, in the word of featx's corpora; None if not known.

    Example:
        >>> emotion_of("Happiness")
        'happy'
    """
    return _forms().get(plain(label))


@cache
def _forms() -> dict[str, str]:
    table = read_config(shipped_config("emotions.toml"), Emotions).forms
    return {plain(form): emotion for emotion, forms in table.items() for form in (emotion, *forms)}
