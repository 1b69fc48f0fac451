"""The members of a finished vote on several labels, which vote on audio or stored features."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from featx.inference.model import Model
from featx.inference.predictions import PredictedUtterance, Predictions
from featx.inference.seats import Member, Seat
from featx.inference.voted_model import Rows, VotedModel
from featx.protocols.shares import split_labels
from featx.utils.config import Schema


class _Vote(Schema, extra="ignore"):
    rule: str
    members: tuple[Member, ...]


@dataclass(frozen=True, kw_only=True)
class VotedLabels(VotedModel):
    """The members of a finished vote on several labels, from `featx.load`.

    Attributes:
        rule: "soft" for the mean probability, "hard" for the share of members that predict a label.
    """

    rule: str

    @property
    def several(self) -> bool:
        """Any number of its labels may fit an utterance."""
        return True

    def _decide(
        self, names: Sequence[str], rows: Sequence[Rows], failures: Mapping[str, str]
    ) -> Predictions:
        shares = np.mean([[self._say(own[name]) for name in names] for own in rows], 0)
        return self.answers(names, torch.from_numpy(shares), failures)

    def _say(self, row: PredictedUtterance) -> list[float]:
        """Return what a member says of each label of an utterance."""
        if self.rule == "soft":
            return [row.probabilities[name] for name in self.classes]
        chosen = split_labels(row.label)
        return [float(name in chosen) for name in self.classes]


class LabelVoteScores(Schema, extra="ignore"):
    """What the scores of a vote on several labels say of how it was held."""

    labels: Mapping[str, object]
    vote: _Vote

    def to_model(self, folder: Path, load: Callable[[Path], Model]) -> VotedLabels:
        """Load the members of the vote.

        Args:
            folder: the vote's run folder.
            load: loads a run.

        Raises:
            FeatxError: if a member is not here, has no models, or predicts something else.
        """
        labels, seats = tuple(self.labels), []
        for member in self.vote.members:
            model = load(member.run(folder))
            if set(model.classes) != set(labels) or not model.several:
                raise member.trained_again(folder, "predicts other labels")
            seats.append(Seat(model, member.seed))
        return VotedLabels(classes=labels, seats=tuple(seats), rule=self.vote.rule)
