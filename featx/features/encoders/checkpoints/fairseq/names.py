"""Names of weights: from fairseq's to transformers'.

The pairs are those of transformers' own converters of wav2vec 2.0, HuBERT, data2vec-audio and
WavLM (`convert_*_original_pytorch_checkpoint_to_pytorch.py`), which need fairseq itself.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from featx.errors import FeatxError

FIRST = "feature_extractor.conv_layers.0.0.weight"  # by it the encoder's prefix is found
_BLOCK = r"encoder\.layers\.(\d+)\."
_IN_BLOCK = r"encoder.layers.\1."
_POSITION = "encoder.pos_conv_embed.conv."
_SIZE, _DIRECTION = (f"{_POSITION}parametrizations.weight.original{part}" for part in (0, 1))
_RENAMED = tuple(
    (re.compile(theirs), ours)
    for theirs, ours in (
        (r"feature_extractor\.conv_layers\.(\d+)\.0\.", r"feature_extractor.conv_layers.\1.conv."),
        # a layer norm is wrapped in two transpositions, a group norm is not
        (
            r"feature_extractor\.conv_layers\.(\d+)\.2\.(?:1\.)?",
            r"feature_extractor.conv_layers.\1.layer_norm.",
        ),
        (r"layer_norm\.", "feature_projection.layer_norm."),
        (r"post_extract_proj\.", "feature_projection.projection."),
        (r"mask_emb$", "masked_spec_embed"),
        (r"encoder\.layer_norm\.", "encoder.layer_norm."),
        (r"encoder\.pos_conv\.0\.(?:weight_g|parametrizations\.weight\.original0)$", _SIZE),
        (r"encoder\.pos_conv\.0\.(?:weight_v|parametrizations\.weight\.original1)$", _DIRECTION),
        (r"encoder\.pos_conv\.0\.bias$", f"{_POSITION}bias"),
        (r"encoder\.pos_conv\.(\d+)\.0\.", r"encoder.pos_conv_embed.layers.\1.conv."),
        (_BLOCK + r"self_attn\.grep_linear\.", _IN_BLOCK + "attention.gru_rel_pos_linear."),
        (_BLOCK + r"self_attn\.grep_a$", _IN_BLOCK + "attention.gru_rel_pos_const"),
        (_BLOCK + r"self_attn\.relative_attention_bias\.", _IN_BLOCK + "attention.rel_attn_embed."),
        (_BLOCK + r"self_attn\.([qkv]|out)_proj\.", _IN_BLOCK + r"attention.\2_proj."),
        (_BLOCK + r"self_attn_layer_norm\.", _IN_BLOCK + "layer_norm."),
        (_BLOCK + r"fc1\.", _IN_BLOCK + "feed_forward.intermediate_dense."),
        (_BLOCK + r"fc2\.", _IN_BLOCK + "feed_forward.output_dense."),
        (_BLOCK + r"final_layer_norm\.", _IN_BLOCK + "final_layer_norm."),
    )
)
# serve pretraining alone
_DROPPED = ("quantizer.", "project_q.", "final_proj", "target_glu.", "label_embs_concat", "_ema")
_OTHERS = (  # what a weight is called in models that are computed otherwise, and what they are
    ("vector_quantizer.", "a vq-wav2vec"),
    ("feature_aggregator.", "a wav2vec 1.0"),
    ("modality_encoders.", "a data2vec 2.0"),
    (".conv_module.", "a model of conformer blocks"),
    ("project_inp.", "a wav2vec 2.0 of quantised inputs"),
)
KNOWN = "wav2vec 2.0, HuBERT, data2vec-audio and WavLM"


def rename_weights(path: Path, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return an encoder's weights under transformers' names.

    Weights of pretraining are left out, and so is what a fine-tuned model has on its encoder.

    Args:
        path: the file, for messages.
        weights: by fairseq's names.

    Raises:
        FeatxError: if they are of a model of another kind, or one of them is unknown.
    """
    for part, kind in _OTHERS:
        if any(name.startswith(part) or part in f".{name}" for name in weights):
            raise FeatxError(
                f"{path}: {kind} of fairseq, which featx does not compute. It takes {KNOWN}."
            )
    prefix = _prefix(path, weights)
    renamed, unknown = {}, []
    for name, weight in weights.items():
        own = name.removeprefix(prefix)
        if not name.startswith(prefix) or own.startswith(_DROPPED):
            continue
        ours = _renamed(own)
        if ours is None:
            unknown.append(name)
        else:
            renamed[ours] = weight
    if unknown:
        raise FeatxError(
            f"{path}: {len(unknown)} weights belong to no encoder that featx knows, among them "
            f"{unknown[0]}. It takes {KNOWN}."
        )
    return _with_projection(renamed)


def _prefix(path: Path, weights: Mapping[str, Tensor]) -> str:
    """Return what stands before the names of an encoder's weights: nothing if it is all there is.

    A model fine-tuned for CTC has `w2v_encoder.w2v_model.` there.
    """
    found = [name.removesuffix(FIRST) for name in weights if name.endswith(FIRST)]
    if not found:
        some = ", ".join(list(weights)[:3])[:200] or "none"
        raise FeatxError(
            f"{path}: no speech encoder of fairseq, as it lacks {FIRST}; its weights are {some} "
            f"and the like. featx takes {KNOWN}."
        )
    return min(found, key=len)


def _renamed(name: str) -> str | None:
    for theirs, ours in _RENAMED:
        match = theirs.match(name)
        if match:
            return match.expand(ours) + name[match.end() :]
    return None


def _with_projection(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Add the projection that fairseq leaves out where convolutions and blocks are as wide."""
    projection, wide = "feature_projection.projection", weights.get("encoder.layer_norm.weight")
    if f"{projection}.weight" in weights or wide is None:
        return weights
    dim = len(wide)
    added = {f"{projection}.weight": torch.eye(dim), f"{projection}.bias": torch.zeros(dim)}
    return {**weights, **added}
