"""wav2vec 2.0 and its kin in training: a padded batch, in which padding changes nothing."""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from featx.finetuning.choices import Mode


class PaddedEncoding:
    """The layers of a padded batch with gradients: transformers' own.

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
        self._local: list[Tensor] = []  # the local encoder's output, where it is asked for
        encoder.feature_projection.register_forward_hook(self._note_local)

    def choose_weights(self, mode: Mode) -> None:
        """Let all train, all but the CNN's, or none but adapters."""
        self._encoder.requires_grad_(mode in ("full", "partial"))
        self._encoder.feature_extractor.requires_grad_(mode == "full")

    def __call__(
        self,
        waveforms: Tensor,
        samples: Sequence[int],
        frames: Sequence[int],
        all_layers: bool = False,
    ) -> list[Tensor]:
        """Return the last layer or all, see `Encoding`."""
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
        output = self._encoder(waveforms, output_hidden_states=all_layers, **options)
        # transformers' first has the positions in it, and its last may lack the final norm
        below = [self._local.pop(), *output.hidden_states[1:-1]] if all_layers else []
        self._local.clear()
        real = torch.arange(max(frames), device=waveforms.device) < lengths[:, None]
        return [layer[real] for layer in (*below, output.last_hidden_state)]

    def _note_local(self, module: nn.Module, given: object, output: Any) -> None:
        """Keep the local encoder's output, which is masked in place where anything is."""
        self._local[:] = [output[0] if isinstance(output, tuple) else output]


class Padding:
    """What an encoder must know of a batch so that padding changes nothing.

    An attention mask alone is not enough: a group norm's statistics would run over the padding,
    and a positional convolution sees what the layer before it wrote there. `Network` in
    `featx.features.encoders.networks.wav2vec2.network` does the same by other means for features.
    There speed counts: it computes layers anew, without gradients, and only where there is audio.

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

    Given apart, torch warns at every step that the two masks are of different types. Where a
    projection has an adapter, the attention calls its projections: transformers' own hands torch
    their bare weights, which no adapter is part of.
    """
    attend = attention.torch_multi_head_self_attention
    projections = (attention.q_proj, attention.k_proj, attention.v_proj, attention.out_proj)
    if any(type(projection) is not nn.Linear for projection in projections):
        attend = partial(_attend, attention)

    def attend_with_one_mask(
        hidden: Tensor, attention_mask: Tensor | None, bias: Tensor
    ) -> tuple[Tensor, Tensor | None]:
        if attention_mask is not None:
            padded = attention_mask.ne(1).repeat_interleave(attention.num_heads, 0)
            bias = bias.masked_fill(padded[:, None], -math.inf)
        attended: tuple[Tensor, Tensor | None] = attend(hidden, None, bias)
        return attended

    attention.torch_multi_head_self_attention = attend_with_one_mask


def _attend(
    attention: Any, hidden: Tensor, mask: None, bias: Tensor
) -> tuple[Tensor, Tensor | None]:
    """Return WavLM's attention, (utterances, frames, dim), by calls of its projections.

    Args:
        attention: transformers' module.
        hidden: (utterances, frames, dim).
        mask: nothing, as the bias has it.
        bias: (utterances · heads, frames, frames), what is added to the scores.
    """
    shape = (*hidden.shape[:2], attention.num_heads, -1)
    query, key, value = (
        projection(hidden).view(shape).transpose(1, 2)
        for projection in (attention.q_proj, attention.k_proj, attention.v_proj)
    )
    attended = F.scaled_dot_product_attention(
        query,
        key,
        value,
        attn_mask=bias.view(len(hidden), attention.num_heads, *bias.shape[1:]).to(query.dtype),
        dropout_p=attention.dropout if attention.training else 0.0,
    )
    return attention.out_proj(attended.transpose(1, 2).flatten(2)), None


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
