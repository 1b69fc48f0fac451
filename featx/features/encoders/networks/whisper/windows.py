"""The windows in which a Whisper sees utterances."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Window:
    """A stretch of an utterance that the encoder sees at once.

    Attributes:
        utterance: the utterance's place in the batch.
        start: the first of its frames in the window.
        frames: how many of its frames the window has; the rest, if any, is silence.
    """

    utterance: int
    start: int
    frames: int

    def cut(self, waveforms: Tensor, size: int, hop: int) -> Tensor:
        """Return the window's samples, filled up with silence, (size * hop,).

        Args:
            waveforms: (utterances, samples), zero after the end of each utterance.
            size: frames to fill up to.
            hop: samples of a frame.
        """
        start = self.start * hop
        audio = waveforms[self.utterance, start : start + self.frames * hop]
        return F.pad(audio, (0, size * hop - len(audio)))


def divide(frames: Sequence[int], size: int) -> list[Window]:
    """Divide utterances into windows, which follow one another.

    Args:
        frames: how many frames each utterance has.
        size: the most frames of a window.
    """
    return [
        Window(utterance, start, min(size, count - start))
        for utterance, count in enumerate(frames)
        for start in range(0, count, size)
    ]


def at_once(device: torch.device) -> int:
    """Return how many windows are computed together.

    On a processor it is a single window, whose activations stay in its caches.
    """
    return 1 if device.type == "cpu" else 16
