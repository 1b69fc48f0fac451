"""Which utterances of a corpus are the same sound under several names."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

from featx.data.manifest import Utterance
from featx.data.sounds.copies import find_copies
from featx.data.sounds.sound import Sound

How = Literal["identical samples", "near copies", "overlapping parts of a file"]
OVERLAP = 0.1  # of the shorter of two segments that lies in the other, and seconds of it
_AHEAD = 8  # segments that begin within a segment and are compared with it


@dataclass(frozen=True)
class Same:
    """Two utterances that are the same sound.

    Attributes:
        first: the id of the one that stands first in the manifest.
        second: the id of the other.
        how: in what they are the same.
    """

    first: str
    second: str
    how: How


def find_same(utterances: Sequence[Utterance], sounds: Mapping[str, Sound]) -> list[Same]:
    """Find utterances that are the same sound.

    Of many copies of one sound not all pairs are named, but each copy is with another, so that
    copies which are divided by any line are named with one beyond it. Silence is no sound.

    Args:
        utterances: those to compare, in their order.
        sounds: theirs by id, as far as they are known.
    """
    heard = [u for u in utterances if _is_heard(sounds.get(u.utterance))]
    groups: dict[str, list[str]] = defaultdict(list)
    for utterance in heard:
        groups[sounds[utterance.utterance].digest].append(utterance.utterance)
    names = [group[0] for group in groups.values()]
    found = {
        **dict.fromkeys(_overlaps(utterances), "overlapping parts of a file"),
        **{
            (names[copy.first], names[copy.second]): "near copies"
            for copy in find_copies([sounds[name].fingerprint for name in names])
        },
        **{pair: "identical samples" for group in groups.values() for pair in pairwise(group)},
    }
    place = {utterance.utterance: number for number, utterance in enumerate(utterances)}
    ordered = sorted(found, key=lambda pair: (place[pair[0]], place[pair[1]]))
    return [Same(*pair, found[pair]) for pair in ordered]  # type: ignore[arg-type]


def _is_heard(sound: Sound | None) -> bool:
    return sound is not None and sound.peak > 0


def _overlaps(utterances: Sequence[Utterance]) -> list[tuple[str, str]]:
    """Return pairs of segments of one file that share some of it, in the order of utterances."""
    files: dict[Path, list[tuple[float, float, int]]] = defaultdict(list)
    for number, utterance in enumerate(utterances):
        begin, end = utterance.start or 0.0, utterance.end
        files[utterance.path].append((begin, float("inf") if end is None else end, number))
    pairs = []
    for segments in files.values():
        segments.sort()
        for place, (begin, end, number) in enumerate(segments):
            for later, stop, other in segments[place + 1 : place + 1 + _AHEAD]:
                shared = min(end, stop) - later
                if shared > max(OVERLAP, OVERLAP * min(end - begin, stop - later)):
                    first, second = sorted((number, other))
                    pairs.append((utterances[first].utterance, utterances[second].utterance))
    return pairs


def describe_same(same: Same, utterances: Mapping[str, Utterance]) -> str:
    """Return both names, in what they are the same, and in what they shouldn't differ.

    Args:
        same: two utterances.
        utterances: those of the corpus, by id.
    """
    first, second = utterances[same.first], utterances[same.second]
    facts: list[str] = [same.how]
    if first.label != second.label:
        facts.append(f"labels {first.label} and {second.label}")
    if first.speaker != second.speaker:
        facts.append(f"speakers {first.speaker or 'unknown'} and {second.speaker or 'unknown'}")
    return f"{first.utterance} and {second.utterance} ({'; '.join(facts)})"
