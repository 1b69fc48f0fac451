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
    longest = max(map(len, sounds), default=0)
    span = 2 * longest + 2  # of shifts, with a gap, so that one pair's last is not next to another
    hits, counts = np.unique(_hits(sounds, span), return_counts=True)
    votes = counts.copy()
    votes[1:] += np.where(hits[1:] == hits[:-1] + 1, counts[:-1], 0)
    enough = votes >= _HITS
    hits, votes = hits[enough], votes[enough]
    hits = hits[np.argsort(votes, kind="stable")]  # the best shift of a pair comes last
    pairs, shifts = hits // span, hits % span - longest
    best: dict[tuple[int, int], range] = {}
    for pair, shift in zip(pairs.tolist(), shifts.tolist(), strict=True):
        best[divmod(pair, len(sounds))] = range(shift - 1, shift + 2)
    return best


def _hits(sounds: Sequence[np.ndarray], span: int) -> np.ndarray:
    """Return for each frame that two sounds share, which sounds, and their shift.

    Returns:
        (hits,) int64: (first · sounds + second) · span + shift + span / 2 - 1, which is one number
        as such are sorted a hundred times as fast as rows.
    """
    lengths = [len(sound) for sound in sounds]
    owners = np.repeat(np.arange(len(sounds)), lengths)
    steps = np.arange(sum(lengths)) - np.repeat(np.cumsum([0, *lengths])[:-1], lengths)
    words = np.concatenate([*sounds, np.zeros(0, np.uint32)])
    heard = (words & HEARD) > 0
    keys = (words[heard] & ~HEARD).astype(np.uint64) << np.uint64(32)
    keys |= owners[heard].astype(np.uint64)
    keys, places = np.unique(keys, return_index=True)  # by frame, then by sound
    owners, steps = owners[heard][places], steps[heard][places]
    frames, hits = keys >> np.uint64(32), [np.zeros(0, dtype=np.int64)]
    for distance in range(1, _NEIGHBOURS + 1):
        (equal,) = np.nonzero(frames[distance:] == frames[:-distance])
        other = equal + distance
        pairs = owners[equal] * len(sounds) + owners[other]
        hits.append(pairs * span + steps[other] - steps[equal] + span // 2 - 1)
    return np.concatenate(hits)


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
