"""Utterances as a model takes them: prepared waveforms, batches, and their order."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler
from transformers.trainer_pt_utils import get_length_grouped_indices

from classifiers.sampling import draw_order
from featx.data.audio import SAMPLE_RATE, AudioError, Waveform, count_samples, read_audio
from featx.data.manifest import Utterance
from featx.errors import FeatxError
from featx.features.encoders.families import prepare_waveform
from featx.utils.progress import progress
from featx.utils.text import first_lines

SHOWN = 20  # problems
Example = dict[str, Any]


class Waveforms(Dataset[Example]):
    """Utterances with their labels, read when asked for.

    Args:
        utterances: the utterances in their order.
        labels: what is to be learned of each, such as (utterances,) class indices.
        extractor: transformers', normalises a waveform where the checkpoint's does.
        seconds: how much of the beginning of each utterance is used; infinite for all of it.

    Attributes:
        labels: the same.
        samples: how many samples each utterance has.
    """

    def __init__(
        self,
        utterances: Sequence[Utterance],
        labels: np.ndarray,
        extractor: Any,
        seconds: float = math.inf,
    ) -> None:
        self.utterances, self.labels, self._extractor = utterances, labels, extractor
        self._limit = None if math.isinf(seconds) else max(1, round(seconds * SAMPLE_RATE))
        lengths = [count_samples(u.path, u.start, u.end) for u in utterances]
        self.samples = [min(n, self._limit or n) for n in lengths]

    def __len__(self) -> int:
        return len(self.utterances)

    def longest_first(self) -> list[int]:
        """Return indices by length, so that batches in this order have little padding."""
        return sorted(range(len(self)), key=lambda index: -self.samples[index])

    def __getitem__(self, index: int) -> Example:
        """Return `waveform` (samples,) float32 at 16 kHz and `label`."""
        return self.prepare(self.read(index), index)

    def read(self, index: int) -> Waveform:
        """Return the used part of an utterance as it was recorded."""
        utterance = self.utterances[index]
        waveform = read_audio(utterance.path, utterance.start, utterance.end, utterance.scale)
        return waveform[: self._limit]

    def prepare(self, waveform: Waveform, index: int) -> Example:
        """Return an utterance as an example; of a waveform that is longer, its used part."""
        prepared = prepare_waveform(self._extractor, waveform[: self._limit])
        return {"waveform": prepared, "label": self.labels[index]}


def collate(examples: Sequence[Example]) -> dict[str, Tensor | list[int]]:
    """Make a batch, padded to its longest utterance: what `EmotionModel.forward` takes."""
    waveforms = [torch.from_numpy(example["waveform"]) for example in examples]
    return {
        "waveforms": torch.nn.utils.rnn.pad_sequence(waveforms, batch_first=True),
        "samples": [len(waveform) for waveform in waveforms],
        "labels": torch.from_numpy(np.stack([example["label"] for example in examples])),
    }


class Order(Sampler[int]):
    """A new random order each epoch, the same whenever that epoch is begun again.

    Args:
        samples: how many samples each utterance has.
        batch: how many utterances of similar length make a step; None for any order.
        seed: decides all orders.
        classes: (utterances,) the class of each where classes take turns, as in `draw_order`; by
            default every utterance comes once.

    Attributes:
        epoch: number of the epoch whose order comes next.
    """

    def __init__(
        self,
        samples: Sequence[int],
        batch: int | None,
        seed: int,
        classes: np.ndarray | None = None,
    ) -> None:
        self._samples, self._batch, self._seed = list(samples), batch, seed
        self._classes = classes
        self.epoch = 0

    def __len__(self) -> int:
        return len(self._samples)

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self._seed * 1_000_003 + self.epoch)
        drawn = list(range(len(self)))
        if self._classes is not None:
            drawn = draw_order("balanced", self._classes, len(self), generator)
        elif self._batch is None:
            drawn = torch.randperm(len(self), generator=generator).tolist()
        if self._batch is None:
            return iter(drawn)
        # sorted within large random groups; the longest utterance comes first, to fail early
        lengths = [self._samples[index] for index in drawn]
        places = get_length_grouped_indices(lengths, self._batch, generator=generator)
        grouped = [drawn[place] for place in places]
        first, *steps = [grouped[n : n + self._batch] for n in range(0, len(self), self._batch)]
        last = [steps.pop()] if steps and len(steps[-1]) < self._batch else []
        shuffled = [steps[n] for n in torch.randperm(len(steps), generator=generator).tolist()]
        return iter([int(index) for step in [first, *shuffled, *last] for index in step])


def check_decodable(utterances: Sequence[Utterance]) -> None:
    """Decode everything once, so that no file stops a training that has run for hours.

    Raises:
        FeatxError: naming every utterance that can't be decoded.
    """
    problems = []
    with progress("Checking audio", len(utterances), "utterances") as advance:
        for utterance in utterances:
            try:
                read_audio(utterance.path, utterance.start, utterance.end, utterance.scale)
            except AudioError as error:
                problems.append(f"{utterance.utterance}: {error}")
            advance(1)
    _refuse(problems, len(utterances))


def check_usable(utterances: Sequence[Utterance], shortest: int, seconds: float = math.inf) -> None:
    """Look at every file's header before any work.

    Args:
        utterances: all that a run uses.
        shortest: how many samples the encoder needs for one frame.
        seconds: how much of the beginning of each utterance is used.

    Raises:
        FeatxError: if so few seconds give no frame, or naming every utterance that can't be
            read or is too short.
    """
    if seconds * SAMPLE_RATE < shortest:
        raise FeatxError(
            f"`seconds={seconds:g}`: the encoder needs {shortest} samples, "
            f"{shortest / SAMPLE_RATE:g} s, for one frame."
        )
    problems = []
    for utterance in utterances:
        try:
            samples = count_samples(utterance.path, utterance.start, utterance.end)
        except AudioError as error:
            problems.append(f"{utterance.utterance}: {error}")
            continue
        if samples < shortest:
            problems.append(
                f"{utterance.utterance}: {samples} samples, the encoder needs {shortest}"
            )
    _refuse(problems, len(utterances))


def _refuse(problems: Sequence[str], among: int) -> None:
    """Raise a FeatxError if there are problems."""
    if problems:
        shown = "\n".join(first_lines(problems, SHOWN))
        raise FeatxError(
            f"{len(problems)} of {among} utterances can't be used:\n{shown}\n"
            "Mend the files, or take their rows out of the manifest."
        )
