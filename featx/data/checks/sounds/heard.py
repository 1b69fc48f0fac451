"""Utterances with what was measured of their audio, and what some of them share."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from featx.data.manifest import Utterance
from featx.data.sounds.measure import Measured
from featx.data.sounds.sound import Sound
from featx.utils.text import counted

_EQUAL_SHARE = 0.2  # of a corpus; 3 % share RAVDESS's most frequent length that was not cut
_EQUAL_LEAST = 20  # utterances
_FEW = 3  # utterances that share a label or speaker by chance alone


class Heard(NamedTuple):
    """An utterance and its sound."""

    utterance: Utterance
    sound: Sound


def hear(utterances: Sequence[Utterance], measured: Measured) -> list[Heard]:
    """Return those utterances whose audio could be read, with their sounds."""
    sounds = measured.sounds
    return [Heard(u, sounds[u.utterance]) for u in utterances if u.utterance in sounds]


def names(heard: Iterable[Heard]) -> tuple[str, ...]:
    """Return the ids of utterances."""
    return tuple(item.utterance.utterance for item in heard)


def equally_long(heard: Sequence[Heard]) -> list[Heard]:
    """Return the utterances of the most frequent length, if they are too many for chance."""
    lengths = Counter(item.sound.seconds for item in heard)
    length, count = max(lengths.items(), key=lambda item: item[1], default=(0.0, 0))
    if count < max(_EQUAL_LEAST, _EQUAL_SHARE * len(heard)):
        return []
    return [item for item in heard if item.sound.seconds == length]


def amount(some: Sequence[Heard], everyone: Sequence[Heard]) -> str:
    """Return "14 of 2,449 utterances, all labelled angry": how many there are and what they share.

    A fault that goes with a label or a speaker gives the label away.

    Args:
        some: the utterances that have a fault.
        everyone: all utterances.
    """
    return f"{len(some):,} of {counted(len(everyone), 'utterance')}{_shared(some, everyone)}"


def _shared(some: Sequence[Heard], everyone: Sequence[Heard]) -> str:
    if len(some) < _FEW:
        return ""
    columns = {"label": "labelled", "speaker": "by speaker", "session": "of session"}
    columns |= {"split": "in split"} | {name: f"with {name}" for name in some[0].utterance.extra}
    for column, words in columns.items():
        values = {item.utterance.column(column) for item in some}
        others = {item.utterance.column(column) for item in everyone} - values
        if len(values) == 1 and others and "" not in values:
            return f", all {words} {values.pop()}"
    return ""
