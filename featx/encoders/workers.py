"""Encoders at work side by side."""

from collections.abc import Iterable, Iterator, Sequence
from queue import SimpleQueue
from typing import TypeVar

import numpy as np
import torch

from featx.ahead import map_ahead
from featx.encoders.encoder import Encoder
from featx.errors import FeatxError

Key = TypeVar("Key")
MOST = 16  # batches at once on a processor; each takes memory for its activations
PER_GPU = 2  # one computes while the features of the other leave the GPU
BATCH_SECONDS = {"cpu": 15.0, "cuda": 120.0}  # of audio; more helps no further


class Workers:
    """The threads that encode batches: a core of the processor each, or two a GPU.

    A batch on one core needs no waiting for other cores, which a processor loses most time
    with, and its features are the same bits however many cores there are (up to `MOST`).

    Args:
        encoder: in float32.
        devices: the processor, or GPUs.
        precision: to compute in.
        batches: how many there will be.
    """

    def __init__(
        self, encoder: Encoder, devices: Sequence[torch.device], precision: str, batches: int
    ) -> None:
        encoders = [encoder.on(device, precision) for device in devices]
        each = PER_GPU
        self._cores = 1
        if devices[0].type == "cpu":
            each = min(torch.get_num_threads(), MOST, batches)
            self._cores = torch.get_num_threads() // each
        self._free: SimpleQueue[Encoder] = SimpleQueue()
        for prepared in encoders * each:
            self._free.put(prepared)
        self._threads = len(encoders) * each

    def encode(
        self, batches: Iterable[tuple[Key, Sequence[np.ndarray]]], dtype: str
    ) -> Iterator[tuple[Key, list[np.ndarray]]]:
        """Yield each batch's key and features, in order.

        Args:
            batches: a key, such as the utterances' names, and their waveforms.
            dtype: of the features.

        Raises:
            FeatxError: if memory runs out.
        """

        def work(batch: tuple[Key, Sequence[np.ndarray]]) -> tuple[Key, list[np.ndarray]]:
            key, waveforms = batch
            encoder = self._free.get()
            try:
                return key, _encode(encoder, waveforms, dtype)
            finally:
                self._free.put(encoder)

        return map_ahead(work, batches, self._threads, lambda: torch.set_num_threads(self._cores))


def _encode(encoder: Encoder, waveforms: Sequence[np.ndarray], dtype: str) -> list[np.ndarray]:
    if not waveforms:
        return []
    try:
        return encoder.encode(waveforms, dtype)
    except RuntimeError as error:  # torch's own error for a GPU is one of these
        if not isinstance(error, torch.OutOfMemoryError) and "allocate memory" not in str(error):
            raise
        seconds = max(map(len, waveforms)) * len(waveforms) / 16_000
        raise FeatxError(
            f"{encoder.device}: out of memory with a batch of {seconds:.0f} s of audio. Take "
            "smaller ones with --batch-seconds, or shorter utterances with --max-seconds."
        ) from error
