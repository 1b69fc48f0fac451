"""Random numbers that follow from what they are drawn for, and from nothing else."""

import hashlib

import numpy as np

Version = tuple[int, ...]
"""Which change of an utterance: the number of a copy, or the seed and epoch of a training."""


def generator_for(seed: int, utterance: str, version: Version, purpose: str) -> np.random.Generator:
    """Return numbers that are the same wherever and in whatever order they are drawn.

    Args:
        seed: the seed of the augmentation.
        utterance: the utterance's id.
        version: which change of it.
        purpose: what they are drawn for; others get other numbers.
    """
    known = "\n".join([str(seed), *map(str, version), purpose, utterance])
    digest = hashlib.blake2b(known.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "little")))
