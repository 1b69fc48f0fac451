"""Whisper's encoder in training: spectrograms of whole windows, the utterance's frames of each."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import WhisperModel

from featx.features.encoders.networks.whisper.log_mel import LogMel
from featx.features.encoders.networks.whisper.windows import Window, at_once, divide
from featx.features.encoders.shape import EncoderShape
from featx.finetuning.choices import Mode


class WhisperEncoding:
    """Whisper's layers with gradients: transformers' own encoder, window by window.

    Each window is an utterance's alone, and of fixed length, so that nothing depends on what else
    is in the batch. `WhisperNetwork` in `featx.features.encoders.networks.whisper.network` is its
    counterpart for features, which computes the same, but no silence that nobody asks for.

    Args:
        encoder: transformers' encoder, without its decoder.
        extractor: its preprocessing, whose log-mel spectrogram is computed here.
        shape: its layers and frames.
    """

    def __init__(self, encoder: Any, extractor: Any, shape: EncoderShape) -> None:
        assert shape.window is not None, "Whisper sees windows"
        self._encoder, self._hop, self._size = encoder, shape.hop, shape.window // shape.hop
        self._spectrogram = LogMel(extractor)
        encoder.layerdrop = 0.0

    def choose_weights(self, mode: Mode) -> None:
        """Let all train, all but the convolutional stem, or none but adapters.

        The positions never do: they are sinusoids, which Whisper's own training left as they are.
        """
        encoder = self._encoder
        encoder.requires_grad_(mode in ("full", "partial"))
        encoder.conv1.requires_grad_(mode == "full")
        encoder.conv2.requires_grad_(mode == "full")
        encoder.embed_positions.requires_grad_(False)

    def __call__(
        self,
        waveforms: Tensor,
        samples: Sequence[int],
        frames: Sequence[int],
        all_layers: bool = False,
    ) -> list[Tensor]:
        """Return the last layer or all, see `Encoding`."""
        windows = divide(frames, self._size)
        together = at_once(waveforms.device)
        own: list[list[Tensor]] = []  # of each window, layer by layer
        for first in range(0, len(windows), together):
            group = windows[first : first + together]
            layers = self._encode(waveforms, group, all_layers)
            own += [
                [layer[place, : window.frames] for layer in layers]
                for place, window in enumerate(group)
            ]
        return [torch.cat(layer) for layer in zip(*own, strict=True)]

    def _encode(
        self, waveforms: Tensor, windows: Sequence[Window], all_layers: bool
    ) -> list[Tensor]:
        """Return the last layer of windows or all, each (windows, frames of a window, dim)."""
        audio = torch.stack([window.cut(waveforms, self._size, self._hop) for window in windows])
        with torch.autocast(audio.device.type, enabled=False):  # as features have it
            mel = self._spectrogram.to(audio.device)(audio).mT
        if self._encoder.config.apply_spec_augment and self._encoder.training:
            mel = self._masked(mel, windows)
        output = self._encoder(mel, output_hidden_states=all_layers)
        below = output.hidden_states[:-1] if all_layers else ()
        return [*below, output.last_hidden_state]

    def _masked(self, mel: Tensor, windows: Sequence[Window]) -> Tensor:
        """Mask times and bands of spectrograms (windows, bands, steps), at random."""
        steps = mel.shape[2] // self._size  # of a frame
        ends = torch.tensor([[steps * window.frames] for window in windows])
        sound = (torch.arange(mel.shape[2]) < ends).long()
        # a method of the model with a decoder, which asks its object for nothing but the config
        # and whether it trains
        mask: Any = WhisperModel._mask_input_features
        masked: Tensor = mask(self._encoder, mel, sound)
        return masked
