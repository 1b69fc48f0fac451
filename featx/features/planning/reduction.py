"""Features made fewer before they are stored: pooled over time, or averaged to a lower rate."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from cache import FeatureIdentity
from featx.data.audio import SAMPLE_RATE
from featx.errors import FeatxError
from featx.features.choices import Dtype, Pool
from featx.features.config import ExtractConfig
from featx.features.planning.plan import ExtractionPlan, Shape
from featx.features.writing.work import Extractor, Outline, Work, Workers

Key = TypeVar("Key")


def pool_frames(features: np.ndarray, pool: Pool) -> np.ndarray:
    """Take the mean, and the population deviation, of each feature over an utterance's frames.

    They are added up in float64, as the moments are that linear heads and probes take.

    Args:
        features: (layers, frames, dim) float16 or float32.
        pool: "mean", or "mean+deviation" for the means and then the deviations.

    Returns:
        (layers, 1, dim) float32, twice as wide with the deviation.
    """
    from classifiers.statistics import measure  # with torch, which a plan does not need

    moments = measure(features)
    parts = [moments.mean]
    if pool == "mean+deviation":
        parts.append(np.sqrt(moments.squares / moments.frames))
    return np.concatenate(parts, 1)[:, None].astype(np.float32)


def average_frames(features: np.ndarray, count: int) -> np.ndarray:
    """Average neighbouring frames.

    Args:
        features: (layers, frames, dim).
        count: how many frames make an average, the last of fewer where they do not divide.

    Returns:
        (layers, frames / count rounded up, dim) float32.
    """
    layers, frames, dim = features.shape
    values, whole = features.astype(np.float32, copy=False), frames // count
    averages = np.empty((layers, math.ceil(frames / count), dim), np.float32)
    divided = values[:, : whole * count].reshape(layers, whole, count, dim)
    divided.mean(2, out=averages[:, :whole])
    if whole * count < frames:
        averages[:, whole] = values[:, whole * count :].mean(1)
    return averages


@dataclass(frozen=True)
class Reduction:
    """How an utterance's frames become fewer.

    Attributes:
        pool: what is kept of all of them; None if they are not pooled.
        count: how many neighbouring frames are averaged.
    """

    pool: Pool | None
    count: int = 1

    def apply(self, features: np.ndarray) -> np.ndarray:
        """Return what is kept of the features of an utterance, (layers, frames, dim) float32."""
        if self.pool:
            return pool_frames(features, self.pool)
        return average_frames(features, self.count)

    def identify(self, identity: FeatureIdentity) -> FeatureIdentity:
        """Return the identity of what is kept of features."""
        if self.pool:
            return replace(identity, pool=self.pool, frame_step=0.0)
        step = identity.frame_step * self.count
        return replace(identity, frames=round(1 / step), frame_step=step)


@dataclass(frozen=True)
class ReducedShape:
    """The shape of features that are kept in part: that of a model but for what is fewer.

    Attributes:
        whole: the shape of the model's features.
        reduction: what is kept of them.
    """

    whole: Shape
    reduction: Reduction

    @property
    def layers(self) -> Sequence[object]:
        """The names of all layers."""
        return self.whole.layers

    @property
    def dim(self) -> int:
        """Features a frame."""
        return self.whole.dim * (2 if self.reduction.pool == "mean+deviation" else 1)

    @property
    def blocks(self) -> int | None:
        """Transformer blocks of an encoder; None for acoustic features."""
        return getattr(self.whole, "blocks", None)

    @property
    def window(self) -> int | None:
        """The samples that the model sees at once, as `ExtractionPlan` has it."""
        return getattr(self.whole, "window", None)

    @property
    def short(self) -> bool:
        """Whether a window ends where the utterance does."""
        return getattr(self.whole, "short", False)

    @property
    def hop(self) -> int:
        """Samples from one frame to the next; 0 for one frame an utterance."""
        return 0 if self.reduction.pool else self.whole.hop * self.reduction.count

    def frames(self, samples: int) -> int:
        """Return the number of frames that are kept of so many samples; 0 if they are too few."""
        frames = self.whole.frames(samples)
        return min(frames, 1) if self.reduction.pool else math.ceil(frames / self.reduction.count)


@dataclass(frozen=True)
class ReducedWorkers:
    """Threads that compute features, and what is kept of these.

    Attributes:
        whole: the threads.
        reduction: what is kept.
    """

    whole: Workers
    reduction: Reduction

    @property
    def decoders(self) -> int:
        """How many threads must read audio to keep them busy."""
        return self.whole.decoders

    def encode(
        self, batches: Iterable[tuple[Key, Sequence[np.ndarray]]], dtype: str, alone: bool = False
    ) -> Iterator[tuple[Key, list[np.ndarray]]]:
        """Yield each batch's key and what is kept of its features, as `Workers.encode` does.

        They are computed in float32 and rounded at last, not before they are added up.
        """
        for key, encoded in self.whole.encode(batches, "float32", alone):
            with np.errstate(over="ignore"):
                yield key, [self.reduction.apply(own).astype(dtype, copy=False) for own in encoded]


@dataclass(frozen=True)
class ReducedExtractor:
    """A model whose features are kept in part.

    Attributes:
        whole: the model.
        outline: what is kept of its features.
        reduction: how they become fewer.
    """

    whole: Extractor
    outline: Outline
    reduction: Reduction

    def start(self, plan: ExtractionPlan, folder: Path) -> Work:
        """Load what is needed for a plan's features, which go to the store in `folder`."""
        work = self.whole.start(plan, folder)
        identity = self.reduction.identify(work.identity)
        return replace(work, identity=identity, workers=partial(self._work, work.workers))

    def _work(self, workers: Callable[[], Workers]) -> Workers:
        return ReducedWorkers(workers(), self.reduction)


def reduced(extractor: Extractor, config: ExtractConfig) -> Extractor:
    """Return what computes those of a model's features that a config keeps.

    Raises:
        FeatxError: as for `reduce_outline`.
    """
    outline = reduce_outline(extractor.outline, config)
    if isinstance(outline.shape, ReducedShape):
        return ReducedExtractor(extractor, outline, outline.shape.reduction)
    return extractor


def reduce_outline(outline: Outline, config: ExtractConfig) -> Outline:
    """Return what a config keeps of a model's features.

    Args:
        outline: what features the model gives.
        config: what is asked for.

    Raises:
        FeatxError: if there are no frames to make fewer, or their rate does not divide.
    """
    if config.pool or not outline.shape.hop:
        _refuse_for_vectors(config)
    reduction = _find_reduction(outline.shape.hop, config)
    if reduction is None:
        return outline
    dtype: Dtype = "float32" if reduction.pool else outline.dtype  # a vector takes little room
    return replace(outline, shape=ReducedShape(outline.shape, reduction), dtype=dtype)


def _refuse_for_vectors(config: ExtractConfig) -> None:
    """Raise a FeatxError if single vectors are to be made smaller than they are."""
    if config.dtype == "int8":
        raise FeatxError(
            "`dtype='int8'` has a scale for each utterance, layer and feature, which takes more "
            "room than the single vector that is kept. Leave it out."
        )
    if config.write.compress:
        raise FeatxError(
            "`compress=True` makes chunks of frames, and of each utterance a single vector is "
            "kept, which takes little room. Leave it out."
        )


def _find_reduction(hop: int, config: ExtractConfig) -> Reduction | None:
    """Return what becomes of a model's frames; None if all stay as they are.

    Args:
        hop: samples from one frame to the next.
        config: what is asked for.
    """
    model, pool, frames = config.model, config.pool, config.frames
    if pool is None and frames is None:
        return None
    given = f"`pool={pool!r}`" if pool else f"`frames={frames}`"
    if not hop:
        raise FeatxError(f"{given}: {model} has one frame an utterance already. Leave it out.")
    if pool and frames:
        raise FeatxError(
            f"`frames={frames}` means nothing with {given}, which keeps no frames. Leave either "
            "out."
        )
    if pool:
        return Reduction(pool)
    rate = SAMPLE_RATE / hop
    dividing = [n for n in range(1, int(rate) + 1) if SAMPLE_RATE % (hop * n) == 0]
    if frames not in dividing:
        raise FeatxError(
            f"{given}: {model} has {rate:g} frames a second, and a whole number of them must make "
            f"an average. Choose {', '.join(map(str, dividing)) or '`pool`'}."
        )
    count = round(rate / frames)
    return Reduction(None, count) if count > 1 else None
