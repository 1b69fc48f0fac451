"""The local encoder: every convolution from samples to frames."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from featx.features.encoders.networks.lengths import Lengths, padding_step, round_up
from featx.features.encoders.networks.wav2vec2.convolution import Convolution, FirstConvolution

PIECE = 128  # frames in float32, twice as many in half: a processor's caches hold their activations


class LocalEncoder(nn.Module):
    """transformers' feature extractor, blind to what else is in the batch.

    Args:
        layers: the feature extractor's convolutions.

    Attributes:
        hop: samples from one frame to the next.
        span: samples that a frame sees, in whole hops.
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
        self.dtype = torch.float32

    def forward(self, waveforms: Tensor, samples: Sequence[int], lengths: Lengths) -> Tensor:
        """Encode waveforms.

        Args:
            waveforms: (utterances, samples) float32, zero after each end.
            samples: how many samples each utterance has.
            lengths: where each utterance's frames are.

        Returns:
            (rows, frames of a row, channels); what is after an utterance's end is arbitrary.
        """
        to_whole_hops = -waveforms.shape[1] % self.hop
        step = padding_step(self.dtype) if lengths.apart else 1
        spare = to_whole_hops + self.span + (step - 1) * self.hop
        waveforms = F.pad(waveforms, (0, spare))
        weights = self.first.weights(waveforms, samples)
        if not lengths.apart:
            hidden = self._convolve(waveforms, weights)[:, : lengths.longest]
            return F.pad(hidden, (0, 0, 0, lengths.longest - hidden.shape[1]))
        encoded = []
        most = PIECE * 4 // self.dtype.itemsize
        for index, (_, own) in enumerate(lengths.places):
            part, frames = slice(index, index + 1), own.stop - own.start
            for start in range(0, frames, most):
                count = min(most, frames - start)
                computed = round_up(count, step)
                piece = waveforms[
                    part, start * self.hop : (start + computed - 1) * self.hop + self.span
                ]
                encoded.append(self._convolve(piece, weights[part])[:, :count])
        return torch.cat(encoded, 1)

    def _convolve(self, waveforms: Tensor, weights: Tensor) -> Tensor:
        """Map (utterances, whole hops of samples) to (utterances, hops, channels).

        The utterances are convolved as one sequence. Whatever saw samples of two utterances
        ends up in a frame after the end of the first.
        """
        utterances, hops = len(waveforms), waveforms.shape[1] // self.hop
        hidden = self.first(waveforms, weights, self.dtype).flatten(0, 1)
        for convolution in self.rest:
            hidden = convolution(hidden)
        whole: Tensor = F.pad(hidden, (0, 0, 0, utterances * hops - len(hidden)))
        return whole.view(utterances, hops, -1)
