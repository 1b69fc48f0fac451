"""The trained heads of a finished fit, read back to be applied to features."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from cache import FeatureIdentity, FeatureStore
from classifiers.batch import Branch, Examples, Features, InMemory
from classifiers.cores import Crew
from classifiers.head import Head
from classifiers.heads import HeadSettings, build_head
from classifiers.linear import LinearHead
from classifiers.shape import InputShape
from classifiers.statistics import Statistics, add_up, statistics_of
from classifiers.training import predict, seeded
from featx.errors import FeatxError
from featx.fitting.member import split_statistics
from featx.fitting.moments import as_two_frames
from featx.fitting.selection import Selection, Stored
from featx.runs.files import DESCRIPTION, WEIGHTS
from featx.runs.read import damaged
from featx.scoring.calibration import cool
from featx.utils.config import Schema

CPU = torch.device("cpu")


class HeadInput(Schema):
    """The features of one store, as a head takes them.

    Attributes:
        layers: the names of the chosen layers, in order.
        dim: features a frame.
        step: seconds from one frame to the next; 0 for one frame an utterance.
        features: the identity of the store that the heads were trained on.
    """

    layers: tuple[str, ...]
    dim: int
    step: float
    features: FeatureIdentity

    @property
    def shape(self) -> InputShape:
        """What a head is built for."""
        return InputShape(len(self.layers), self.dim, self.step)

    @property
    def encoder(self) -> str:
        """The name of the encoder or of the acoustic features."""
        return self.features.encoder


class _MemberEntry(Schema):
    """A head's place in the file of weights."""

    prefix: str
    seed: int
    fold: int
    best_epoch: int


class _Description(Schema):
    """What `model.json` holds."""

    head: HeadSettings
    normalize: str
    classes: tuple[str, ...]
    inputs: tuple[HeadInput, ...]
    members: tuple[_MemberEntry, ...]


@dataclass(frozen=True)
class FittedHead:
    """One trained head: a seed on a fold.

    Attributes:
        seed: the random seed of its initial weights, order and dropout.
        fold: number of the fold that it was trained on.
        head: the network, in evaluation mode.
        statistics: what each store's features are standardised by; None where that does not
            belong to the head.
        temperature: what its logits are divided by.
    """

    seed: int
    fold: int
    head: Head
    statistics: tuple[Statistics | None, ...]
    temperature: float = 1.0


@dataclass(frozen=True)
class FittedHeads:
    """The heads of a finished fit, and what they take.

    Attributes:
        classes: names of the class indices.
        normalize: "global", "speaker" or "none".
        inputs: the features of each store.
        seconds: how much of each utterance's beginning is used; infinite for all of it.
        average_frames: how many neighbouring frames are averaged.
        members: one head for each seed and fold.
    """

    classes: tuple[str, ...]
    normalize: str
    inputs: tuple[HeadInput, ...]
    seconds: float
    average_frames: int
    members: tuple[FittedHead, ...]

    def only(self, wanted: Callable[[int, int], bool]) -> "FittedHeads":
        """Return those heads whose seed and fold are wanted."""
        chosen = tuple(m for m in self.members if wanted(m.seed, m.fold))
        return replace(self, members=chosen)

    def calibrated(self, temperatures: Mapping[tuple[int, int], float]) -> "FittedHeads":
        """Return the heads with a temperature each, by seed and fold."""
        members = (replace(m, temperature=temperatures[m.seed, m.fold]) for m in self.members)
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
        return Selection(store, rows, self.seconds, CPU, self.average_frames)

    def member_probabilities(
        self,
        member: FittedHead,
        selections: Sequence[Selection],
        utterances: Sequence[str],
        speakers: Sequence[str],
    ) -> Tensor:
        """Return the class probabilities that one head gives, (utterances, classes) float32.

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
    ) -> "list[_Groups]":
        if self.normalize != "speaker":
            return []
        return [_measure_speakers(selection, utterances, speakers) for selection in selections]

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
        groups: "Sequence[_Groups]",
        count: int,
    ) -> Tensor:
        with Crew(torch.get_num_threads()) as cores:
            given = predict(member.head, _examples(member, features, groups, count), cores)
        return torch.from_numpy(cool(given.numpy(), member.temperature))


def _examples(
    member: FittedHead, features: Sequence[Features], groups: "Sequence[_Groups]", count: int
) -> Examples:
    if groups:
        branches = [
            Branch(stored, group.statistics, group.owners)
            for stored, group in zip(features, groups, strict=True)
        ]
    else:
        branches = list(map(Branch, features, member.statistics))
    return Examples(branches, np.zeros(count, np.int64))  # labels, which nothing here asks for


def read_heads(folder: Path, seconds: float) -> FittedHeads:
    """Read the heads that a fit left in its run folder.

    Args:
        folder: the run's folder.
        seconds: how much of each utterance's beginning the heads heard, from the run's config.

    Raises:
        FeatxError: if a file is missing or damaged.
    """
    path = folder / DESCRIPTION
    try:
        text = path.read_bytes()
        described = _Description.model_validate_json(text)
        weights = load((folder / WEIGHTS).read_bytes())
        members = tuple(_build(described, entry, weights) for entry in described.members)
    except (OSError, ValidationError, SafetensorError, RuntimeError, KeyError) as error:
        raise damaged(path, f"its heads can't be read: {error}") from error
    return FittedHeads(
        classes=described.classes,
        normalize=described.normalize,
        inputs=described.inputs,
        seconds=seconds,
        average_frames=described.head.average_frames,
        members=members,
    )


def _build(
    described: _Description, entry: _MemberEntry, weights: Mapping[str, Tensor]
) -> FittedHead:
    shapes = [given.shape for given in described.inputs]
    own = {
        name.removeprefix(entry.prefix): value
        for name, value in weights.items()
        if name.startswith(entry.prefix)
    }
    trained, statistics = split_statistics(own, len(shapes))
    head = seeded(lambda: build_head(described.head, shapes, len(described.classes)), entry.seed)
    head.load_state_dict(trained)
    return FittedHead(entry.seed, entry.fold, head.eval().requires_grad_(False), statistics)


@dataclass(frozen=True)
class _Groups:
    """What utterances are standardised by where that is each speaker's own.

    Attributes:
        statistics: the statistics of each speaker.
        owners: (utterances,) int64, the speaker of each utterance.
    """

    statistics: Statistics
    owners: Tensor


def _measure_speakers(
    selection: Selection, utterances: Sequence[str], speakers: Sequence[str]
) -> _Groups:
    """Return each speaker's mean and deviation over all frames of the utterances.

    Raises:
        FeatxError: if a speaker has a single frame.
    """
    spoken: dict[str, list[str]] = {}
    for utterance, speaker in sorted(zip(utterances, speakers, strict=True)):
        spoken.setdefault(speaker, []).append(utterance)
    names = sorted(spoken)
    moments = [add_up(map(selection.measure, spoken[name])) for name in names]
    single = [name for name, own in zip(names, moments, strict=True) if own.frames == 1]
    if single:
        raise FeatxError(
            f"The heads standardise features by speaker, and the utterances of speaker "
            f"{single[0]!r} have a single frame, which has no deviation. Give more utterances of "
            "each speaker."
        )
    owners = torch.tensor([names.index(speaker) for speaker in speakers])
    return _Groups(statistics_of(moments), owners)
