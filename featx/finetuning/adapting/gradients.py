"""Whether every weight of an encoder's adapters gets a gradient."""

import torch

from featx.data.audio import SAMPLE_RATE
from featx.errors import FeatxError
from featx.finetuning.adapting.adapters import adapters_of, module_of
from featx.finetuning.model import EmotionModel
from featx.utils.text import first_lines

_SHOWN = 5  # names in a message


def check_gradients(model: EmotionModel, seconds: float = 1.0) -> None:
    """Make sure that every adapted weight gets a gradient, on noise.

    An attention that hands its projections' bare weights to a fused function bypasses their
    adapters: they would silently stay as they are. What an adapter's last weights are multiplied
    by is zero at first, by which the gradients of its others are zero too; here all are drawn at
    random for a moment, with biases by which a ReLU lets something through.

    Args:
        model: one with adapters, which is left as it was.
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
                weight.normal_(mean=1.0 if weight.ndim == 1 else 0.0, std=0.02)
        noise = torch.randn(1, max(model.shape.shortest, round(SAMPLE_RATE * seconds)))
        device = model.head.output.weight.device
        model.eval()(noise.to(device), [noise.shape[1]])["logits"].sum().backward()
    idle = [n for n, w in adapters.items() if w.grad is None or not bool(w.grad.any())]
    with torch.no_grad():
        for name, weight in adapters.items():
            weight.copy_(before[name])
    model.zero_grad(set_to_none=True)
    model.train(was_training)
    if idle:
        raise _no_gradients(idle, len(adapters))


def _no_gradients(idle: list[str], count: int) -> FeatxError:
    shown = "\n".join(first_lines([name.replace(".default", "") for name in idle], _SHOWN))
    modules = sorted({module_of(name).rsplit(".", 1)[-1] for name in idle})
    return FeatxError(
        f"{len(idle)} of {count} adapted weights get no gradient, so they would never change:\n"
        f"{shown}\nThe encoder computes past the adapters of {', '.join(modules)}: leave these "
        "out of `settings='lora.target_modules=[...]'`, of `settings='adapter.places=[...]'` in "
        "mode adapter, or adapt others, such as those of the feed-forward layers."
    )
