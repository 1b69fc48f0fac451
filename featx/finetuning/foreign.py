"""A saved model that somebody else may have made: what is refused before transformers reads it."""

import json
from pathlib import Path
from typing import Any

import torch

from featx.features.encoders.families import family_of
from featx.features.encoders.folders import CONFIG, PREPROCESSOR, PROCESSOR
from featx.features.encoders.model_config import read_model_config
from featx.features.encoders.shape import read_shape
from featx.runs.safe_files import refused
from featx.runs.safe_weights import check_weights, shapes_of

WEIGHTS = "model.safetensors"
_CODE = ("auto_map", "trust_remote_code", "custom_pipelines", "quantization_config")
_ATTENTION = ("attn_implementation", "_attn_implementation")
_OTHERS = (  # lead to other weights, or to another preprocessor
    "adapter_config.json",
    "model.safetensors.index.json",
    PROCESSOR,
)
_MOST = 1_000  # blocks of an encoder, or convolutions in a row
_LOOPED = ("num_hidden_layers", "encoder_layers", "decoder_layers", "num_adapter_layers")


def check_settings(folder: Path) -> None:
    """Refuse settings that name code, or sizes that no encoder has.

    Args:
        folder: the saved model's, whose files are plain and small.

    Raises:
        FeatxError: names the file.
    """
    for name in _OTHERS:
        if (folder / name).exists():
            raise refused(folder / name, "a saved model has no such file")
    for name in (CONFIG, PREPROCESSOR):
        path = folder / name
        table = _read(path)
        for key in _CODE:
            if key in table:
                raise refused(path, f"it has {key}, which may name code")
        for key in _ATTENTION:
            if table.get(key) not in (None, "eager", "sdpa"):
                raise refused(path, f"its {key} is {str(table[key])[:80]!r}, which may name code")
        for key in _LOOPED:
            if isinstance(table.get(key), int) and table[key] > _MOST:
                raise refused(path, f"{key} is {table[key]:,}, and {_MOST:,} are the most")
        for key, value in table.items():
            if isinstance(value, list) and len(value) > _MOST:
                raise refused(path, f"{key[:80]} has {len(value):,} values")
        if table.get("num_conv_pos_embeddings", 0) > 10 * _MOST:
            raise refused(path, f"num_conv_pos_embeddings is {table['num_conv_pos_embeddings']:,}")


def _read(path: Path) -> dict[str, Any]:
    try:
        table = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise refused(path, str(error.strerror)) from error
    except (ValueError, RecursionError) as error:
        raise refused(path, f"not JSON: {error}") from error
    if not isinstance(table, dict):
        raise refused(path, "no table of settings")
    return table


def check_encoder(folder: Path) -> None:
    """Refuse weights of other shapes than the config has, before memory is taken for any.

    Args:
        folder: the saved model's, whose settings have been checked.

    Raises:
        FeatxError: names the file.
    """
    config = read_model_config(folder)
    path = folder / CONFIG
    try:
        read_shape(folder)
        with torch.device("meta"):
            model = family_of(config).untrained(config)
    except Exception as error:  # whatever transformers says of sizes that do not go together
        raise refused(path, f"no encoder can be built of it ({error})") from error
    prefixes = ("", f"{model.base_model_prefix}.", "encoder.")  # the last is Whisper's
    check_weights(folder / WEIGHTS, shapes_of(model), prefixes, optional=("masked_spec_embed",))
