"""Low-rank adapters (LoRA) in an encoder, by peft: put in, checked, taken out, merged."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from featx.errors import FeatxError
from featx.finetuning.config import LoraSettings
from featx.utils.text import first_lines, first_line

_INFIX = ".default"  # the name that peft gives an adapter, which its files leave out
_PREFIX = "base_model.model."  # of names in peft's files
_SHOWN = 5  # names in a message


def check_peft() -> None:
    """Raise a FeatxError if peft is not installed."""
    try:
        import peft  # noqa: F401
    except ImportError as error:
        raise FeatxError(
            f"`mode='lora'` takes peft, which can't be imported ({first_line(error)}): "
            "`pip install 'featx[lora]'`."
        ) from error


def adapt(encoder: Any, settings: LoraSettings) -> None:
    """Put adapters beside an encoder's projections, which change nothing before they are trained.

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


def adapters_of(encoder: nn.Module) -> dict[str, nn.Parameter]:
    """Return the weights of an encoder's adapters by their names in it; none if it has none."""
    return {name: weight for name, weight in encoder.named_parameters() if ".lora_" in name}


def to_peft(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return adapters' weights under the names that they have in peft's files."""
    return {_PREFIX + name.replace(_INFIX, ""): value for name, value in weights.items()}


def check_gradients(model: nn.Module, seconds: float = 1.0) -> None:
    """Make sure that every adapted weight gets a gradient, on noise.

    An attention that hands its projections' bare weights to a fused function bypasses their
    adapters: they would silently stay as they are. The second factor of an adapter is zero at
    first, by which the first one's gradient is zero too; here it is drawn at random for a moment.

    Args:
        model: an `EmotionModel` with adapters, which is left as it was.
        seconds: how much noise.

    Raises:
        FeatxError: names the weights that get none.
    """
    adapters = adapters_of(model.encoder)
    was_training, before = model.training, {n: w.detach().clone() for n, w in adapters.items()}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        with torch.no_grad():
            for weight in adapters.values():
                weight.normal_(std=0.02)
        noise = torch.randn(1, max(model.shape.shortest, round(16_000 * seconds)))
        device = model.head.output.weight.device
        label = torch.zeros(1, dtype=torch.long, device=device)
        model.eval()(noise.to(device), [noise.shape[1]], label)["loss"].backward()
    idle = [n for n, w in adapters.items() if w.grad is None or not bool(w.grad.any())]
    with torch.no_grad():
        for name, weight in adapters.items():
            weight.copy_(before[name])
    model.zero_grad(set_to_none=True)
    model.train(was_training)
    if idle:
        raise _no_gradients(idle, len(adapters))


def _no_gradients(idle: list[str], count: int) -> FeatxError:
    shown = "\n".join(first_lines([name.replace(_INFIX, "") for name in idle], _SHOWN))
    modules = sorted({name.split(".lora_")[0].rsplit(".", 1)[-1] for name in idle})
    return FeatxError(
        f"{len(idle)} of {count} adapted weights get no gradient, so they would never change:\n"
        f"{shown}\nThe encoder computes past the adapters of {', '.join(modules)}: leave these "
        "out of `settings='lora.target_modules=[...]'`, or adapt others, such as those of the "
        "feed-forward layers."
    )


def merge(encoder: nn.Module) -> None:
    """Add adapters to the weights that they are beside, and take them out; in place.

    The encoder then computes the same up to rounding. One without adapters is left as it is.
    """
    if not adapters_of(encoder):
        return
    from peft.tuners.lora import LoraLayer

    for name, module in list(encoder.named_modules()):
        if isinstance(module, LoraLayer):
            module.merge()
            parent, _, own = name.rpartition(".")
            setattr(encoder.get_submodule(parent), own, module.get_base_layer())
