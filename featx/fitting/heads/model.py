"""The trained heads of a finished fit, applied to features."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from cache import FeatureStore
from classifiers.batch import Branch, Examples, Features, InMemory
from classifiers.cores import Crew
from classifiers.head import Head
from classifiers.linear import LinearHead
from classifiers.statistics import Statistics, as_two_frames
from classifiers.training import predict
from featx.errors import FeatxError
from featx.fitting.choices import OWN
from featx.fitting.heads.cooled import CooledHead
from featx.fitting.heads.groups import Groups, measure_groups
from featx.fitting.heads.inputs import HeadInput
from featx.fitting.inputs.selection import Selection, Stored

CPU = torch.device("cpu")


@dataclass(frozen=True)
class FittedHead:
    """One trained head: a seed on a fold.

    Attributes:
        seed: the random seed of its initial weights, order and dropout.
        fold: number of the fold that it was trained on; None if it was trained on all utterances.
        head: the network, in evaluation mode.
        statistics: what each store's features are standardised by; None where that does not
            belong to the head.
        temperatures: what its logits are divided by: one for all or, of several labels, one for
            each; empty for nothing.
    """

    seed: int
    fold: int | None
    head: Head
    statistics: tuple[Statistics | None, ...]
    temperatures: tuple[float, ...] = ()


@dataclass(frozen=True)
class FittedHeads:
    """The heads of a finished fit, and what they take.

    Attributes:
        classes: names of the class indices; none of a regression.
        normalize: "global", "speaker", "corpus" or "none"; utterances to predict are of one corpus.
        inputs: the features of each store.
        seconds: how much of each utterance's beginning is used; infinite for all of it.
        average_frames: how many neighbouring frames are averaged.
        members: those that predict: one head for each seed and fold or, of a run that has them,
            the final head of each seed.
        cross_validated: one head for each seed and fold, of a run that has final heads; they
            predict where they are asked for.
        dimensions: the columns of numbers that a regression predicts; none of classes.
        several: whether any number of classes may fit an utterance.
        priors: how frequent each class was in training; none if that is unknown.
    """

    classes: tuple[str, ...]
    normalize: str
    inputs: tuple[HeadInput, ...]
    seconds: float
    average_frames: int
    members: tuple[FittedHead, ...]
    cross_validated: tuple[FittedHead, ...] = ()
    dimensions: tuple[str, ...] = ()
    several: bool = False
    priors: tuple[float, ...] = ()

    @property
    def keys(self) -> list[tuple[int, int | None]]:
        """Seed and fold of every head; final heads have no fold."""
        return [(m.seed, m.fold) for m in (*self.members, *self.cross_validated)]

    def only(self, wanted: Callable[[int, int | None], bool]) -> "FittedHeads":
        """Return those heads whose seed and fold are wanted; final ones before all others."""
        groups = (self.members, self.cross_validated)
        chosen = (tuple(m for m in group if wanted(m.seed, m.fold)) for group in groups)
        return replace(self, members=next(filter(None, chosen), ()), cross_validated=())

    def calibrated(
        self, temperatures: Mapping[tuple[int, int | None], tuple[float, ...]]
    ) -> "FittedHeads":
        """Return the heads with temperatures, by seed and fold."""
        members = (replace(m, temperatures=temperatures[m.seed, m.fold]) for m in self.members)
        return replace(self, members=tuple(members))

    def select(self, stores: Sequence[FeatureStore]) -> tuple[Selection, ...]:
        """Choose the heads' layers of stores.

        Args:
            stores: a store for each of `inputs`, of features like those the heads were trained on.

        Raises:
            FeatxError: if a store lacks a layer.
        """
        return tuple(map(self._select, self.inputs, stores))

    def _select(self, wanted: HeadInput, store: FeatureStore) -> Selection:
        stored = store.layout.layers
        absent = [layer for layer in wanted.layers if layer not in stored]
        if absent:
            raise FeatxError(
                f"{store.folder}: the heads need layer {', '.join(absent)}, which is not in the "
                f"store. It has {', '.join(stored)}."
            )
        rows = tuple(stored.index(layer) for layer in wanted.layers)
        apart = isinstance(self.members[0].head, LinearHead)
        return Selection(store, rows, self.seconds, CPU, self.average_frames, apart)

    def member_probabilities(
        self,
        member: FittedHead,
        selections: Sequence[Selection],
        utterances: Sequence[str],
        speakers: Sequence[str],
    ) -> Tensor:
        """Return the class probabilities that one head gives, (utterances, classes) float32.

        Of a regression it is the numbers, (utterances, dimensions).

        Args:
            member: which head.
            selections: the features that `select` returned.
            utterances: ids of stored utterances.
            speakers: who speaks each of them; used where features are standardised by speaker.

        Raises:
            FeatxError: if a speaker has a single frame and features are standardised by speaker.
        """
        groups = self._groups(selections, utterances, speakers)
        return self._apply(member, self._read(selections, utterances), groups, len(utterances))

    def probabilities(
        self, selections: Sequence[Selection], utterances: Sequence[str], speakers: Sequence[str]
    ) -> Tensor:
        """Return the class probabilities averaged over all heads, (utterances, classes) float32.

        Arguments and errors are those of `member_probabilities`.
        """
        groups = self._groups(selections, utterances, speakers)
        features = self._read(selections, utterances)
        each = [self._apply(m, features, groups, len(utterances)) for m in self.members]
        return torch.stack(each).double().mean(0).float()

    def examples(
        self, selections: Sequence[Selection], utterances: Sequence[str], speakers: Sequence[str]
    ) -> list[Examples]:
        """Return all frames of utterances with what each head standardises them by.

        Arguments and errors are those of `member_probabilities`.

        Returns:
            Those of each of `members`. Their labels mean nothing.
        """
        groups = self._groups(selections, utterances, speakers)
        frames = [Stored(selection, utterances, keep=True) for selection in selections]
        return [_examples(member, frames, groups, len(utterances)) for member in self.members]

    def _groups(
        self, selections: Sequence[Selection], utterances: Sequence[str], speakers: Sequence[str]
    ) -> list[Groups]:
        if self.normalize not in OWN:
            return []
        if self.normalize == "corpus":
            speakers = [""] * len(utterances)
        return [measure_groups(selection, utterances, speakers) for selection in selections]

    def _read(self, selections: Sequence[Selection], utterances: Sequence[str]) -> list[Features]:
        """Return features of utterances; for linear heads their moments alone, as in training."""
        if not isinstance(self.members[0].head, LinearHead):
            return [Stored(selection, utterances, keep=True) for selection in selections]
        return [
            InMemory([as_two_frames(own.measure(name, own.frames)) for name in utterances])
            for own in selections
        ]

    def _apply(
        self,
        member: FittedHead,
        features: Sequence[Features],
        groups: Sequence[Groups],
        count: int,
    ) -> Tensor:
        heat = member.temperatures
        head = CooledHead(member.head, heat) if heat else member.head
        with Crew(torch.get_num_threads()) as cores:
            return predict(head, _examples(member, features, groups, count), cores)


def _examples(
    member: FittedHead, features: Sequence[Features], groups: Sequence[Groups], count: int
) -> Examples:
    if groups:
        branches = [
            Branch(stored, group.statistics, group.owners)
            for stored, group in zip(features, groups, strict=True)
        ]
    else:
        branches = list(map(Branch, features, member.statistics))
    return Examples(branches, np.zeros(count, np.int64))  # labels, which nothing here asks for
