"""Stored features as a dataset of PyTorch, for heads of one's own."""

import copy
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import Dataset

from cache import FeatureStore
from classifiers.statistics import Statistics, add_up, statistics_of
from featx.data.label_order import order_labels
from featx.data.manifest import Manifest
from featx.errors import FeatxError
from featx.fitting.datasets.labelled import open_labelled
from featx.fitting.inputs.moments import find_moments
from featx.fitting.inputs.selection import Selection
from featx.utils.arguments import checked


class Example(NamedTuple):
    """An utterance.

    Attributes:
        features: (layers, frames, dim) float32.
        target: the index of its label in `classes`.
        speaker: who speaks, empty if unknown.
        utterance: its id.
    """

    features: Tensor
    target: int
    speaker: str
    utterance: str


class ExampleBatch(NamedTuple):
    """Utterances of different lengths, padded to the longest.

    Attributes:
        features: (utterances, layers, frames, dim) float32, zero where padded.
        mask: (utterances, frames) bool, true where a frame is the utterance's own.
        targets: (utterances,) int64, the index of each label in `classes`.
        speakers: who speaks each.
        utterances: their ids.
    """

    features: Tensor
    mask: Tensor
    targets: Tensor
    speakers: list[str]
    utterances: list[str]


class FeatureDataset(Dataset[Example]):
    """The stored features of a manifest's utterances, as a dataset of PyTorch.

    Each process that reads opens the store for itself, when it first reads: workers of a
    `DataLoader` share no file, whether they are forked or spawned. What is read is a copy of its
    own in float32.

    Example:
        >>> from torch.utils.data import DataLoader
        >>> dataset = featx.FeatureDataset("features/manifest/encoder")
        >>> loader = DataLoader(dataset, batch_size=4, collate_fn=dataset.collate)
        >>> batch = next(iter(loader))
        >>> batch.features.shape[:2], batch.mask.dtype, batch.targets.tolist()
        (torch.Size([4, 3]), torch.bool, [...])

    Attributes:
        classes: the labels in the order of their indices: the customary one, as in runs.
        targets: the index of each utterance's label in `classes`.
        groups: the speaker of each utterance, empty where unknown: what a division must not part.
        utterances: the id of each utterance.
        layers: the names of the chosen layers.
    """

    @checked
    def __init__(
        self,
        features: str | Path | FeatureStore | None = None,
        manifest: str | Path | Manifest = "manifest.csv",
        *,
        layers: str | int | Sequence[int] = "all",
        normalize: Literal["none", "speaker"] = "none",
    ) -> None:
        """Open a store and check that it has features of every utterance.

        Args:
            features: the store or its folder; by default the only one of the manifest.
            manifest: the CSV with the labels, or a manifest that is loaded already.
            layers: which layers of an encoder, as for `featx.fit`.
            normalize: "speaker" standardises each speaker by the mean and deviation over all
                frames of this speaker's utterances in the manifest. To standardise by training
                utterances, see `standardized`.

        Raises:
            FeatxError: if the manifest or store can't be used, utterances have no features, or a
                speaker is unknown or has a single frame and features are standardised by speaker.
        """
        labelled = open_labelled(features, manifest, layers)
        self.utterances = labelled.names
        self.groups = [utterance.speaker for utterance in labelled.utterances]
        labels = [utterance.label for utterance in labelled.utterances]
        self.classes = order_labels(labels)
        self.targets = [self.classes.index(label) for label in labels]
        self.layers = labelled.selection.layers
        self._folder = labelled.store.folder.resolve()
        self._rows = labelled.selection.rows
        self._aliases = labelled.store.aliases
        self._statistics: Statistics | None = None
        self._owners = [0] * len(self.utterances)
        self._opened: tuple[int, Selection] | None = None
        if normalize == "speaker":
            self._standardize_speakers(labelled.selection)

    def __len__(self) -> int:
        return len(self.utterances)

    def __getitem__(self, index: int) -> Example:
        name = self.utterances[index]
        features = self._selection().read(name).float().clone()
        if self._statistics is not None:
            owner = self._owners[index]
            features -= self._statistics.mean[owner][:, None]
            features /= self._statistics.deviation[owner][:, None]
        return Example(features, self.targets[index], self.groups[index], name)

    def standardized(self, indices: Sequence[int]) -> "FeatureDataset":
        """Return the same dataset, standardised by some of its utterances.

        Args:
            indices: the training utterances of a division. The mean and deviation over all of
                their frames, of each layer and feature, standardise all utterances.

        Raises:
            FeatxError: if there is no utterance.
        """
        names = [self.utterances[index] for index in indices]
        if not names:
            raise FeatxError("`indices=[]`: give the utterances to standardise by.")
        moments = find_moments(self._selection(), names, keep=True)
        other = copy.copy(self)
        other._statistics = statistics_of([add_up(moments.values())])
        other._owners = [0] * len(self)
        return other

    @staticmethod
    def collate(examples: Sequence[Example]) -> ExampleBatch:
        """Pad utterances to the longest: what a `DataLoader` takes as `collate_fn`."""
        features, targets, speakers, names = zip(*examples, strict=True)
        by_frame = [values.transpose(0, 1) for values in features]
        padded = pad_sequence(by_frame, batch_first=True).transpose(1, 2)
        lengths = torch.tensor([len(values) for values in by_frame])
        mask = torch.arange(padded.shape[2]) < lengths[:, None]
        return ExampleBatch(padded, mask, torch.tensor(targets), list(speakers), list(names))

    def __getstate__(self) -> dict[str, object]:
        return {**vars(self), "_opened": None}  # a mapped file does not go to another process

    def _selection(self) -> Selection:
        """Return the chosen layers of the store, opened by this process."""
        if self._opened is None or self._opened[0] != os.getpid():
            store = FeatureStore(self._folder)
            store.adopt(self._aliases)
            selection = Selection(store, self._rows, float("inf"), torch.device("cpu"))
            self._opened = os.getpid(), selection
        return self._opened[1]

    def _standardize_speakers(self, selection: Selection) -> None:
        if "" in self.groups:
            unknown = self.utterances[self.groups.index("")]
            raise FeatxError(
                f"`normalize='speaker'`: the speaker of {unknown} is unknown. Fill in the "
                "manifest's column speaker."
            )
        moments = find_moments(selection, self.utterances, keep=True)
        speakers = sorted(set(self.groups))
        self._owners = [speakers.index(speaker) for speaker in self.groups]
        spoken = [
            add_up(
                moments[name]
                for name, speaker in zip(self.utterances, self.groups, strict=True)
                if speaker == own
            )
            for own in speakers
        ]
        for speaker, own in zip(speakers, spoken, strict=True):
            if own.frames == 1:
                raise FeatxError(
                    f"`normalize='speaker'`: speaker {speaker} has a single frame, which has no "
                    "deviation."
                )
        self._statistics = statistics_of(spoken)
