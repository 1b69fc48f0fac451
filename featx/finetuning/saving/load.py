"""Saved models are read, also those that somebody else may have made."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from classifiers.pooled import PooledClassifier
from featx.errors import FeatxError
from featx.features.encoders.checkpoints.folders import (
    ADAPTER,
    ADAPTER_WEIGHTS,
    encoder_folder,
)
from featx.features.encoders.checkpoints.loading import load_model
from featx.features.encoders.preprocessing import load_extractor
from featx.features.encoders.shape import read_shape
from featx.finetuning.adapting.adapters import adapt, as_saved
from featx.finetuning.model import EmotionModel
from featx.finetuning.saving.contents import (
    HEAD_WEIGHTS,
    Adapted,
    SavedHead,
)
from featx.finetuning.saving.foreign import adapter_shapes, check_encoder, check_settings
from featx.runs.files import SAVED_HEAD
from featx.runs.outputs import Outputs
from featx.runs.safe_files import check_folder, read_text_of
from featx.runs.safe_weights import read_weights, shapes_of


@dataclass(frozen=True)
class TunedModel:
    """A fine-tuned model, ready to predict.

    Attributes:
        model: the encoder and the head, in evaluation mode.
        extractor: transformers', prepares waveforms.
        outputs: what the head's outputs stand for.
        seconds: how much of the beginning of each utterance the model heard; infinite for all.
    """

    model: EmotionModel
    extractor: Any
    outputs: Outputs
    seconds: float = math.inf

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of its classes; none of a regression."""
        return self.outputs.classes or ()


def load_tuned(folder: Path) -> TunedModel:
    """Read a model that `save_model` wrote.

    Raises:
        FeatxError: if the folder does not hold one, or its files can't be used; nothing in them is
            executed, and no memory taken before their sizes are checked.
    """
    if not (folder / SAVED_HEAD).is_file():
        raise FeatxError(
            f"{folder}: not a model that `featx.finetune` saved, as it has no {SAVED_HEAD}. A run "
            "keeps them in its folder models."
        )
    check_folder(folder)
    saved = read_text_of(folder / SAVED_HEAD, SavedHead)
    place = encoder_folder(folder) if saved.adapted is None else folder / ADAPTER
    check_folder(place)
    check_settings(place, of_peft=saved.adapted is not None and saved.adapted.lora is not None)
    head, shape = _load_head(folder, saved, place), read_shape(place)
    if saved.adapted is None:
        check_encoder(place)
        encoder, extractor = load_model(place), load_extractor(place)
    else:
        encoder, extractor = _load_adapted(folder, saved.adapted)
    model = EmotionModel(encoder, extractor, shape, head, saved.mode)
    return TunedModel(
        model=model.eval().requires_grad_(False),
        extractor=extractor,
        outputs=saved.outputs,
        seconds=math.inf if saved.seconds is None else saved.seconds,
    )


def _load_adapted(folder: Path, adapted: Adapted) -> tuple[Any, Any]:
    """Return the encoder that adapters name, with these, and its preprocessing."""
    place = folder / ADAPTER
    shapes = adapter_shapes(place, adapted.settings)
    expected = as_saved(shapes, adapted.settings)
    names = dict(zip(expected, shapes, strict=True))
    weights = read_weights(place / ADAPTER_WEIGHTS, expected)
    extractor = load_extractor(place)
    encoder = adapted.base.load(folder, extractor)
    adapt(encoder, adapted.settings)
    own = {names[name]: value for name, value in weights.items()}
    encoder.load_state_dict({**encoder.state_dict(), **own})
    return encoder, extractor


def _load_head(folder: Path, saved: SavedHead, place: Path) -> PooledClassifier:
    """Return the classifier, whose weights fit the config of its encoder."""
    shape = read_shape(place)
    sizes = shape.dim, len(saved.names), len(shape.layers)
    with torch.device("meta"):
        expected = shapes_of(PooledClassifier(saved.settings, *sizes))
    weights = read_weights(folder / HEAD_WEIGHTS, expected)
    head = PooledClassifier(saved.settings, *sizes)
    head.load_state_dict(weights)
    return head
