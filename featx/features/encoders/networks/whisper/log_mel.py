"""The log-mel spectrogram that Whisper reads."""

from typing import Any

import torch
from torch import Tensor, nn


class LogMel(nn.Module):
    """The log-mel spectrogram that Whisper reads.

    Args:
        extractor: transformers' preprocessing, which computes the same.
    """

    filters: Tensor
    window: Tensor

    def __init__(self, extractor: Any) -> None:
        super().__init__()
        self.n_fft, self.step = extractor.n_fft, extractor.hop_length
        filters = torch.from_numpy(extractor.mel_filters).float()
        self.register_buffer("filters", filters, persistent=False)
        self.register_buffer("window", torch.hann_window(self.n_fft), persistent=False)

    def forward(self, audio: Tensor) -> Tensor:
        """Map (windows, samples) to (windows, steps, bands)."""
        spectrum = torch.stft(audio, self.n_fft, self.step, window=self.window, return_complex=True)
        power = spectrum.real.square() + spectrum.imag.square()
        mel = (power[..., :-1].mT @ self.filters).clamp_(min=1e-10).log10_()
        loudest = mel.amax((1, 2), keepdim=True)
        return torch.maximum(mel, loudest - 8.0).add_(4.0).div_(4.0)
