"""The architecture of fairseq's encoders, from their weights' shapes and their settings."""

import ast
import re
from collections.abc import Mapping
from typing import Any

from torch import Tensor
from transformers import AutoConfig, PretrainedConfig

from featx.errors import FeatxError
from featx.features.encoders.checkpoints.fairseq.file import FairseqFile

HEAD_DIM = 64  # features of an attention head in every published model
PUBLISHED: dict[tuple[int, ...], tuple[int, ...]] = {
    (10, 3, 3, 3, 3, 2, 2): (5, 2, 2, 2, 2, 2, 2)
}  # kernels to strides, of all of them
ACTIVATIONS = {
    "gelu": "gelu",
    "gelu_accurate": "gelu_new",
    "gelu_fast": "gelu_new",
    "relu": "relu",
    "swish": "silu",
}
FARTHEST = 800  # WavLM's positions farther than this share a value, in every published model
_MOST = 100  # convolutions
_CONV = "feature_extractor.conv_layers.{}.{}"
_POSITION = "encoder.pos_conv_embed.{}"


def derive_config(file: FairseqFile, weights: Mapping[str, Tensor]) -> PretrainedConfig:
    """Return transformers' config of an encoder.

    Sizes are those of the weights. What shapes don't tell is taken from the file's settings,
    else from the published recipes: heads of 64 features, the strides of the seven convolutions,
    and norms before attention where every convolution has a layer norm.

    Args:
        file: the file, for its settings.
        weights: by transformers' names.

    Raises:
        FeatxError: if a weight is missing, or the strides can't be known.
    """
    convolutions = _convolutions(file, weights)
    family = _family(file, weights)
    dim = len(_find(file, weights, "encoder.layer_norm.weight"))
    by_layer = _CONV.format(len(convolutions) - 1, "layer_norm.weight") in weights
    first = file.setting("layer_norm_first", bool)
    sizes: dict[str, Any] = {
        "hidden_size": dim,
        "num_hidden_layers": _count(file, weights, r"encoder\.layers\.(\d+)\."),
        "num_attention_heads": _heads(file, weights, dim),
        "intermediate_size": len(
            _find(file, weights, "encoder.layers.0.feed_forward.intermediate_dense.weight")
        ),
        "hidden_act": _activation(file),
        "conv_dim": [width for width, _, _ in convolutions],
        "conv_kernel": [kernel for _, kernel, _ in convolutions],
        "conv_stride": [stride for _, _, stride in convolutions],
        "conv_bias": _CONV.format(0, "conv.bias") in weights,
        "feat_extract_norm": "layer" if by_layer else "group",
        "do_stable_layer_norm": by_layer if first is None else first,
        **_position(file, weights, family, dim),
    }
    if family == "wavlm":
        bias = _find(file, weights, "encoder.layers.0.attention.rel_attn_embed.weight")
        sizes["num_buckets"] = len(bias)
        sizes["max_bucket_distance"] = file.setting("max_distance", int) or FARTHEST
    if family == "data2vec-audio":
        if first or not by_layer:
            raise _unlike(file, "a data2vec-audio with other norms than the published one")
        del sizes["do_stable_layer_norm"]
    return AutoConfig.for_model(family, **sizes)


def normalises(file: FairseqFile, config: PretrainedConfig) -> tuple[bool, str, bool]:
    """Tell whether an encoder takes normalised waveforms, and how that is known.

    Args:
        file: the file, for its settings.
        config: transformers' config of the encoder.

    Returns:
        Whether; how that is known; and whether it was assumed.
    """
    said = file.setting("normalize", bool)
    if said is not None:
        return said, "as its settings say", False
    usual = getattr(config, "feat_extract_norm", "layer") == "layer"
    norms = "layer norms" if usual else "a group norm"
    return usual, f"as is usual with {norms} in the convolutions; its settings don't say", True


def read_convolutions(text: str) -> list[tuple[int, int, int]] | None:
    """Read width, kernel and stride of convolutions, such as "[(512, 10, 5)] + [(512, 3, 2)] * 4".

    Nothing is evaluated but sums, products and lists of numbers.

    Args:
        text: fairseq's `conv_feature_layers`.

    Returns:
        None if it is no such text.
    """
    try:
        found = _value(ast.parse(text[:1000].strip(), mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if not isinstance(found, list):
        return None
    whole = all(isinstance(layer, tuple) and len(layer) == 3 for layer in found)
    return found if whole and all(min(layer) > 0 for layer in found) else None


def _value(node: ast.expr) -> Any:
    """Return the list, tuple or number that an expression stands for."""
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, ast.Tuple):
        numbers = tuple(_value(element) for element in node.elts)
        if all(isinstance(number, int) for number in numbers):
            return numbers
    if isinstance(node, ast.List):
        return [_value(element) for element in node.elts]
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left), _value(node.right)
        if isinstance(node.op, ast.Add) and isinstance(left, list) and isinstance(right, list):
            return left + right
        times = isinstance(node.op, ast.Mult) and isinstance(left, list) and isinstance(right, int)
        if times and len(left) * right <= _MOST:
            return left * right
    raise ValueError("not a list of convolutions")


def _convolutions(file: FairseqFile, weights: Mapping[str, Tensor]) -> list[tuple[int, int, int]]:
    count = _count(file, weights, r"feature_extractor\.conv_layers\.(\d+)\.")
    kernels = [_find(file, weights, _CONV.format(number, "conv.weight")) for number in range(count)]
    shapes = [(len(weight), int(weight.shape[-1])) for weight in kernels]
    said = read_convolutions(file.setting("conv_feature_layers", str) or "")
    if said is not None:
        if [(width, kernel) for width, kernel, _ in said] != shapes:
            raise _unlike(file, "a model whose convolutions are not those that its settings say")
        return said
    strides = PUBLISHED.get(tuple(kernel for _, kernel in shapes))
    if strides is None:
        raise _unlike(file, "a model of other convolutions, whose strides its settings don't say")
    return [(*shape, stride) for shape, stride in zip(shapes, strides, strict=True)]


def _family(file: FairseqFile, weights: Mapping[str, Tensor]) -> str:
    """Return transformers' model_type."""
    if "encoder.layers.0.attention.gru_rel_pos_const" in weights:
        return "wavlm"
    if _POSITION.format("layers.0.conv.weight") in weights:
        return "data2vec-audio"
    names = [file.setting(name, str) or "" for name in ("_name", "arch", "task")]
    clusters = any(name.endswith("label_embs_concat") for name in file.weights)
    return "hubert" if clusters or any(map(re.compile("hubert").match, names)) else "wav2vec2"


def _heads(file: FairseqFile, weights: Mapping[str, Tensor], dim: int) -> int:
    gate = weights.get("encoder.layers.0.attention.gru_rel_pos_const")
    if gate is not None and gate.ndim == 4:
        return int(gate.shape[1])
    heads = file.setting("encoder_attention_heads", int) or dim // HEAD_DIM
    if heads < 1 or dim % heads:
        raise _unlike(file, f"a model whose {heads} attention heads do not divide {dim} features")
    return heads


def _activation(file: FairseqFile) -> str:
    said = file.setting("activation_fn", str) or "gelu"
    if said not in ACTIVATIONS:
        raise _unlike(file, f"a model of the activation {said[:40]}")
    return ACTIVATIONS[said]


def _position(
    file: FairseqFile, weights: Mapping[str, Tensor], family: str, dim: int
) -> dict[str, int]:
    """Return the sizes of the positional convolution, or of data2vec's several."""
    several = family == "data2vec-audio"
    name = "layers.0.conv.weight" if several else "conv.parametrizations.weight.original1"
    kernel = _find(file, weights, _POSITION.format(name))
    if kernel.ndim != 3 or not kernel.shape[1] or dim % kernel.shape[1]:
        raise _unlike(file, f"a model whose positions are convolved by {tuple(kernel.shape)}")
    sizes = {"num_conv_pos_embedding_groups": dim // int(kernel.shape[1])}
    if not several:
        return {**sizes, "num_conv_pos_embeddings": int(kernel.shape[2])}
    count = _count(file, weights, r"encoder\.pos_conv_embed\.layers\.(\d+)\.")
    return {
        **sizes,
        "num_conv_pos_embeddings": count,
        "conv_pos_kernel_size": int(kernel.shape[2]),
    }


def _count(file: FairseqFile, weights: Mapping[str, Tensor], pattern: str) -> int:
    """Return how many numbers there are in names that begin like this, which must be all."""
    found = (re.match(pattern, name) for name in weights)
    numbers = {int(match[1][:9]) for match in found if match}
    absent = next((number for number in range(len(numbers)) if number not in numbers), None)
    if absent is not None:
        what = pattern.replace("\\", "").replace("(d+).", str(absent))
        raise _unlike(file, f"a model without the weights that transformers calls {what}")
    return len(numbers)


def _find(file: FairseqFile, weights: Mapping[str, Tensor], name: str) -> Tensor:
    if name not in weights:
        raise _unlike(file, f"a model without the weight that transformers calls {name}")
    return weights[name]


def _unlike(file: FairseqFile, what: str) -> FeatxError:
    return FeatxError(
        f"{file.path}: {what}, so that featx can't compute it. It is of another architecture or "
        "incomplete."
    )
