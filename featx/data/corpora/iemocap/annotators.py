"""What the annotators of IEMOCAP gave each utterance: their agreement, and soft labels.

Below an utterance's label line stand lines such as these, with tabs or spaces:

    C-E2:  Neutral; Anger;  (puzzled)     categories that an annotator gave, and a remark
    C-F1:  Frustration;  ()               the actor's own, who is no annotator
    A-E3:  val 3; act 2; dom  3;  ()      attributes that an annotator gave
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

from featx.data.listing.labels.votes import Shares

WORDS = {
    "neutral": "neutral",
    "neutral state": "neutral",
    "anger": "angry",
    "happiness": "happy",
    "excited": "excited",
    "sadness": "sad",
    "frustration": "frustrated",
    "fear": "fearful",
    "surprise": "surprised",
    "surprised": "surprised",
    "disgust": "disgust",
    "disgusted": "disgust",
    "other": "other",
}
_LINE = re.compile(r"C-(?P<annotator>E\d+)\s*:(?P<words>[^(]*)(\((.*\)|[^)]*))?")
_NO_ANNOTATORS = re.compile(r"%|A-|C-[FM]\d+\s*:")  # header, attributes, actors


class Votes(NamedTuple):
    """What the lines below an utterance's label line say.

    Attributes:
        shares: the share of the annotators' votes that each label has, which add up to 1; empty
            if there are no annotators, or if a line can't be read.
        unreadable: where the lines stand that can't be read.
    """

    shares: Shares
    unreadable: Sequence[str]


def read_votes(lines: Iterable[tuple[str, str]]) -> Votes:
    """Count the annotators' votes for an utterance.

    Each annotator has a vote, which is split evenly if there are several labels in the line.

    Args:
        lines: the lines below the utterance's label line, each with the place where it stands.
    """
    shares: dict[str, Fraction] = defaultdict(Fraction)
    annotators: set[str] = set()
    unreadable = []
    for place, text in lines:
        line = text.strip()
        if not line or _NO_ANNOTATORS.match(line):
            continue
        match = _LINE.fullmatch(line)
        labels = _labels(match["words"]) if match else []
        if not match or not labels or match["annotator"] in annotators:
            unreadable.append(place)
            continue
        annotators.add(match["annotator"])
        for label in labels:
            shares[label] += Fraction(1, len(labels))
    if unreadable:
        return Votes({}, unreadable)
    return Votes({label: share / len(annotators) for label, share in shares.items()}, ())


def _labels(words: str) -> list[str]:
    """Return the labels in a line, each once; none if a word is unknown."""
    given = [" ".join(word.lower().split()) for word in words.split(";") if word.strip()]
    known = all(word in WORDS for word in given)
    return list(dict.fromkeys(WORDS[word] for word in given)) if known else []
