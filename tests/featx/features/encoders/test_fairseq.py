"""Checkpoints of fairseq give what transformers gives, and nothing in them is run."""

import argparse
import collections
import logging
import re
import sys
import types
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from torchaudio.models import wav2vec2_model
from torchaudio.models.wav2vec2.utils.import_fairseq import _convert_state_dict

import featx
from featx.errors import FeatxError
from featx.features.encoders.checkpoints import find_checkpoint, is_model, store_name
from featx.features.encoders.encoder import Encoder
from featx.features.encoders.fairseq_config import read_convolutions
from featx.features.encoders.loading import load_model
from featx.features.encoders.model_config import read_model_config
from featx.features.encoders.preprocessing import load_extractor, load_preprocessing
from featx.features.encoders.shape import find_shape

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


@pytest.fixture
def write(tmp_path):
    def write(state, name="checkpoint.pt", **options):
        torch.save(state, tmp_path / name, **options)
        return tmp_path / name

    return write


def same(path, model, extractor):
    """Compare every layer with transformers' own, and features with those of its folder."""
    waveform = np.random.default_rng(0).standard_normal(4_000).astype(np.float32) * 0.1 + 0.05
    loaded = load_model(path)
    assert load_extractor(path).do_normalize == extractor.do_normalize
    inputs = torch.from_numpy(extractor(waveform, sampling_rate=16_000).input_values[0])[None]
    with torch.no_grad():
        expected = model(inputs, output_hidden_states=True).hidden_states
        actual = loaded(inputs, output_hidden_states=True).hidden_states
    for ours, theirs in zip(actual, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=0)
    encoder, reference = (
        Encoder(find_checkpoint(str(place))) for place in (path, path.with_name("model"))
    )
    assert encoder.digest == reference.digest
    np.testing.assert_array_equal(encoder.encode([waveform])[0], reference.encode([waveform])[0])


SHAPES = {  # rows of docs/checkpoints.md: what fairseq writes, and which model is in it
    "fairseq-args": ("wav2vec2", {}),
    "fairseq-cfg": ("hubert", LAYER_NORM),
    "fairseq-flat-cfg": ("wavlm", {"num_buckets": 12}),
    "fairseq-s3prl": ("hubert", {}),
    "fairseq-fine-tuned-args": ("wav2vec2", LAYER_NORM),
    "fairseq-fine-tuned-cfg": ("data2vec-audio", {}),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_file_gives_what_transformers_gives(shape, tiny, save_model, write):
    family, options = SHAPES[shape]
    normalised = shape != "fairseq-cfg"
    model, extractor = save_model(family, do_normalize=normalised, **{**tiny, **options})
    path = write(as_published(model, family, normalised, shape))
    same(path, model, extractor)
    assert read_model_config(path).model_type == family


@pytest.mark.parametrize("options", [{}, LAYER_NORM])
@pytest.mark.parametrize("family", ["wav2vec2", "hubert", "wavlm", "data2vec-audio"])
def test_every_layer_is_what_transformers_gives(family, options, tiny, save_model, write):
    options = {} if family == "data2vec-audio" else options
    model, extractor = save_model(family, **{**tiny, **options})
    path = write(as_published(model, family, True, "fairseq-args"))
    same(path, model, extractor)
    assert read_model_config(path).model_type == family


@pytest.mark.parametrize("options", [{}, LAYER_NORM])
def test_names_are_those_that_torchaudio_knows(options, tiny, save_model):
    """An independent reader of fairseq's weights gets the same layers from the same names."""
    model, _ = save_model("wav2vec2", **{**tiny, **options})
    by_layer = bool(options)
    theirs = wav2vec2_model(
        "layer_norm" if by_layer else "group_norm", [*zip([8] * 7, *CONVOLUTIONS, strict=True)],
        by_layer, 16, 0, 16, 2, 2, 2, 0, 32, 0, 0, by_layer, 0, None,
    ).eval()  # fmt: skip
    theirs.load_state_dict(_convert_state_dict(fairseq_weights(model)))
    waveform = torch.randn(1, 4_000)
    with torch.no_grad():
        expected, _ = theirs.extract_features(waveform)
        actual = model(waveform, output_hidden_states=True).hidden_states
    torch.testing.assert_close(actual[1], expected[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("options", "normalised"), [({}, False), (LAYER_NORM, True)])
def test_without_settings_the_published_recipe_holds(
    options, normalised, tiny, save_model, write, caplog
):
    sizes = {**tiny, "hidden_size": 128, **options}  # two heads of 64
    model, extractor = save_model("wav2vec2", do_normalize=normalised, **sizes)
    caplog.set_level(logging.INFO, "featx")
    same(write({"model": fairseq_weights(model)}), model, extractor)
    said = f"{'' if normalised else 'not '}normalised to mean 0 and variance 1, as is usual"
    assert said in caplog.text


def test_whether_waveforms_are_normalised_can_be_chosen(tiny, save_model, write):
    model, _ = save_model("wav2vec2", **tiny)
    path = write(as_published(model, "wav2vec2", True, "fairseq-args"))
    found = [load_preprocessing(path, choice) for choice in (None, "yes", "no")]
    assert [each.extractor.do_normalize for each in found] == [True, True, False]
    assert [each.unusual for each in found] == [False, False, True]
    assert "as its settings say" in found[0].source


def test_convolutions_and_blocks_of_the_same_width_have_no_projection(
    tiny, save_model, write, tmp_path
):
    model, extractor = save_model("wav2vec2", False, **{**tiny, "conv_dim": (16,) * 7})
    with torch.no_grad():
        model.feature_projection.projection.weight.copy_(torch.eye(16))
        model.feature_projection.projection.bias.zero_()
    model.save_pretrained(tmp_path / "model")
    weights = fairseq_weights(model)
    del weights["post_extract_proj.weight"], weights["post_extract_proj.bias"]
    settings = settings_of(model, conv_feature_layers=LAYERS.replace("8,", "16,"))
    same(write({"model": weights, "args": argparse.Namespace(**settings)}), model, extractor)


def test_older_files_half_precision_and_a_folder(tiny, save_model, write, tmp_path):
    model, _ = save_model("hubert", **tiny)
    model.half().float()
    weights = {name: value.half() for name, value in fairseq_weights(model).items()}
    state = {"model": weights, "args": argparse.Namespace(**settings_of(model))}
    (tmp_path / "folder").mkdir()
    path = write(state, "folder/old.pt", _use_new_zipfile_serialization=False)
    loaded = load_model(path.parent)
    assert loaded.dtype is torch.float32
    for name, value in model.state_dict().items():
        torch.testing.assert_close(loaded.state_dict()[name], value.half().float(), rtol=0, atol=0)
    assert (store_name(str(path.parent)), store_name(str(path))) == ("folder", "old")
    shapes = [find_shape(str(place)) for place in (path, path.parent, tmp_path / "model")]
    assert shapes[0] == shapes[1] == shapes[2]


def test_a_mask_that_a_fine_tuned_file_lacks_is_zero(tiny, save_model, write):
    model, _ = save_model("wav2vec2", **tiny)
    state = as_published(model, "wav2vec2", True, "fairseq-fine-tuned-args")
    del state["model"]["w2v_encoder.w2v_model.mask_emb"]
    assert not load_model(write(state)).masked_spec_embed.any()


@pytest.fixture
def foreign_class(monkeypatch):
    """Make a class that a file can name, and that is gone when it is read."""

    def make(full, **members):
        module, _, name = full.rpartition(".")
        parts = module.split(".")
        for count in range(1, len(parts) + 1):
            package = ".".join(parts[:count])
            monkeypatch.setitem(sys.modules, package, types.ModuleType(package))
        made = type(name, (), {"__module__": module, **members})
        setattr(sys.modules[module], name, made)
        return made

    return make


def test_objects_of_omegaconf_and_vocabularies_are_read_without_their_classes(
    foreign_class, monkeypatch, tiny, save_model, write
):
    model, _ = save_model("hubert", **tiny)
    kinds = {name: foreign_class(f"omegaconf.{name}") for name in
             ("dictconfig.DictConfig", "nodes.AnyNode", "base.ContainerMetadata")}  # fmt: skip
    chosen = foreign_class("fairseq.dataclass.constants.Choice", __init__=lambda self, value: None)
    chosen.__reduce__ = lambda self: (chosen, ("gelu",))

    def config(content):
        made = kinds["dictconfig.DictConfig"]()
        metadata = kinds["base.ContainerMetadata"]()
        metadata.object_type, metadata.ref_type = dict, chosen
        made.__dict__.update(_metadata=metadata, _parent=made, _content={})
        for key, value in content.items():
            node = config(value) if isinstance(value, dict) else kinds["nodes.AnyNode"]()
            if not isinstance(value, dict):
                node.__dict__.update(_val=value, _parent=made)
            made._content[key] = node
        return made

    settings = settings_of(model, activation_fn=chosen(""), normalize="${task.normalize}")
    vocabulary = foreign_class("fairseq.data.dictionary.Dictionary")()
    vocabulary.indices = {"a": 0}
    table = config({"model": settings, "task": {"normalize": False}})
    state = {"dictionaries": [vocabulary]}
    path = write({"cfg": table, "model": fairseq_weights(model), "task_state": state})
    monkeypatch.undo()
    assert "omegaconf" not in sys.modules
    assert load_extractor(path).do_normalize is False
    assert read_model_config(path).num_attention_heads == 2


class Planted:
    """Runs a function when it is read as pickles usually are."""

    def __init__(self, function, *arguments):
        self.made = function, arguments

    def __reduce__(self):
        return self.made


def touch(path):
    path.write_text("ran")


@pytest.mark.parametrize(
    "function",
    [exec, eval, __import__, collections.defaultdict, touch, torch.hub.load],
    ids=lambda function: function.__qualname__,
)
@pytest.mark.parametrize("new", [True, False])
def test_code_in_a_file_is_never_run(function, new, tiny, save_model, write, tmp_path):
    model, _ = save_model("wav2vec2", **tiny)
    trace = tmp_path / "trace"
    argument = trace if function is touch else f"open({str(trace)!r}, 'w')"
    planted = {
        **as_published(model, "wav2vec2", True, "fairseq-args"),
        "extra": Planted(function, argument),
    }
    path = write(planted, _use_new_zipfile_serialization=new)
    with pytest.raises(FeatxError, match=r"(?s)checkpoint\.pt: .*weights_only=False"):
        read_model_config(path)
    assert not trace.exists()


def test_what_is_called_like_settings_is_not_run_either(
    foreign_class, monkeypatch, tiny, save_model, write, tmp_path
):
    model, _ = save_model("wav2vec2", **tiny)
    evil = foreign_class("fairseq.evil.Evil")
    evil.__setstate__ = lambda self, state: touch(tmp_path / "trace")
    made = evil()
    made.state = 1
    path = write({**as_published(model, "wav2vec2", True, "fairseq-args"), "extra": made})
    assert read_model_config(path).num_hidden_layers == 2
    assert not (tmp_path / "trace").exists()


def without(name):
    return lambda weights: weights.pop(name)


def added(name, *shape):
    return lambda weights: weights.update({name: torch.zeros(shape)})


REFUSED = {
    "fairseq-wav2vec-1.0": (added("feature_aggregator.conv_layers.0.1.weight", 2), "a wav2vec 1.0"),
    "fairseq-vq-wav2vec": (added("vector_quantizer.vars", 2), "a vq-wav2vec"),
    "fairseq-data2vec-2.0": (added("modality_encoders.AUDIO.x", 2), "a data2vec 2.0"),
    "fairseq-conformer-blocks": (added("encoder.layers.0.conv_module.x", 2), "conformer"),
    "fairseq-no-speech-encoder": (lambda weights: (
        weights.clear(), weights.update(a=torch.zeros(2))), "no speech encoder"),
    "fairseq-unknown-weight": (added("encoder.layers.0.adapter.weight", 2), r"layers\.0\.adapter"),
    "fairseq-block-in-part": (added("encoder.layers.2.fc1.bias", 2), r"missing.*layers\.2"),
    "fairseq-missing-weight": (without("encoder.layers.1.fc2.bias"),
        r"1 weights are missing.*encoder\.layers\.1\.feed_forward\.output_dense\.bias"),
    "fairseq-missing-norm": (without("encoder.layer_norm.weight"),
        r"without .*encoder\.layer_norm"),
    "fairseq-other-shape": (added("encoder.layers.1.fc2.bias", 3), r"shape \(3,\), not \(16,\)"),
    "fairseq-missing-block": (added("encoder.layers.999999999.fc1.bias", 2),
        r"without the weights .* encoder\.layers\.2"),
    "fairseq-claimed-values": (lambda weights: weights.update(
        {"encoder.layer_norm.weight": torch.zeros(1).expand(10**12)}), "claims more values"),
    "fairseq-no-values": (lambda weights: weights.update(
        {"encoder.layer_norm.weight": torch.zeros(10**12, device="meta")}), "claims more values"),
    "fairseq-not-finite": (lambda weights: weights["mask_emb"].fill_(torch.nan),
        "no finite numbers"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_other_weights_are_refused_by_name(name, tiny, save_model, write):
    change, said = REFUSED[name]
    model, _ = save_model("wav2vec2", **tiny)
    weights = fairseq_weights(model)
    change(weights)
    state = {"model": weights, "args": argparse.Namespace(**settings_of(model))}
    with pytest.raises(FeatxError, match=rf"checkpoint\.pt: .*{said}"):
        load_model(write(state))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"conv_feature_layers": "[(8, 10, 5)]"}, "convolutions are not those"),
        ({"encoder_attention_heads": 3}, "3 attention heads do not divide 16"),
        ({"activation_fn": "maxout"}, "maxout"),
    ],
)
def test_settings_that_do_not_fit_are_refused(changes, said, tiny, save_model, write):
    model, _ = save_model("wav2vec2", **tiny)
    settings = argparse.Namespace(**settings_of(model, **changes))
    with pytest.raises(FeatxError, match=said):
        read_model_config(write({"model": fairseq_weights(model), "args": settings}))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"version https://git-lfs.github.com/spec/v1\n", "can't be read"),
        (b"<html></html>", "can't be read"),
        (b"", "can't be read"),
        (b"PK\x05\x06" + bytes(18), "can't be read"),
    ],
)
def test_what_is_no_checkpoint_is_refused(content, said, tmp_path):
    path = tmp_path / "model.pt"
    path.write_bytes(content)
    with pytest.raises(FeatxError, match=said):
        read_model_config(path)


def test_other_files_of_this_ending_are_recognised(write, tmp_path):
    for state, said in (
        ({"dims": {}, "model_state_dict": {}}, "OpenAI"),
        ({"a": 1}, "weights under model; this has a"),
        ([1], "a list"),
    ):
        with pytest.raises(FeatxError, match=said):
            read_model_config(write(state))
    write({}, "other.pt")
    with pytest.raises(FeatxError, match="several checkpoints of fairseq"):
        find_checkpoint(str(tmp_path))
    assert not is_model(str(tmp_path / "absent.pt").lstrip("/") + "/x/y")


def test_a_damaged_file_is_refused_wherever_it_ends(tiny, save_model, write):
    model, _ = save_model("wav2vec2", **tiny)
    path = write(as_published(model, "wav2vec2", True, "fairseq-args"))
    whole = path.read_bytes()
    for size in range(0, len(whole), len(whole) // 10):
        path.write_bytes(whole[:size])
        with pytest.raises(FeatxError, match="can't be read"):
            read_model_config(path)


def test_a_compressed_file_is_refused_before_it_is_unpacked(tiny, save_model, write, tmp_path):
    model, _ = save_model("wav2vec2", **tiny)
    path = write(as_published(model, "wav2vec2", True, "fairseq-args"))
    packed = tmp_path / "packed.pt"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            new.writestr(member.filename, old.read(member))
    with pytest.raises(FeatxError, match="compressed, as no checkpoint"):
        read_model_config(packed)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LAYERS, [(8, 10, 5), *[(8, 3, 2)] * 4, *[(8, 2, 2)] * 2]),
        ("[(512, 10, 5)]", [(512, 10, 5)]),
        ("[(1, 2, 3)] * 10**9", None),
        ("[(1, 2, 3)] * 1000000000", None),
        ("__import__('os').system('true')", None),
        ("[(1, 2)]", None),
        ("[(1, 2, -3)]", None),
        ("(" * 500, None),
        ("", None),
    ],
)
def test_convolutions_are_read_and_not_evaluated(text, expected):
    assert read_convolutions(text) == expected


@pytest.mark.thorough
def test_heads_fitted_to_a_file_find_it_again(write_corpus, tiny, save_model, write):
    model, _ = save_model("wav2vec2", **tiny)
    path = write(as_published(model, "wav2vec2", True, "fairseq-args"), "wav2vec_tiny.pt")
    write_corpus(speakers=3, takes=1)
    assert not featx.extract(path).failures
    run = featx.fit("linear", "wav2vec_tiny", folds=3, name="heads")
    first, again = (featx.predict(run, ["audio"], **options) for options in ({}, {"encoder": path}))
    assert first.rows == again.rows
    path.unlink()
    with pytest.raises(FeatxError, match="a local checkpoint that is not here"):
        featx.predict(run, ["audio"])


ROWS = {  # the other rows of docs/checkpoints.md
    "fairseq-weights-alone": test_without_settings_the_published_recipe_holds,
    "fairseq-omegaconf": test_objects_of_omegaconf_and_vocabularies_are_read_without_their_classes,
    "fairseq-before-torch-1.6": test_older_files_half_precision_and_a_folder,
    "fairseq-folder": test_older_files_half_precision_and_a_folder,
    "fairseq-no-mask-embedding": test_a_mask_that_a_fine_tuned_file_lacks_is_zero,
    "fairseq-no-projection": test_convolutions_and_blocks_of_the_same_width_have_no_projection,
    "fairseq-code": test_code_in_a_file_is_never_run,
    "fairseq-other-settings": test_settings_that_do_not_fit_are_refused,
    "fairseq-other-file": test_what_is_no_checkpoint_is_refused,
    "fairseq-openai-whisper": test_other_files_of_this_ending_are_recognised,
    "fairseq-several": test_other_files_of_this_ending_are_recognised,
    "fairseq-cut-short": test_a_damaged_file_is_refused_wherever_it_ends,
    "fairseq-compressed": test_a_compressed_file_is_refused_before_it_is_unpacked,
}


def test_the_table_lists_what_is_tested():
    page = Path(__file__).parents[4] / "docs" / "checkpoints.md"
    section = page.read_text("utf-8").split("\n## fairseq checkpoints\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([\w.-]+)` \|", section, re.MULTILINE)
    assert sorted(rows) == sorted([*SHAPES, *REFUSED, *ROWS])
