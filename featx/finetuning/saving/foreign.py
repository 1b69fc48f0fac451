"""A saved model that somebody else may have made: what is refused before transformers reads it."""

from pathlib import Path
from typing import Any

import torch

from featx.features.encoders.checkpoints.folders import (
    CONFIG,
    INDEX,
    PREPROCESSOR,
    PROCESSOR,
    SAFETENSORS,
)
from featx.features.encoders.checkpoints.model_config import read_model_config, read_settings
from featx.features.encoders.families import family_of
from featx.features.encoders.shape import read_shape
from featx.finetuning.adapting.adapters import adapt, adapters_of
from featx.finetuning.adapting.settings import Adapters
from featx.runs.safe_files import refused
from featx.runs.safe_weights import Shape, check_weights, shapes_of

_CODE = ("auto_map", "trust_remote_code", "custom_pipelines", "quantization_config")
_ATTENTION = ("attn_implementation", "_attn_implementation")
_ADAPTERS = "adapter_config.json"
_OTHERS = (  # lead to other weights, or to another preprocessor
    f"{SAFETENSORS}{INDEX}",
    PROCESSOR,
)


def check_settings(folder: Path, of_peft: bool = False) -> None:
    """Refuse settings that name code; their values are checked where they are read.

    Args:
        folder: the saved model's, whose files are plain and small.
        of_peft: whether it has adapters that peft takes with a file of its own.

    Raises:
        FeatxError: names the file.
    """
    for name in (*_OTHERS, *(() if of_peft else (_ADAPTERS,))):
        if (folder / name).exists():
            raise refused(folder / name, "a saved model has no such file")
    for name in (CONFIG, PREPROCESSOR):
        path = folder / name
        table = read_settings(path)
        for key in _CODE:
            if key in table:
                raise refused(path, f"it has {key}, which may name code")
        for key in _ATTENTION:
            if table.get(key) not in (None, "eager", "sdpa"):
                raise refused(path, f"its {key} is {str(table[key])[:80]!r}, which may name code")


def check_encoder(folder: Path) -> None:
    """Refuse weights of other shapes than the config has, before memory is taken for any.

    Args:
        folder: the saved model's, whose settings have been checked.

    Raises:
        FeatxError: names the file.
    """
    model = _outline(folder)
    prefixes = ("", f"{model.base_model_prefix}.", "encoder.")  # the last is Whisper's
    check_weights(folder / SAFETENSORS, shapes_of(model), prefixes, optional=("masked_spec_embed",))


def adapter_shapes(folder: Path, settings: Adapters) -> dict[str, Shape]:
    """Return the shape of each weight of an encoder's adapters, before memory is taken for any.

    Args:
        folder: the adapters', whose config is the encoder's and has been checked.
        settings: the adapters' kind, where they are, and how large.

    Raises:
        FeatxError: if no such encoder can have such adapters.
    """
    model = _outline(folder)
    with torch.device("meta"):
        adapt(model, settings)
    return {name: tuple(weight.shape) for name, weight in adapters_of(model).items()}


def _outline(folder: Path) -> Any:
    """Return an encoder without its weights."""
    config = read_model_config(folder)
    try:
        read_shape(folder)
        with torch.device("meta"):
            return family_of(config).untrained(config)
    except Exception as error:  # whatever transformers says of sizes that do not go together
        reason = f"no encoder can be built of it ({error})"
        raise refused(folder / CONFIG, reason) from error
