"""Encoders at work side by side."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import cycle
from typing import TypeVar

import numpy as np
import torch

from classifiers.cores import use_one_core
from featx.data.audio import SAMPLE_RATE
from featx.errors import FeatxError
from featx.features.encoders.devices import is_out_of_memory
from featx.features.encoders.encoder import Encoder
from featx.utils.parallel import map_ahead

Key = TypeVar("Key")
PER_GPU = 2  # threads: one computes while the features of the other leave the GPU


class EncoderWorkers:
    """The threads that encode batches: one for each core of a processor, or two a GPU.

    Cores that work on one batch together lose time waiting for each other. A batch on a core of
    its own also has the same bits however many cores there are.

    Args:
        encoder: the encoder in float32.
        devices: the processor, or the GPUs.
        precision: the type to compute in.

    Attributes:
        threads: how many threads encode.
        decoders: how many threads must read audio to keep them busy.
    """

    def __init__(self, encoder: Encoder, devices: Sequence[torch.device], precision: str) -> None:
        self._encoders = [encoder.on(device, precision) for device in devices]
        on_gpu = devices[0].type == "cuda"
        self.threads = PER_GPU * len(devices) if on_gpu else torch.get_num_threads()
        self.decoders = PER_GPU * len(devices)

    def encode(
        self, batches: Iterable[tuple[Key, Sequence[np.ndarray]]], dtype: str, alone: bool = False
    ) -> Iterator[tuple[Key, list[np.ndarray]]]:
        """Yield each batch's key and features, in order.

        Args:
            batches: a key, such as the utterances' names, and their waveforms.
            dtype: the type of the features.
            alone: whether there is a single batch, for which all cores compute together.

        Raises:
            FeatxError: if memory runs out.
        """

        def work(
            job: tuple[Encoder, tuple[Key, Sequence[np.ndarray]]],
        ) -> tuple[Key, list[np.ndarray]]:
            encoder, (key, waveforms) = job
            return key, encode(encoder, waveforms, dtype)

        jobs = zip(cycle(self._encoders), batches, strict=False)
        # the threads that decode have set this to one for all that follow
        prepare = partial(torch.set_num_threads, self.threads) if alone else use_one_core
        return map_ahead(work, jobs, self.threads, prepare)


def encode(encoder: Encoder, waveforms: Sequence[np.ndarray], dtype: str) -> list[np.ndarray]:
    """Return an encoder's features of a batch, which may be empty.

    Raises:
        FeatxError: if memory runs out.
    """
    if not waveforms:
        return []
    try:
        return encoder.encode(waveforms, dtype)
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        seconds = max(map(len, waveforms)) * len(waveforms) / SAMPLE_RATE
        raise FeatxError(
            f"{encoder.device}: out of memory with a batch of {seconds:.1f} s of audio. Take "
            "smaller batches with `batch_seconds`, or shorter utterances with `max_seconds`."
        ) from error
