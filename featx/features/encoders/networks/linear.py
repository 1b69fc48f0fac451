"""Linear layers and activations, in the form that a processor is fastest with."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Activation = Callable[[Tensor], Tensor]
GELU: Activation = torch.ops.aten.gelu_
FRAMES = 750  # about what a batch on a processor holds; oneDNN lays weights out for it


def in_place(activation: Activation) -> Activation:
    """Return the same activation, overwriting its input where it is a GELU.

    On a processor, taking new memory for the result costs more than the GELU itself.
    """
    if isinstance(activation, nn.GELU):
        return GELU if activation.approximate == "none" else activation
    # a second and a half to import, unless the activation is from there
    from transformers.activations import GELUActivation

    return GELU if isinstance(activation, GELUActivation) else activation


def packs(weight: Tensor) -> bool:
    """Tell whether oneDNN computes with this weight here, and can lay it out once for all calls."""
    if weight.device.type != "cpu" or not torch.backends.mkldnn.is_available():
        return False
    half = weight.dtype is torch.bfloat16 and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return half or weight.dtype is torch.float32


def take_over(projection: nn.Module) -> nn.Module:
    """Return a linear layer in this form, with an adapter after it where it has one.

    Args:
        projection: torch's linear layer, or a sequence that begins with one.
    """
    if isinstance(projection, nn.Sequential):
        first, *others = projection
        return nn.Sequential(take_over(first), *others)
    weight: Any = projection.weight
    bias: Any = projection.bias
    return Linear(weight, bias)


class Linear(nn.Module):
    """A linear layer, then perhaps an activation.

    Args:
        weight: (out, in).
        bias: (out,).
        activation: what is applied to the result.
    """

    weight: Tensor
    bias: Tensor

    def __init__(self, weight: Tensor, bias: Tensor, activation: Activation | None = None) -> None:
        super().__init__()
        self.register_buffer("weight", weight.detach())
        self.register_buffer("bias", bias.detach())
        self.activation = None if activation is None else in_place(activation)
        self.packed: Tensor | None = None

    def pack(self) -> None:
        """Lay bfloat16 weights out for the processor's matrix units, once instead of each call."""
        if self.weight.dtype is torch.bfloat16 and packs(self.weight):
            self.packed = torch.ops.mkldnn._reorder_linear_weight(self.weight, FRAMES)
            self.weight = self.weight[:0]

    def forward(self, hidden: Tensor) -> Tensor:
        """Map (..., in) to (..., out)."""
        if self.packed is None:
            hidden = F.linear(hidden, self.weight, self.bias)
            return hidden if self.activation is None else self.activation(hidden)
        fused = self.activation is GELU
        after = "gelu" if fused else "none"
        exact = "none"  # the GELU's approximation
        hidden = torch.ops.mkldnn._linear_pointwise(
            hidden, self.packed, self.bias, after, [], exact
        )
        return hidden if fused or self.activation is None else self.activation(hidden)
