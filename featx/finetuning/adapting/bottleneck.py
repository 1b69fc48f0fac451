"""Bottleneck adapters: small networks through which parts of a block pass their output.

peft 0.21, which brings the low-rank adapters, has none of this kind.
"""

from collections import OrderedDict
from typing import Any

from torch import Tensor, nn

from featx.errors import FeatxError
from featx.finetuning.adapting.settings import BottleneckSettings

NAME = "bottleneck"
MARK = f".{NAME}."  # in the names of weights
_OUTPUTS = {  # the last projection of each part of a block, as the families call it
    "attention": ("out_proj",),
    "feed_forward": ("output_dense", "fc2"),
}


class Bottleneck(nn.Module):
    """Adds to each frame what a narrow layer with a ReLU makes of it; at first nothing.

    h becomes h + U relu(D h + a) + b, with D drawn as torch draws linear layers, and U, a and b
    zero (Houlsby et al. 2019, "Parameter-Efficient Transfer Learning for NLP", section 2.1; the
    ReLU is that of Pfeiffer et al. 2021, "AdapterFusion").

    Args:
        dim: numbers of a frame.
        size: width of the narrow layer.
    """

    def __init__(self, dim: int, size: int) -> None:
        super().__init__()
        self.down, self.up = nn.Linear(dim, size), nn.Linear(size, dim)
        nn.init.zeros_(self.down.bias)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, hidden: Tensor) -> Tensor:
        """Map (..., dim) to the same."""
        added: Tensor = self.up(self.down(hidden).relu())
        return hidden + added


def insert_bottlenecks(encoder: Any, settings: BottleneckSettings) -> None:
    """Let parts of each block pass their output through an adapter, before it is added up.

    The last projection of such a part becomes a sequence of itself and the adapter. It has no
    `weight` of its own, so that nothing can compute past the adapter without an error.

    Args:
        encoder: transformers' model; changed in place.
        settings: which parts, and how wide the adapters are.

    Raises:
        FeatxError: if the encoder has no such parts.
    """
    names = {name for place in settings.places for name in _OUTPUTS[place]}
    found = [
        (name, module)
        for name, module in encoder.named_modules()
        if name.rpartition(".")[2] in names and isinstance(module, nn.Linear)
    ]
    if not found:
        raise FeatxError(f"The encoder has no linear layers named {', '.join(sorted(names))}.")
    for name, projection in found:
        parent, _, own = name.rpartition(".")
        adapter = Bottleneck(projection.out_features, settings.size)
        parts = OrderedDict([("base_layer", projection), (NAME, adapter)])
        setattr(encoder.get_submodule(parent), own, nn.Sequential(parts))
