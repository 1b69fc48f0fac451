"""Fine-tuned models on disk: for featx, and for plain transformers where it has such a model.

A folder never loads in transformers as another model than in featx. Where transformers has no
such model, it refuses the folder: the `config.json` in it names a model type that it doesn't know.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor
from transformers import MODEL_FOR_AUDIO_CLASSIFICATION_MAPPING, MODEL_MAPPING

from classifiers.pooled import PooledClassifier, PooledSettings
from classifiers.settings import PositiveFinite
from featx.errors import FeatxError
from featx.features.encoders.checkpoints import WHISPER
from featx.features.encoders.folders import (
    ADAPTER,
    ADAPTER_WEIGHTS,
    CONFIG,
    ENCODER,
    PREPROCESSOR,
    SAFETENSORS,
    encoder_folder,
)
from featx.features.encoders.loading import load_model
from featx.features.encoders.preprocessing import load_extractor
from featx.features.encoders.shape import read_shape
from featx.finetuning.base import Base
from featx.finetuning.choices import Mode
from featx.finetuning.config import LoraSettings
from featx.finetuning.foreign import adapter_shapes, check_encoder, check_settings
from featx.finetuning.lora import adapt, adapters_of, peft_config, to_peft
from featx.finetuning.model import EmotionModel
from featx.runs.files import SAVED_HEAD
from featx.runs.outputs import Outputs
from featx.runs.safe_files import check_folder, read_text_of
from featx.runs.safe_weights import read_weights, shapes_of
from featx.utils.config import Schema
from featx.utils.files import replacing, write_bytes, write_json

ADAPTER_CONFIG = "adapter_config.json"  # peft's; featx reads `head.json`
HEAD_WEIGHTS = "head.safetensors"
_HEAD = (SAVED_HEAD, HEAD_WEIGHTS)
_ENCODER = (CONFIG, PREPROCESSOR, SAFETENSORS)
_ADAPTER = (CONFIG, PREPROCESSOR, ADAPTER_CONFIG, ADAPTER_WEIGHTS)
PLAIN_FILES = (*_HEAD, *_ENCODER)  # of a model that plain transformers loads too
# of one that featx alone loads
OWN_FILES = (*_HEAD, CONFIG, *(f"{ENCODER}/{name}" for name in _ENCODER))
# of adapters, which take their encoder from elsewhere
ADAPTER_FILES = (*_HEAD, CONFIG, *(f"{ADAPTER}/{name}" for name in _ADAPTER))
_OWN_CONFIG = {"model_type": "featx"}


class Adapted(Schema):
    """What is saved of adapters beside their weights.

    Attributes:
        lora: their settings.
        base: the encoder that they belong to.
    """

    lora: LoraSettings
    base: Base


class SavedHead(PooledSettings, Outputs):
    """What `head.json` holds beside the head's settings: what its outputs stand for, and more.

    Attributes:
        mode: which weights trained.
        seconds: how much of the beginning of each utterance the model heard; None for all of it.
        adapted: the adapters that are saved alone; None if the encoder is saved.
    """

    mode: Mode
    seconds: PositiveFinite | None = None
    adapted: Adapted | None = None

    @property
    def settings(self) -> PooledSettings:
        """The classifier's settings alone."""
        return PooledSettings(**{name: getattr(self, name) for name in PooledSettings.model_fields})

    @property
    def outputs(self) -> Outputs:
        """What the outputs stand for alone."""
        return Outputs(**{name: getattr(self, name) for name in Outputs.model_fields})


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


def save_model(
    model: EmotionModel,
    extractor: Any,
    outputs: Outputs,
    folder: Path,
    seconds: float = math.inf,
    adapted: Adapted | None = None,
) -> None:
    """Write a model to a folder, which is there in full or not at all.

    Where plain transformers has such a model, see `is_plain`, the folder loads there with
    `AutoModelForAudioClassification`. Of others the encoder alone is transformers', in a folder
    `encoder`: in the folder itself transformers would load it with a random classifier. Of one with
    adapters only these are saved, in a folder `adapter` as peft has them, and what tells their
    encoder. featx reads `head.json` in all.

    Args:
        model: the encoder and the head.
        extractor: transformers', prepares waveforms.
        outputs: what the head's outputs stand for.
        folder: where to write; replaced if it is there.
        seconds: how much of the beginning of each utterance the model heard; infinite for all.
        adapted: the adapters' settings and encoder, of a model that has some.
    """
    with replacing(folder) as unfinished:
        if adapted is not None:
            _write_adapters(model, extractor, adapted, unfinished)
        else:
            _write_encoder(model, extractor, outputs, unfinished, seconds)
        write_bytes(unfinished / HEAD_WEIGHTS, save(_on_host(model.head.state_dict())))
        described = SavedHead(
            **model.head.settings.model_dump(),
            **outputs.to_table(),
            mode=model.mode,
            seconds=None if math.isinf(seconds) else seconds,
            adapted=adapted,
        )
        write_json(unfinished / SAVED_HEAD, described.model_dump(mode="json", exclude_none=True))


def _write_encoder(
    model: EmotionModel, extractor: Any, outputs: Outputs, unfinished: Path, seconds: float
) -> None:
    if is_plain(model.head.settings, model.encoder.config.model_type, seconds):
        place, (config, weights) = unfinished, _as_classifier(model, outputs)
    else:
        place, (config, weights) = unfinished / ENCODER, _as_encoder(model.encoder)
        write_json(unfinished / CONFIG, _OWN_CONFIG)
    config.save_pretrained(place)
    extractor.save_pretrained(place)
    write_bytes(place / SAFETENSORS, save(_on_host(weights), {"format": "pt"}))


def _write_adapters(
    model: EmotionModel, extractor: Any, adapted: Adapted, unfinished: Path
) -> None:
    place = unfinished / ADAPTER
    _as_encoder(model.encoder)[0].save_pretrained(place)
    extractor.save_pretrained(place)
    weights = to_peft(_on_host(adapters_of(model.encoder)))
    write_bytes(place / ADAPTER_WEIGHTS, save(weights, {"format": "pt"}))
    table = peft_config(adapted.lora).to_dict()
    table |= {"base_model_name_or_path": adapted.base.encoder, "inference_mode": True}
    write_json(place / ADAPTER_CONFIG, {**table, "target_modules": adapted.lora.target_modules})
    write_json(unfinished / CONFIG, _OWN_CONFIG)


def is_plain(head: PooledSettings, family: str, seconds: float) -> bool:
    """Tell whether plain transformers has a model like a fine-tuned one.

    Its models for audio classification have a linear classifier of the mean of all frames. That
    for Whisper averages over the silence after an utterance too, which no weights can undo.

    Args:
        head: how the classifier is built.
        family: the encoder's model_type.
        seconds: how much of the beginning of each utterance the model heard; infinite for all.
    """
    return head.is_plain and family != WHISPER and math.isinf(seconds)


def _as_classifier(model: EmotionModel, outputs: Outputs) -> tuple[Any, dict[str, Tensor]]:
    """Return config and weights of transformers' model that is the same."""
    encoder, output = model.encoder, model.head.output
    config = type(encoder.config)(**encoder.config.to_dict())
    config.id2label = dict(enumerate(outputs.names))
    config.label2id = {name: number for number, name in enumerate(outputs.names)}
    if outputs.dimensions:
        config.problem_type = "regression"  # whose logits are what is predicted
    config.use_weighted_layer_sum = False
    config.classifier_proj_size = config.hidden_size
    kind: Any = MODEL_FOR_AUDIO_CLASSIFICATION_MAPPING[type(config)]
    config.architectures = [kind.__name__]
    prefix = encoder.base_model_prefix
    weights = {f"{prefix}.{name}": value for name, value in encoder.state_dict().items()}
    # transformers projects, averages, classifies; projecting to the same changes nothing
    weights["projector.weight"] = torch.eye(config.hidden_size)
    weights["projector.bias"] = torch.zeros(config.hidden_size)
    weights["classifier.weight"] = output.weight.detach()
    weights["classifier.bias"] = output.bias.detach()
    return config, weights


def _as_encoder(encoder: Any) -> tuple[Any, dict[str, Tensor]]:
    """Return config and weights of the encoder, as transformers' `AutoModel` loads it.

    The config names no classes, not even those that the encoder's checkpoint may have had.
    """
    table = encoder.config.to_dict()
    for name in ("id2label", "label2id", "num_labels", "problem_type"):
        table.pop(name, None)
    config, weights = type(encoder.config)(**table), dict(encoder.state_dict())
    if config.model_type == WHISPER:  # which AutoModel loads as a part of the model with a decoder
        weights = {f"encoder.{name}": value for name, value in weights.items()}
    kind: Any = MODEL_MAPPING[type(config)]
    config.architectures = [kind.__name__]
    return config, weights


def _on_host(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().cpu().contiguous() for name, value in weights.items()}


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
    check_settings(place, adapters=saved.adapted is not None)
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
    shapes = adapter_shapes(place, adapted.lora)
    names = dict(zip(to_peft(shapes), shapes, strict=True))
    weights = read_weights(place / ADAPTER_WEIGHTS, to_peft(shapes))
    extractor = load_extractor(place)
    encoder = adapted.base.load(folder, extractor)
    adapt(encoder, adapted.lora)
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
