"""What the parts of an extraction expect of a model: its outline, and workers that compute."""

import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from cache import FeatureIdentity
from featx.features.choices import Dtype
from featx.features.planning.plan import ExtractionPlan, Shape
from featx.utils.machine import version

Key = TypeVar("Key")


@dataclass(frozen=True)
class Outline:
    """What features a model gives, known without its weights.

    Attributes:
        shape: the layers, dim and frame counts of its features.
        layers: the layers to store; None for all.
        dtype: the type that features are stored in, unless another is asked for.
    """

    shape: Shape
    layers: Sequence[int] | None
    dtype: Dtype

    @property
    def blocks(self) -> int | None:
        """Transformer blocks of an encoder; None for acoustic features."""
        return getattr(self.shape, "blocks", None)


class Workers(typing.Protocol):
    """Threads that compute features: `EncoderWorkers` and `AcousticWorkers`."""

    @property
    def decoders(self) -> int:
        """How many threads must read audio to keep them busy."""

    def encode(
        self, batches: Iterable[tuple[Key, Sequence[np.ndarray]]], dtype: str, alone: bool = False
    ) -> Iterator[tuple[Key, list[np.ndarray]]]:
        """Yield each batch's key and features, (layers, frames, dim) of each utterance.

        A batch that is `alone` may have all cores.
        """


@dataclass(frozen=True)
class Work:
    """How the features of a store are computed.

    Attributes:
        identity: what the features are.
        software: the versions of the packages that compute them.
        workers: makes the threads that compute; called if there is anything to compute.
        seconds: seconds of audio in a batch.
    """

    identity: FeatureIdentity
    software: Mapping[str, str]
    workers: Callable[[], Workers]
    seconds: float


def versions_of(packages: Iterable[str]) -> dict[str, str]:
    """Return the installed versions of packages, as `Work.software` has them."""
    return {name: version(name) for name in packages}


class Extractor(typing.Protocol):
    """A model that is here, ready to be loaded: an encoder, or acoustic features."""

    @property
    def outline(self) -> Outline:
        """What features it gives."""

    def start(self, plan: ExtractionPlan, folder: Path) -> Work:
        """Load what is needed for a plan's features, which go to the store in `folder`."""
