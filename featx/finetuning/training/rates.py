"""Which of an encoder's layers train from when on, and at which rate."""

from collections.abc import Sequence
from typing import Any

from torch import nn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from featx.features.encoders.checkpoints.find import WHISPER
from featx.finetuning.training.settings import TuningSettings

Weights = list[nn.Parameter]


def layers_of(encoder: Any) -> list[Weights]:
    """Return the weights that train now, by layer from below; layers with none are left out.

    The first layer is the local encoder with all that is before the first block, the others are
    the blocks. A norm after the last block is a part of that.

    Args:
        encoder: transformers' model.
    """
    stack = getattr(encoder, "encoder", encoder)
    blocks = [list(block.parameters()) for block in stack.layers]
    if encoder.config.model_type == WHISPER or getattr(
        encoder.config, "do_stable_layer_norm", False
    ):
        blocks[-1] += stack.layer_norm.parameters()
    above = {id(weight) for block in blocks for weight in block}
    local = [weight for weight in encoder.parameters() if id(weight) not in above]
    training = ([w for w in layer if w.requires_grad] for layer in (local, *blocks))
    return [layer for layer in training if layer]


def groups_of(encoder: Any, head: nn.Module, settings: TuningSettings) -> list[dict[str, Any]]:
    """Return the weights in groups of a rate, as optimisers take them: the head's last.

    With `layer_decay` each layer's rate is that of the layer above it times this (Howard and
    Ruder 2018, "Universal Language Model Fine-tuning", section 3.2; Bao et al. 2022, "BEiT",
    appendix: layer-wise decay), and the highest layer has the encoder's rate.

    Args:
        encoder: transformers' model.
        head: the classifier.
        settings: how both train.
    """
    rate, decay = settings.learning_rate, settings.layer_decay
    if decay is None:
        groups = [{"params": [w for w in encoder.parameters() if w.requires_grad], "lr": rate}]
    else:
        downwards = reversed(layers_of(encoder))
        groups = [{"params": w, "lr": rate * decay**below} for below, w in enumerate(downwards)]
    groups.append({"params": list(head.parameters()), "lr": settings.head_learning_rate or rate})
    return [group for group in groups if group["params"]]


class Unfreezing(TrainerCallback):
    """Lets layers train one after another, the highest first (Howard and Ruder 2018, 3.3).

    How many do follows from the number of the step, so that a training that is taken up again goes
    on as if it had not been stopped.

    Args:
        layers: the weights that shall train in the end, by layer from below.
        every: steps between two layers, and before the first.
    """

    def __init__(self, layers: Sequence[Weights], every: int) -> None:
        self._layers, self._every = layers, every

    def on_step_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **others: Any,
    ) -> None:
        """Choose the layers of a step."""
        awake = state.global_step // self._every
        for below, layer in enumerate(reversed(self._layers)):
            for weight in layer:
                weight.requires_grad_(below < awake)
