"""How a model is fine-tuned: rates, steps, looks, loss."""

import math
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    NonNegativeFloat,
    PlainSerializer,
    PositiveInt,
    model_validator,
)

from classifiers.choices import Sampling
from classifiers.objectives import LossSettings
from classifiers.sampling import check_balance
from featx.finetuning.choices import BestBy
from featx.utils.config import Schema

Rate = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def _whole_or_infinite(value: float) -> float:
    """Return a number of looks as an integer, or infinity.

    Raises:
        ValueError: if it is neither.
    """
    if value == math.inf:
        return value
    if value >= 1 and value.is_integer():
        return int(value)
    raise ValueError(
        f"must be a whole number from 1, or inf, which never stops early (got {value:g})"
    )


Looks = Annotated[
    float,
    AfterValidator(_whole_or_infinite),
    PlainSerializer(lambda value: value, return_type=int | float),  # 5, not 5.0
]


class TuningSettings(LossSettings, Schema):
    """How a model is fine-tuned, by transformers' Trainer; its loss as `LossSettings` says.

    Attributes:
        sampling: which utterances make an epoch: "shuffled" for every utterance once, "balanced"
            for as many, of every class equally often.
        batch_size: utterances that go through the model at once, on each GPU; also in evaluation.
        accumulation: batches whose gradients are added for a step.
        epochs: passes over the training data, at most.
        max_steps: steps of the optimiser, at most; without it, those of all epochs. The schedule
            ends with the training, whichever bound ends it.
        learning_rate: AdamW's, for the encoder's weights.
        head_learning_rate: AdamW's, for the head's weights; the same by default.
        layer_decay: what a layer's rate is multiplied by for the layer below it; the highest has
            `learning_rate`, the local encoder as a whole the lowest. Without it all have the same.
        unfreeze_every: steps after which another layer of the encoder begins to train, the highest
            first and the local encoder last; the head alone trains before. Without it all train
            from the beginning.
        warmup: share of all steps over which the rates rise from 0.
        schedule: how the rates go on after that: to 0 on a "linear" or "cosine" course, or
            "constant".
        weight_decay: AdamW's.
        max_grad_norm: bound on the norm of all gradients together.
        every: steps between two looks at the validation data; each saves a checkpoint.
        best_by: what chooses the checkpoint: the highest "score", which is the UAR of classes, the
            macro F1 of several labels and the mean CCC of numbers, the highest "wa" of classes, the
            lowest "loss", or "parting", where the loss of the data that choose it parts from the
            training loss (`Look.worth`).
        patience: stop after so many looks without a better one; `inf` never stops early.
        group_by_length: make batches of utterances of similar length, which saves padding.
        gradient_checkpointing: keep fewer activations and compute them again: less memory for
            more time.
        precision: number format of products and convolutions; weights stay in float32.
    """

    sampling: Sampling = "shuffled"
    batch_size: PositiveInt
    accumulation: PositiveInt
    epochs: PositiveInt
    max_steps: PositiveInt | None = None
    learning_rate: Rate
    head_learning_rate: Rate | None = None
    layer_decay: Annotated[float, Field(gt=0, le=1)] | None = None
    unfreeze_every: PositiveInt | None = None
    warmup: Annotated[float, Field(ge=0, lt=1)]
    schedule: Literal["linear", "cosine", "constant"]
    weight_decay: NonNegativeFloat
    max_grad_norm: Rate
    every: PositiveInt
    best_by: BestBy
    patience: Looks
    group_by_length: bool
    gradient_checkpointing: bool
    precision: Literal["float32", "bfloat16", "float16"]

    @model_validator(mode="after")
    def _balances_once(self) -> Self:
        check_balance(self.sampling, self.class_weights)
        return self
