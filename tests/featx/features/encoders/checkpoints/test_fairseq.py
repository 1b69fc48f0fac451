"""Checkpoints of fairseq give what transformers gives."""

import argparse
import logging
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torchaudio.models import wav2vec2_model
from torchaudio.models.wav2vec2.utils.import_fairseq import _convert_state_dict

import featx
from featx.errors import FeatxError
from featx.features.encoders.checkpoints.find import find_checkpoint
from featx.features.encoders.checkpoints.loading import load_model
from featx.features.encoders.checkpoints.model_config import read_model_config
from featx.features.encoders.checkpoints.registry import store_name
from featx.features.encoders.encoder import Encoder
from featx.features.encoders.preprocessing import load_extractor, load_preprocessing
from featx.features.encoders.shape import find_shape
from tests.featx.features.encoders.checkpoints.fairseq_files import (
    CONVOLUTIONS,
    LAYER_NORM,
    LAYERS,
    as_published,
    fairseq_weights,
    settings_of,
)
from tests.featx.features.encoders.checkpoints.test_fairseq_refused import REFUSED, REFUSED_ROWS


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
}


def test_the_table_lists_what_is_tested():
    page = Path(__file__).parents[5] / "docs" / "checkpoints.md"
    section = page.read_text("utf-8").split("\n## fairseq checkpoints\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([\w.-]+)` \|", section, re.MULTILINE)
    assert sorted(rows) == sorted([*SHAPES, *ROWS, *REFUSED, *REFUSED_ROWS])
