"""wav2vec 2.0 and its kin in training: a padded batch, in which padding changes nothing."""

import math
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from featx.finetuning.choices import Mode


class PaddedEncoding:
    """The last layer of a padded batch with gradients: transformers' own layers.

    Layers are not dropped at random (LayerDrop). Time masking (SpecAugment) is left to the
    checkpoint's config.

    Args:
        encoder: transformers' model; its first norm is replaced, its weights are kept.
    """

    def __init__(self, encoder: Any) -> None:
        self._encoder, self._padding = encoder, Padding(encoder)
        encoder.config.layerdrop = 0.0
        encoder.adapter = None  # would merge frames after the last layer
        encoder.config.add_adapter = False
        # transformers would compute the gradient of the waveforms, which nobody needs
        encoder.feature_extractor._requires_grad = False

    def choose_weights(self, mode: Mode) -> None:
        """Let all train, all but the CNN's, or none."""
        self._encoder.requires_grad_(mode != "frozen")
        self._encoder.feature_extractor.requires_grad_(mode == "full")

    def __call__(self, waveforms: Tensor, samples: Sequence[int], frames: Sequence[int]) -> Tensor:
        """Return the last layer, see `Encoding`."""
        lengths = torch.tensor(frames, device=waveforms.device)
        self._padding.expect(samples, lengths)
        options: dict[str, Tensor] = {}
        if len(set(samples)) > 1:
            ends = torch.tensor(samples, device=waveforms.device)[:, None]
            options["attention_mask"] = torch.arange(max(samples), device=waveforms.device) < ends
        config = self._encoder.config
        masks = getattr(config, "apply_spec_augment", True) and config.mask_time_prob > 0
        too_short = max(frames) <= config.mask_time_length
        if masks and too_short and self._encoder.training:
            none = torch.zeros(len(frames), max(frames), dtype=torch.bool, device=waveforms.device)
            options["mask_time_indices"] = none
        hidden: Tensor = self._encoder(waveforms, **options).last_hidden_state
        return hidden[torch.arange(hidden.shape[1], device=hidden.device) < lengths[:, None]]


class Padding:
    """What an encoder must know of a batch so that padding changes nothing.

    An attention mask alone is not enough: a group norm's statistics would run over the padding,
    and a positional convolution sees what the layer before it wrote there. `Network` in
    `featx.features.encoders.network` does the same by other means for features. There speed
    counts: it computes layers anew, without gradients, and only where there is audio.

    Args:
        encoder: transformers' model; its first norm is replaced, its weights are kept.
    """

    def __init__(self, encoder: Any) -> None:
        first = encoder.feature_extractor.conv_layers[0]
        self._kernel, self._stride = first.conv.kernel_size[0], first.conv.stride[0]
        if isinstance(getattr(first, "layer_norm", None), nn.GroupNorm):
            first.layer_norm = OwnGroupNorm(first.layer_norm, self)
        for module in encoder.encoder.pos_conv_embed.modules():
            if isinstance(module, nn.Conv1d):
                module.register_forward_pre_hook(self._clear)
        for module in encoder.modules():
            if hasattr(module, "torch_multi_head_self_attention"):
                _join_masks(module)
        self.steps: Sequence[int] = ()
        self._after: Tensor | None = None

    def expect(self, samples: Sequence[int], frames: Tensor) -> None:
        """Announce the next batch.

        Args:
            samples: how many each utterance has.
            frames: how many each utterance has, on the encoder's device.
        """
        self.steps = [(count - self._kernel) // self._stride + 1 for count in samples]
        self._after = None
        if len(set(samples)) > 1:
            places = torch.arange(int(frames.max()), device=frames.device)
            self._after = (places >= frames[:, None])[:, None]

    def _clear(self, module: nn.Module, inputs: tuple[Tensor]) -> tuple[Tensor]:
        """Set what is after the end of each utterance, in (utterances, dim, frames), to zero."""
        (hidden,) = inputs
        return (hidden if self._after is None else hidden.masked_fill(self._after, 0),)


def _join_masks(attention: Any) -> None:
    """Put the padding of WavLM's attention into its position bias.

    Given apart, torch warns at every step that the two masks are of different types.
    """
    attend = attention.torch_multi_head_self_attention

    def attend_with_one_mask(
        hidden: Tensor, attention_mask: Tensor | None, bias: Tensor
    ) -> tuple[Tensor, Tensor]:
        if attention_mask is not None:
            padded = attention_mask.ne(1).repeat_interleave(attention.num_heads, 0)
            bias = bias.masked_fill(padded[:, None], -math.inf)
        attended: tuple[Tensor, Tensor] = attend(hidden, None, bias)
        return attended

    attention.torch_multi_head_self_attention = attend_with_one_mask


class OwnGroupNorm(nn.GroupNorm):
    """A group norm whose statistics are each utterance's own, without padding.

    Args:
        norm: the group norm whose weights it takes over.
        padding: knows how long each utterance is.
    """

    def __init__(self, norm: nn.GroupNorm, padding: Padding) -> None:
        super().__init__(norm.num_groups, norm.num_channels, norm.eps, affine=False)
        self.weight, self.bias = norm.weight, norm.bias
        self._padding = padding

    def forward(self, hidden: Tensor) -> Tensor:
        """Normalise (utterances, channels, steps); what is after an utterance's end becomes 0."""
        steps = self._padding.steps
        if len(set(steps)) == 1:
            return super().forward(hidden)
        longest, normalised = hidden.shape[2], []
        for row, count in enumerate(steps):
            alone = super().forward(hidden[row : row + 1, :, :count])
            normalised.append(F.pad(alone, (0, longest - count)))
        return torch.cat(normalised)
