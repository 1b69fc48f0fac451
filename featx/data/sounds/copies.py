"""Which sounds are near copies of each other, by their fingerprints.

An index of all frames finds the pairs that share some, and where; only these are compared in full.
So the work grows with the number of sounds, not with that of pairs.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from featx.data.sounds.fingerprint import BITS, HEARD, unpack

MOST_BITS = 0.14  # the share of bits in which near copies may differ; see docs/duplicates.md
LEAST_FRAMES = 24  # heard in both; with fewer, 0.6 s of sound, bits can agree by chance
LEAST_SHARE = 0.5  # of the frames heard in the shorter sound that must be in the other
_NEIGHBOURS = 8  # with which a frame is paired among equal ones, so that no crowd is all pairs
_HITS = 2  # equal frames at one place before a pair is compared


class Copy(NamedTuple):
    """Two sounds that are near copies.

    Attributes:
        first: the place of the first.
        second: the place of the other, which is higher.
        differing: the share of bits that differ where both are heard.
    """

    first: int
    second: int
    differing: float


def find_copies(fingerprints: Sequence[bytes]) -> list[Copy]:
    """Find near copies.

    Of many copies of one sound not all pairs are named, but each copy is with another.

    Args:
        fingerprints: of the sounds; empty ones are like no other.
    """
    sounds = [unpack(fingerprint) for fingerprint in fingerprints]
    copies = []
    for (first, second), shifts in sorted(_candidates(sounds).items()):
        differing = min(_differing(sounds[first], sounds[second], shift) for shift in shifts)
        if differing <= MOST_BITS:
            copies.append(Copy(first, second, differing))
    return copies


def _candidates(sounds: Sequence[np.ndarray]) -> Mapping[tuple[int, int], range]:
    """Return by how many steps the second of two sounds may lie after the first, by their places.

    The pairs are those of which frames are equal at one such shift or the next.
    """
    hits = _hits(sounds)
    if not len(hits):
        return {}
    found, counts = np.unique(hits, axis=0, return_counts=True)
    follows = (found[1:, :2] == found[:-1, :2]).all(axis=1) & (found[1:, 2] == found[:-1, 2] + 1)
    votes = counts.copy()
    votes[1:] += np.where(follows, counts[:-1], 0)
    enough = votes >= _HITS
    found, votes = found[enough], votes[enough]
    best: dict[tuple[int, int], range] = {}
    for first, second, shift in found[np.argsort(votes, kind="stable")].tolist():
        best[first, second] = range(shift - 1, shift + 2)
    return best


def _hits(sounds: Sequence[np.ndarray]) -> np.ndarray:
    """Return (hits, 3): the places of two sounds and their shift, for each frame they share."""
    owners = np.repeat(np.arange(len(sounds)), [len(sound) for sound in sounds])
    steps = np.concatenate([np.arange(len(sound)) for sound in sounds] or [owners])
    words = np.concatenate([*sounds, np.zeros(0, np.uint32)])
    heard = (words & HEARD) > 0
    keys = (words[heard] & ~HEARD).astype(np.uint64) << np.uint64(32)
    keys |= owners[heard].astype(np.uint64)
    keys, places = np.unique(keys, return_index=True)  # by frame, then by sound
    owners, steps = owners[heard][places], steps[heard][places]
    frames, pairs = keys >> np.uint64(32), []
    for distance in range(1, _NEIGHBOURS + 1):
        (equal,) = np.nonzero(frames[distance:] == frames[:-distance])
        if not len(equal):
            break
        other = equal + distance
        pairs.append(np.stack([owners[equal], owners[other], steps[other] - steps[equal]], 1))
    return np.concatenate(pairs) if pairs else np.zeros((0, 3), dtype=np.int64)


def _differing(first: np.ndarray, second: np.ndarray, shift: int) -> float:
    """Return the share of bits that differ where both sounds are heard; 1 if that is too little."""
    begin, end = max(0, -shift), min(len(first), len(second) - shift)
    both = first[begin:end] & second[begin + shift : end + shift] & HEARD
    frames = np.count_nonzero(both)
    shorter = min(np.count_nonzero(first & HEARD), np.count_nonzero(second & HEARD))
    if frames < max(LEAST_FRAMES, LEAST_SHARE * shorter):
        return 1.0
    differ = (first[begin:end] ^ second[begin + shift : end + shift])[both > 0]
    return float(np.bitwise_count(differ).sum() / (BITS * frames))
