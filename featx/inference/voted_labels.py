"""The members of a finished vote on several labels, which vote on audio or stored features."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import torch

from featx.errors import FeatxError
from featx.inference.inputs import Recordings, StoredFeatures
from featx.inference.model import Model, Options
from featx.inference.predictions import PredictedUtterance, Predictions
from featx.inference.seats import member_run, member_seed
from featx.protocols.shares import split_labels
from featx.utils.config import Schema


class _Member(Schema, extra="ignore"):
    name: str
    files: tuple[Path, ...]


class _Vote(Schema, extra="ignore"):
    rule: str
    members: tuple[_Member, ...]


class LabelVoteScores(Schema, extra="ignore"):
    """What the scores of a vote on several labels say of how it was held."""

    labels: Mapping[str, object]
    vote: _Vote


@dataclass(frozen=True)
class VotedLabels(Model):
    """The members of a finished vote on several labels, from `featx.load`.

    Attributes:
        classes: the labels.
        rule: "soft" for the mean probability, "hard" for the share of members that predict a label.
        seats: the models of the members, each with the seed whose models vote, None for all.
    """

    classes: tuple[str, ...]
    rule: str
    seats: tuple[tuple[Model, int | None], ...]

    @property
    def several(self) -> bool:
        """Any number of its labels may fit an utterance."""
        return True

    @property
    def members(self) -> Sequence[Model]:
        """The models that vote."""
        return [model for model, _ in self.seats]

    def _predict(self, given: Recordings | StoredFeatures, options: Options) -> Predictions:
        if options.encoders and len(self.seats) > 1:
            raise FeatxError(
                "`encoder` can't be given for a vote, whose members may have several encoders. Put "
                "the checkpoint folder where the members' runs find it by its name."
            )
        said = []
        for model, seed in self.seats:
            if seed is not None and options.seed not in (None, seed):
                raise FeatxError("`seed`: in this vote seeds are members; leave it out.")
            own = options if seed is None else replace(options, seed=seed)
            said.append(model._predict(given, own))
        rows = [{row.utterance: row for row in each.rows} for each in said]
        names = [name for name in rows[0] if all(name in own for own in rows)]
        failures = {name: why for each in said for name, why in each.failures.items()}
        if not names:
            first = next(iter(failures.values()))
            raise FeatxError(f"No utterance can be used by all members; the first: {first}")
        shares = np.mean([[self._say(own[name]) for name in names] for own in rows], 0)
        return self.answers(names, torch.from_numpy(shares), failures)

    def _say(self, row: PredictedUtterance) -> list[float]:
        """Return what a member says of each label of an utterance."""
        if self.rule == "soft":
            return [row.probabilities[name] for name in self.classes]
        chosen = split_labels(row.label)
        return [float(name in chosen) for name in self.classes]


def load_label_vote(
    folder: Path, scores: LabelVoteScores, load: Callable[[Path], Model]
) -> VotedLabels:
    """Load the members of a finished vote on several labels.

    Args:
        folder: the vote's run folder.
        scores: what its scores say of it.
        load: loads a run.

    Raises:
        FeatxError: if a member is not here, has no models, or predicts something else.
    """
    labels, load_once, seats = tuple(scores.labels), cache(load), []
    for member in scores.vote.members:
        model = load_once(member_run(folder, member.name, member.files))
        if set(model.classes) != set(labels) or not model.several:
            raise FeatxError(
                f"{folder}: its member {member.name} predicts other labels than the vote: it was "
                "trained again since. Vote again with `overwrite`."
            )
        seats.append((model, member_seed(member.name)))
    return VotedLabels(labels, scores.vote.rule, tuple(seats))
