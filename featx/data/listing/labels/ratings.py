"""Classes from ratings of valence and arousal: the quadrants around the middle of their scale."""

import math
from collections import Counter
from dataclasses import replace
from typing import ClassVar, Self

from pydantic import model_validator

from featx.data.listing.corpus import Found
from featx.data.listing.files import CorpusError
from featx.data.manifest import Utterance
from featx.utils.config import Schema
from featx.utils.text import counted, listed

_NONE = "without both ratings"
_MIDDLE = "in the middle of the scale"


class Ratings(Schema):
    """Columns that hold ratings.

    Attributes:
        scale: the lowest and the highest rating; their middle divides.
        valence: names of the column of valence; the first that a corpus has is taken.
        arousal: names of the column of arousal, which some call activation.
    """

    classes: ClassVar = ("positive-high", "positive-low", "negative-high", "negative-low")
    scale: tuple[float, float]
    valence: tuple[str, ...]
    arousal: tuple[str, ...]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.scale[0] < self.scale[1]:
            raise ValueError("scale must be the lowest and the highest rating")
        return self

    @property
    def middle(self) -> float:
        """What divides low from high."""
        return sum(self.scale) / 2


def rate(found: Found, ratings: Ratings, name: str) -> Found:
    """Give every utterance the quadrant of its ratings, and leave out those that have none.

    Args:
        found: what the corpus holds.
        ratings: where the ratings stand.
        name: the mapping's, for messages.

    Raises:
        CorpusError: if the corpus has no such columns, or a rating is off the scale.
    """
    columns = [_column(found, names, name) for names in (ratings.valence, ratings.arousal)]
    kept, gone = [], Counter[str]()
    for utterance in found.utterances:
        values = [_rating(utterance, column, ratings, name) for column in columns]
        if None in values or ratings.middle in values:
            gone[_NONE if None in values else _MIDDLE] += 1
            continue
        valence, arousal = (value is not None and value > ratings.middle for value in values)
        quadrant = ("positive" if valence else "negative") + ("-high" if arousal else "-low")
        kept.append(replace(utterance, label=quadrant))
    reasons = [f"{name}: left out {counted(n, 'utterance')} {why}" for why, n in gone.items()]
    if not kept:
        raise CorpusError(f"`mapping={name}`: nothing is left. {'; '.join(reasons)}.")
    return Found(kept, found.notes + reasons)


def _column(found: Found, names: tuple[str, ...], mapping: str) -> str:
    there = dict.fromkeys(column for u in found.utterances for column in u.extra)
    for name in names:
        if name in there:
            return name
    raise CorpusError(
        f"`mapping={mapping}`: needs a column {' or '.join(names)}; "
        f"there is {listed(list(there), 12) or 'none beside the label'}."
    )


def _rating(utterance: Utterance, column: str, ratings: Ratings, mapping: str) -> float | None:
    text = utterance.column(column)
    try:
        value = float(text)
    except ValueError:
        return None
    if not math.isfinite(value):
        return None
    lowest, highest = ratings.scale
    if not lowest <= value <= highest:
        raise CorpusError(
            f"`mapping={mapping}`: {column} of {utterance.utterance} is {text}, and the scale is "
            f"{lowest:g} to {highest:g}. Take the mapping of another scale, or a TOML of your own."
        )
    return value
