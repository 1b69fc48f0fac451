"""transformers' encoders, made blind to the padding of a batch, with gradients."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Padding:
    """What an encoder must know of a batch so that padding changes nothing.

    An attention mask alone is not enough: a group norm's statistics would run over the padding,
    and a positional convolution sees what the layer before it wrote there.

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
        self.steps: Sequence[int] = ()
        self._after: Tensor | None = None

    def expect(self, samples: Sequence[int], frames: Tensor) -> None:
        """Announce the next batch.

        Args:
            samples: of each utterance.
            frames: of each utterance, on the encoder's device.
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


class OwnGroupNorm(nn.GroupNorm):
    """A group norm whose statistics are each utterance's own, without padding.

    Args:
        norm: whose weights it takes over.
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
        alone = [super(OwnGroupNorm, self).forward(hidden[n : n + 1, :, :count])
                 for n, count in enumerate(steps)]  # fmt: skip
        return torch.cat([F.pad(one, (0, hidden.shape[2] - one.shape[2])) for one in alone])
