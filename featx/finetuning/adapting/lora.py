"""Low-rank adapters (LoRA) in an encoder, by peft: put in, named, merged."""

from collections.abc import Mapping
from typing import Any, TypeVar

from torch import nn

from featx.errors import FeatxError
from featx.finetuning.adapting.settings import LoraSettings
from featx.utils.text import first_line

T = TypeVar("T")
MARK = ".lora_"  # in the names of weights
_INFIX = ".default"  # the name that peft gives an adapter, which its files leave out
_PREFIX = "base_model.model."  # of names in peft's files


def check_peft() -> None:
    """Raise a FeatxError if peft is not installed."""
    try:
        import peft  # noqa: F401
    except ImportError as error:
        raise FeatxError(
            f"Low-rank adapters, mode lora, take peft, which can't be imported "
            f"({first_line(error)}): `pip install 'featx[lora]'`."
        ) from error


def insert_lora(encoder: Any, settings: LoraSettings) -> None:
    """Add low-rank adapters to an encoder's projections, which at first change nothing.

    An adapted projection W x becomes W x + (alpha / r) B A x, with A of r rows drawn at random by
    torch's global generator and B zero (Hu et al. 2022, "LoRA: Low-Rank Adaptation of Large
    Language Models", section 4.1).

    Args:
        encoder: transformers' model; changed in place.
        settings: which projections, and how large the adapters are.

    Raises:
        FeatxError: if peft is not installed, or the encoder has no such modules.
    """
    check_peft()
    from peft import inject_adapter_in_model

    _check_targets(encoder, settings)
    try:
        inject_adapter_in_model(peft_config(settings), encoder)
    except ValueError as error:  # of a kind that has no adapter
        raise FeatxError(f"`settings='lora.target_modules=...'`: {first_line(error)}") from error


def peft_config(settings: LoraSettings) -> Any:
    """Return settings as peft takes them."""
    from peft import LoraConfig

    return LoraConfig(
        r=settings.r,
        lora_alpha=settings.lora_alpha,
        lora_dropout=settings.lora_dropout,
        target_modules=list(settings.target_modules),
    )


def _check_targets(encoder: nn.Module, settings: LoraSettings) -> None:
    """Refuse the names of modules that the encoder lacks, or that are no linear layers."""
    linear = {
        name.rsplit(".", 1)[-1]
        for name, module in encoder.named_modules()
        if isinstance(module, nn.Linear)
    }
    unknown = [name for name in settings.target_modules if name.rsplit(".", 1)[-1] not in linear]
    if unknown:
        raise FeatxError(
            f"`settings='lora.target_modules=...'`: the encoder has no linear layers named "
            f"{', '.join(unknown)}; it has {', '.join(sorted(linear))}."
        )


def to_peft(weights: Mapping[str, T]) -> dict[str, T]:
    """Return what there is for each of adapters' weights under its name in peft's files."""
    return {_PREFIX + name.replace(_INFIX, ""): value for name, value in weights.items()}


def merge_lora(encoder: nn.Module) -> None:
    """Add adapters to the weights that they belong to, and take them out; in place.

    The encoder then computes the same up to rounding.
    """
    from peft.tuners.lora import LoraLayer

    for name, module in list(encoder.named_modules()):
        if isinstance(module, LoraLayer):
            module.merge()
            parent, _, own = name.rpartition(".")
            setattr(encoder.get_submodule(parent), own, module.get_base_layer())
