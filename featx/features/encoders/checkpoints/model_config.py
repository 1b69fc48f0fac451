"""A checkpoint's config.json: read, checked, and nothing run that it names."""

import json
import math
from pathlib import Path
from typing import Any

from featx.errors import FeatxError
from featx.features.encoders.checkpoints.fairseq.path import fairseq_file
from featx.features.encoders.checkpoints.find import WHISPER
from featx.features.encoders.checkpoints.folders import CONFIG, is_ctranslate2, mistaken_for
from featx.utils.text import first_line, nearest, shorten

# model_type in config.json
FAMILIES = (
    *("wav2vec2", "hubert", "unispeech", "unispeech-sat", "wavlm", "data2vec-audio"),
    WHISPER,
)
# keys by which transformers would load code or other files: nothing of them is needed here
_FOREIGN = (
    *("auto_map", "attn_implementation", "_attn_implementation", "_attn_implementation_internal"),
    *("experts_implementation", "_experts_implementation", "fusion_config", "trust_remote_code"),
    *("transformers_weights", "custom_pipelines", "use_kernels", "kernel_config"),
)
_MOST_BLOCKS, _MOST = 1_000, 100_000
_MOST_BYTES = 10_000_000  # of a file of settings
_BLOCKS = ("num_hidden_layers", "encoder_layers", "decoder_layers", "num_adapter_layers")
_SIZES = (  # positive integers
    *("hidden_size", "num_attention_heads", "intermediate_size", "num_conv_pos_embeddings"),
    *("num_conv_pos_embedding_groups", "d_model", "encoder_attention_heads", "encoder_ffn_dim"),
    *("num_mel_bins", "max_source_positions", "num_buckets", "max_bucket_distance"),
    *("adapter_attn_dim", "output_hidden_size", "adapter_kernel_size", "adapter_stride"),
)
_CONVOLUTIONS = ("conv_dim", "conv_kernel", "conv_stride")
_ACTIVATIONS = ("hidden_act", "feat_extract_activation", "activation_function")
_CHOICES = {"feat_extract_norm": ("group", "layer")}
_SWITCHES = ("do_stable_layer_norm", "conv_bias", "feat_proj_layer_norm", "conv_pos_batch_norm")
_OPTIONAL = {"adapter_attn_dim", "output_hidden_size"}  # may be null


def read_model_config(folder: Path) -> Any:
    """Read the config of a checkpoint, as transformers has it.

    Raises:
        FeatxError: if it can't be read, is not of a family that featx knows, or has a value that
            no encoder can have; names the key.
    """
    if is_ctranslate2(folder):
        from featx.features.encoders.checkpoints.ctranslate2 import read_whisper_config

        return read_whisper_config(folder)
    fairseq = fairseq_file(folder)
    if fairseq:
        from featx.features.encoders.checkpoints.fairseq.load import read_fairseq_config

        return read_fairseq_config(fairseq)
    path = folder / CONFIG
    table = read_settings(path)
    family = table.get("model_type")
    if family not in FAMILIES:
        raise FeatxError(f"{path}: model_type is {family!r}; featx knows {', '.join(FAMILIES)}.")
    _check(path, table)
    from transformers import AutoConfig  # fills in the defaults that config.json leaves out

    kept = {key: value for key, value in table.items() if key not in _FOREIGN}
    try:
        config = AutoConfig.for_model(kept.pop("model_type"), **kept)
    except Exception as error:  # whatever its validation raises, the file is at fault
        raise FeatxError(f"{path}: not a valid model config ({_in_one_line(error)}).") from error
    _check_together(path, config)
    return config


def read_settings(path: Path) -> dict[str, Any]:
    """Read a file of settings.

    Raises:
        FeatxError: if it can't be read, or is not a table in JSON.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise FeatxError(f"{path}: {path.stat().st_size:,} bytes, too many for settings.")
        if mistaken := mistaken_for(path):
            raise FeatxError(f"{path}: {mistaken}, not settings in JSON.")
        table = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise FeatxError(f"{path}: can't be read ({error.strerror}).") from error
    except (ValueError, RecursionError) as error:
        raise FeatxError(f"{path}: not JSON ({first_line(error)}).") from error
    if not isinstance(table, dict):
        raise FeatxError(f"{path}: holds a JSON {type(table).__name__}, not a table of settings.")
    return table


def check_size(path: Path, key: str, value: object, most: int) -> None:
    """Check a number of blocks, features, samples and the like.

    Raises:
        FeatxError: if it is not an integer from 1 to `most`; names the file and the key.
    """
    if type(value) is not int or not 1 <= value <= most:
        raise _wrong(path, key, value, f"an integer from 1 to {most:,}")


def _check(path: Path, table: dict[str, Any]) -> None:
    """Refuse values of a config that no encoder can have; None where a key may be left out."""
    if table.get("quantization_config"):
        raise FeatxError(
            f"{path}: quantization_config says that its weights are quantised, and featx reads "
            "weights as they were trained. Take the checkpoint that was quantised."
        )
    for key in _BLOCKS:
        if key in table:
            check_size(path, key, table[key], _MOST_BLOCKS)
    for key in _SIZES:
        if key in table and not (table[key] is None and key in _OPTIONAL):
            check_size(path, key, table[key], _MOST)
    for key in _CONVOLUTIONS:
        if key in table:
            _check_list(path, key, table[key])
    for key in _SWITCHES:
        if key in table and type(table[key]) is not bool:
            raise _wrong(path, key, table[key], "true or false")
    for key, allowed in _CHOICES.items():
        if key in table and table[key] not in allowed:
            raise _wrong(path, key, table[key], " or ".join(map(repr, allowed)))
    if "layer_norm_eps" in table:
        _check_eps(path, table["layer_norm_eps"])
    for key in _ACTIVATIONS:
        if key in table:
            _check_activation(path, key, table[key])


def _check_list(path: Path, key: str, value: object) -> None:
    if not isinstance(value, list) or not 1 <= len(value) <= _MOST_BLOCKS:
        raise _wrong(path, key, value, "a list of integers, each for a convolution")
    for number, item in enumerate(value):
        check_size(path, f"{key}[{number}]", item, _MOST)


def _check_eps(path: Path, value: object) -> None:
    number = type(value) in (int, float)
    if not number or not math.isfinite(value) or not 0 <= value < 1:  # type: ignore[arg-type,operator]
        raise _wrong(path, "layer_norm_eps", value, "a number from 0 to 1")


def _check_activation(path: Path, key: str, value: object) -> None:
    from transformers.activations import ACT2FN

    if not isinstance(value, str) or value not in ACT2FN:
        hint = f"; {nearest(value, ACT2FN)}" if isinstance(value, str) else ""
        raise _wrong(path, key, value, f"the name of an activation of transformers{hint}")


def _check_together(path: Path, config: Any) -> None:
    """Refuse values that do not go together, with the defaults of those that are not given."""
    if config.model_type == WHISPER:
        dim, heads, named = config.d_model, config.encoder_attention_heads, "d_model"
    else:
        dim, heads, named = config.hidden_size, config.num_attention_heads, "hidden_size"
        lengths = {key: len(getattr(config, key)) for key in _CONVOLUTIONS}
        if len(set(lengths.values())) > 1:
            shown = ", ".join(f"{key} {length}" for key, length in lengths.items())
            raise FeatxError(f"{path}: convolutions differ in number: {shown}.")
        groups = config.num_conv_pos_embedding_groups
        if dim % groups:
            raise FeatxError(
                f"{path}: num_conv_pos_embedding_groups, {groups}, does not divide hidden_size, "
                f"{dim}."
            )
    if dim % heads:
        raise FeatxError(f"{path}: {heads} attention heads do not divide {named}, {dim}.")


def _wrong(path: Path, key: str, value: object, expected: str) -> FeatxError:
    shown = shorten(json.dumps(value, default=str), 80)
    return FeatxError(f"{path}: {key} is {shown}, and must be {expected}.")


def _in_one_line(error: Exception) -> str:
    return shorten(" ".join(str(error).split()), 300)
