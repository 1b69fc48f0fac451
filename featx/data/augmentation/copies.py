"""Changed copies of utterances, which have ids of their own: ID~1, ID~2, ..."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from featx.data.audio import Waveform
from featx.data.augmentation.augment import Augmenter
from featx.data.manifest import Utterance

_MARK = "~"  # stands between an utterance's id and the number of a copy


@dataclass(frozen=True)
class Copies:
    """How copies are made.

    Attributes:
        augmenter: what changes them.
        number: how many each utterance has.
    """

    augmenter: Augmenter
    number: int

    def of(self, utterances: Iterable[Utterance]) -> list[Utterance]:
        """Return the copies of utterances, those of each after each other."""
        return [
            replace(utterance, utterance=name)
            for utterance in utterances
            for name in self.names(utterance.utterance)
        ]

    def names(self, utterance: str) -> list[str]:
        """Return the ids of the copies of an utterance."""
        return [copy_name(utterance, copy) for copy in range(1, self.number + 1)]

    def change(self, waveform: Waveform, copy: str) -> Waveform:
        """Return the copy of such an id, of an utterance's waveform."""
        utterance, number = _apart(copy)
        return self.augmenter.change(waveform, utterance, (number,)).waveform

    def length(self, samples: int, copy: str) -> int:
        """Return the samples of the copy of such an id, of an utterance of so many samples."""
        utterance, number = _apart(copy)
        return self.augmenter.length(samples, utterance, (number,))


def copy_name(utterance: str, number: int) -> str:
    """Return the id of a copy of an utterance; the first has the number 1."""
    return f"{utterance}{_MARK}{number}"


def digest_copy(source: int, copy: str) -> int:
    """Return a digest of what a copy is made from, by which no two copies are the same audio.

    Args:
        source: the digest of the utterance's audio, from `digest_part`, whose lowest bit says of
            which kind it is.
        copy: the id of the copy, on which its changes depend.
    """
    digest = hashlib.blake2b(f"{source} {copy}".encode("utf-8", "surrogatepass"), digest_size=8)
    return (int.from_bytes(digest.digest(), "little") & ~1 or 2) | (source & 1)


def _apart(copy: str) -> tuple[str, int]:
    utterance, _, number = copy.rpartition(_MARK)
    return utterance, int(number)
