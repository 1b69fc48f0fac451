"""The local encoder: every convolution from samples to frames."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from featx.encoders.convolution import Convolution, FirstConvolution

PIECE = 200  # frames, about as many as have their activations in a processor's caches


class LocalEncoder(nn.Module):
    """transformers' feature extractor, blind to what else is in the batch.

    Args:
        layers: the feature extractor's convolutions.

    Attributes:
        hop: samples from one frame to the next.
        span: samples that a frame sees, in whole hops.
        in_pieces: work through the batch a piece at a time, as suits a processor's caches,
            instead of all at once, as suits a GPU.
        dtype: computed in after the first convolution, whose input spans a range that only
            float32 holds well.
    """

    def __init__(self, layers: Any) -> None:
        super().__init__()
        self.first = FirstConvolution(layers[0])
        rest = [Convolution(layer) for layer in layers[1:]]
        self.rest = nn.ModuleList(rest)
        self.hop, seen = self.first.stride, self.first.kernel
        for convolution in rest:
            seen += (convolution.kernel - 1) * self.hop
            self.hop *= convolution.stride
        self.span = seen + -seen % self.hop
        self.in_pieces, self.dtype = True, torch.float32

    def forward(self, waveforms: Tensor, samples: Sequence[int], frames: Sequence[int]) -> Tensor:
        """Encode waveforms.

        Args:
            waveforms: (utterances, samples) float32, zero after each end.
            samples: of each utterance.
            frames: of each utterance.

        Returns:
            (utterances, longest, channels); what is after an utterance's end is arbitrary.
        """
        to_whole_hops = -waveforms.shape[1] % self.hop
        waveforms = F.pad(waveforms, (0, to_whole_hops + self.span))
        weights = self.first.weights(waveforms, samples)
        if not self.in_pieces:
            return self._convolve(waveforms, weights)[:, : max(frames)]
        parts = zip(waveforms.split(1), weights.split(1), frames, strict=True)
        encoded = [torch.cat(list(self._pieces(*part))) for part in parts]
        return nn.utils.rnn.pad_sequence(encoded, batch_first=True)

    def _pieces(self, waveform: Tensor, weights: Tensor, frames: int) -> Iterator[Tensor]:
        for start in range(0, frames, PIECE):
            stop = min(start + PIECE, frames)
            piece = waveform[:, start * self.hop : (stop - 1) * self.hop + self.span]
            yield self._convolve(piece, weights)[0, : stop - start]

    def _convolve(self, waveforms: Tensor, weights: Tensor) -> Tensor:
        """Map (utterances, whole hops of samples) to (utterances, hops, channels).

        The utterances are convolved as one sequence. Whatever saw samples of two utterances
        ends up in a frame after the end of the first.
        """
        utterances, hops = len(waveforms), waveforms.shape[1] // self.hop
        hidden = self.first(waveforms, weights).flatten(0, 1)
        hidden = hidden.to(self.dtype)
        for convolution in self.rest:
            hidden = convolution(hidden)
        whole: Tensor = F.pad(hidden, (0, 0, 0, utterances * hops - len(hidden)))
        return whole.view(utterances, hops, -1)
