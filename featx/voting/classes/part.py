"""What systems predict of the validation or test part, utterance by utterance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from featx.voting.classes.rules import Votes
from featx.voting.voters import Key

Fold = str | None
"""The name of a fold, empty if unknown; None stands for all folds together."""


@dataclass(frozen=True)
class Part:
    """The validation or test part, utterances in one order whatever that of the files.

    Attributes:
        keys: fold, empty if nobody tells it, and utterance.
        labels: (utterances,) class indices.
        votes: one a seed.
    """

    keys: Sequence[Key]
    labels: np.ndarray
    votes: Sequence[Votes]

    @property
    def folds(self) -> list[str]:
        """The folds in their order."""
        return list(dict.fromkeys(fold for fold, _ in self.keys))

    def places(self, fold: Fold) -> np.ndarray:
        """Return where the utterances of a fold are."""
        return np.array(
            [place for place, (own, _) in enumerate(self.keys) if fold in (None, own)],
            dtype=np.intp,
        )

    def of(self, fold: Fold) -> "Part":
        """Return the part of a fold."""
        return self if fold is None else self.at(self.places(fold))

    def at(self, places: np.ndarray) -> "Part":
        """Return some of the utterances, given by their places."""
        return Part(
            [self.keys[place] for place in places],
            self.labels[places],
            [votes.at(places) for votes in self.votes],
        )
