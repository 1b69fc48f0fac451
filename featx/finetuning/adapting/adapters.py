"""The adapters of an encoder, of whichever kind: put in, named, and made ready for a graph."""

from collections.abc import Mapping
from typing import Any, TypeVar

from torch import nn

from featx.finetuning.adapting import bottleneck, lora
from featx.finetuning.adapting.bottleneck import insert_bottlenecks
from featx.finetuning.adapting.lora import insert_lora, merge_lora, to_peft
from featx.finetuning.adapting.settings import Adapters, LoraSettings

T = TypeVar("T")


def adapt(encoder: Any, settings: Adapters) -> None:
    """Put adapters into an encoder, which change nothing before they are trained.

    Their weights are drawn by torch's global generator.

    Args:
        encoder: transformers' model; changed in place.
        settings: their kind, where they are, and how large.

    Raises:
        FeatxError: if their library is not installed, or the encoder has no such places.
    """
    if isinstance(settings, LoraSettings):
        insert_lora(encoder, settings)
    else:
        insert_bottlenecks(encoder, settings)


def adapters_of(encoder: nn.Module) -> dict[str, nn.Parameter]:
    """Return the weights of an encoder's adapters by their names in it; none if it has none."""
    marks = lora.MARK, bottleneck.MARK
    weights = encoder.named_parameters()
    return {name: weight for name, weight in weights if any(mark in name for mark in marks)}


def module_of(name: str) -> str:
    """Return the name of the projection that an adapter's weight belongs to."""
    return name.split(lora.MARK)[0].split(bottleneck.MARK)[0]


def as_saved(weights: Mapping[str, T], settings: Adapters) -> dict[str, T]:
    """Return what there is for each of adapters' weights under its name in their file.

    That is peft's where they are of peft, and else the name in the encoder.
    """
    return to_peft(weights) if isinstance(settings, LoraSettings) else dict(weights)


def merge(encoder: nn.Module) -> None:
    """Add low-rank adapters to the weights that they belong to; others stay where they are.

    The encoder then computes the same up to rounding. One without adapters is left as it is.
    """
    if any(lora.MARK in name for name in adapters_of(encoder)):
        merge_lora(encoder)
