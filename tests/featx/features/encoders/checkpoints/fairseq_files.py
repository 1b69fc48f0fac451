"""Checkpoints as fairseq writes them, of models that transformers has."""

import argparse

import torch

# transformers' names to fairseq's, the other way round than featx has it; in this order
NAMES = (
    ("feature_projection.layer_norm", "layer_norm"),
    ("feature_projection.projection", "post_extract_proj"),
    ("masked_spec_embed", "mask_emb"),
    ("pos_conv_embed.conv.parametrizations.weight.original0", "pos_conv.0.weight_g"),
    ("pos_conv_embed.conv.parametrizations.weight.original1", "pos_conv.0.weight_v"),
    ("pos_conv_embed.conv.bias", "pos_conv.0.bias"),
    ("pos_conv_embed.layers.", "pos_conv."),
    ("attention.gru_rel_pos_linear", "self_attn.grep_linear"),
    ("attention.gru_rel_pos_const", "self_attn.grep_a"),
    ("attention.rel_attn_embed", "self_attn.relative_attention_bias"),
    ("attention.", "self_attn."),
    ("feed_forward.intermediate_dense", "fc1"),
    ("feed_forward.output_dense", "fc2"),
)
LAYERS = "[(8, 10, 5)] + [(8, 3, 2)] * 4 + [(8,2,2)] + [(8,2,2)]"
CONVOLUTIONS = (10, 3, 3, 3, 3, 2, 2), (5, 2, 2, 2, 2, 2, 2)  # kernels, strides
LAYER_NORM = {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True}


def fairseq_name(name, by_layer):
    if name.startswith("feature_extractor"):
        norm = "2.1" if by_layer else "2"
        return name.replace("layer_norm", norm).replace(".conv.", ".0.")
    for ours, theirs in NAMES:
        name = name.replace(ours, theirs)
    if "pos_conv" in name:
        return name.replace(".conv.", ".0.")
    parts = name.split(".")
    if parts[:2] == ["encoder", "layers"] and parts[3] == "layer_norm":
        parts[3] = "self_attn_layer_norm"
    return ".".join(parts)


def fairseq_weights(model, prefix=""):
    by_layer = getattr(model.config, "feat_extract_norm", "layer") == "layer"
    weights = model.state_dict().items()
    return {prefix + fairseq_name(name, by_layer): value for name, value in weights}


def settings_of(model, **others):
    """What fairseq sets for such a model, flat."""
    return {
        "conv_feature_layers": LAYERS,
        "encoder_attention_heads": model.config.num_attention_heads,
        "layer_norm_first": getattr(model.config, "do_stable_layer_norm", False),
        "activation_fn": "gelu",
        **others,
    }


PRETRAINING = {  # what serves pretraining alone
    "wav2vec2": {"quantizer.vars": torch.zeros(1, 4, 2), "project_q.weight": torch.zeros(2, 2)},
    "hubert": {"label_embs_concat": torch.zeros(4, 2), "final_proj.weight": torch.zeros(2, 16)},
    "wavlm": {},
    "data2vec-audio": {"final_proj.0.weight": torch.zeros(2, 2), "_ema": {"a": torch.zeros(1)}},
}


def as_published(model, family, normalize, shape):
    """Return the checkpoint's contents in a shape that fairseq has written."""
    flat = settings_of(model, normalize=normalize)
    table = {
        "model": settings_of(model, normalize="${task.normalize}"),
        "task": {"normalize": normalize},
    }
    weights = {**fairseq_weights(model), **PRETRAINING[family]}
    fine = fairseq_weights(model, "w2v_encoder.w2v_model.")
    fine["w2v_encoder.proj.weight"] = torch.zeros(5, 16)
    return {
        "fairseq-args": {"args": argparse.Namespace(**flat), "cfg": None, "model": weights},
        "fairseq-cfg": {"args": None, "cfg": table, "model": weights},
        "fairseq-flat-cfg": {"cfg": flat, "model": weights},  # WavLM's
        "fairseq-s3prl": {
            "model_cfg": flat, "task_cfg": {"normalize": normalize}, "model_weight": weights},
        "fairseq-fine-tuned-args": {"model": fine, "args": argparse.Namespace(
            encoder_attention_heads=99, w2v_args=argparse.Namespace(**flat))},
        "fairseq-fine-tuned-cfg": {"model": fine, "cfg": {
            "model": {"w2v_args": table, "normalize": normalize}, "task": {}}},
    }[shape]  # fmt: skip
