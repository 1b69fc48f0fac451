"""What is to be learned: utterances, their classes, and how they are divided."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from featx.data.labels import order_labels
from featx.data.manifest import Manifest, Utterance
from featx.errors import FeatxError
from featx.protocols.apply import notes
from featx.protocols.folds import Fold, make_folds, shares_speakers
from featx.protocols.protocol import Protocol
from featx.utils.text import counted


@dataclass(frozen=True)
class Task:
    """A corpus under a protocol.

    Attributes:
        utterances: those that the protocol is about.
        folds: how the utterances are divided.
        classes: the labels in their order.
        notes: what the protocol left out, and what is missing.
        speakers_shared: whether training and test of a fold share speakers.
    """

    utterances: tuple[Utterance, ...]
    folds: tuple[Fold, ...]
    classes: tuple[str, ...]
    notes: tuple[str, ...]
    speakers_shared: bool

    def describe(self, protocol: Protocol, seeds: int) -> str:
        """Return protocol, whether speakers are apart, and seeds, as titles of runs have them."""
        speakers = "speaker-dependent" if self.speakers_shared else "speaker-independent"
        return f"{protocol.name or protocol.title}, {speakers}, {counted(seeds, 'seed')}"

    def labels(self, utterances: Sequence[Utterance]) -> np.ndarray:
        """Return class indices."""
        index = {label: number for number, label in enumerate(self.classes)}
        return np.array([index[utterance.label] for utterance in utterances], dtype=np.int64)


def set_task(
    whole: Manifest, kept: tuple[Utterance, ...], protocol: Protocol, remarks: Sequence[str] = ()
) -> Task:
    """Divide the utterances of a corpus.

    Args:
        whole: the corpus, before the protocol is applied.
        kept: the utterances that are used, under the protocol's labels.
        protocol: how they are divided.
        remarks: what else was left out.

    Raises:
        FeatxError: if they can't be divided so, or have all one label.
    """
    folds = make_folds(Manifest(whole.path, kept), protocol.division)
    classes = tuple(order_labels(u.label for u in kept))
    if len(classes) < 2:
        raise FeatxError(
            f"{whole.path}: all {len(kept)} utterances are {classes[0]}; a head needs two labels."
        )
    said = (*notes(whole, protocol), *remarks)
    return Task(kept, folds, classes, said, any(map(shares_speakers, folds)))
