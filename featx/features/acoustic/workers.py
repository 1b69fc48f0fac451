"""Acoustic features of many utterances, side by side."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

import numpy as np
import torch

from classifiers.cores import use_one_core
from featx.data.audio import Waveform
from featx.features.acoustic.settings import AcousticSettings, Descriptors, Functionals, LogMel
from featx.utils.parallel import map_ahead

Key = TypeVar("Key")


class AcousticWorkers:
    """The threads that compute acoustic features, one a core, each utterance by itself.

    opensmile lets go of Python's lock while it computes, so threads keep every core busy.

    Args:
        settings: how the features are computed.

    Attributes:
        decoders: how many threads must read audio to keep them busy.
    """

    def __init__(self, settings: AcousticSettings) -> None:
        self._compute = _computer(settings)
        self.decoders = torch.get_num_threads()

    def encode(
        self, batches: Iterable[tuple[Key, Sequence[np.ndarray]]], dtype: str, alone: bool = False
    ) -> Iterator[tuple[Key, list[np.ndarray]]]:
        """Yield each batch's key and features, in order.

        Args:
            batches: a key, such as the utterances' names, and their waveforms.
            dtype: the type of the features; what overflows it becomes infinite.
            alone: whether there is a single batch, which a core computes all the same.
        """

        def work(batch: tuple[Key, Sequence[np.ndarray]]) -> tuple[Key, list[np.ndarray]]:
            key, waveforms = batch
            with np.errstate(over="ignore"):
                return key, [self._compute(wave).astype(dtype)[None] for wave in waveforms]

        return map_ahead(work, batches, torch.get_num_threads(), use_one_core)


def _computer(settings: AcousticSettings) -> Callable[[Waveform], np.ndarray]:
    """Return what turns a waveform into (frames, dim) float32."""
    if isinstance(settings, Descriptors | Functionals):
        from featx.features.acoustic import egemaps  # imports opensmile: only where it is needed

        if isinstance(settings, Functionals):
            return egemaps.summarise
        return lambda waveform: egemaps.describe(waveform, settings.average)

    from featx.features.acoustic import spectral

    if isinstance(settings, LogMel):
        return lambda waveform: spectral.log_mel(waveform, settings).numpy()
    return lambda waveform: spectral.magnitudes(waveform, settings).numpy()
