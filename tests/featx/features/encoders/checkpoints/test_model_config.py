"""A config.json that no encoder can have is refused in a sentence, whatever is wrong with it."""

import json
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featx.errors import FeatxError
from featx.features.encoders.checkpoints.find import find_checkpoint
from featx.features.encoders.encoder import Encoder
from featx.features.encoders.shape import read_shape

WAVEFORM = np.random.default_rng(0).standard_normal(1_000).astype(np.float32)
WRONG = {  # what is set, and what the message says beside the file
    "negative blocks": ({"num_hidden_layers": -2}, "num_hidden_layers is -2"),
    "no blocks": ({"num_hidden_layers": 0}, "num_hidden_layers is 0"),
    "billions of blocks": ({"num_hidden_layers": 10**10}, "from 1 to 1,000"),
    "blocks by half": ({"num_hidden_layers": 2.5}, r"num_hidden_layers is 2\.5"),
    "a truth for a number": ({"num_hidden_layers": True}, "num_hidden_layers is true"),
    "digits in quotes": ({"hidden_size": "768"}, 'hidden_size is "768"'),
    "a size of null": ({"hidden_size": None}, "hidden_size is null"),
    "an absurd size": ({"intermediate_size": 10**12}, "intermediate_size is 1000000000000"),
    "more blocks than weights": ({"num_hidden_layers": 3}, "weights are missing"),
    "fewer blocks than weights": ({"num_hidden_layers": 1}, "fewer blocks or parts"),
    "another width": ({"intermediate_size": 64}, "has the shape 32.* calls for 64"),
    "heads that do not divide": ({"num_attention_heads": 3}, "3 attention heads do not divide"),
    "groups that do not divide": ({"num_conv_pos_embedding_groups": 3}, "does not divide"),
    "an unknown activation": ({"hidden_act": "gleu"}, "hidden_act is .gleu.*did you mean 'gelu'"),
    "no activation": ({"feat_extract_activation": 3}, "feat_extract_activation is 3"),
    "an unknown norm": ({"feat_extract_norm": "batch"}, "'group' or 'layer'"),
    "a switch of words": ({"do_stable_layer_norm": "false"}, "must be true or false"),
    "an epsilon of nothing": ({"layer_norm_eps": float("nan")}, "layer_norm_eps is NaN"),
    "no list of kernels": ({"conv_kernel": 10}, "conv_kernel is 10"),
    "a kernel of nothing": ({"conv_kernel": [0] * 7}, r"conv_kernel\[0\] is 0"),
    "strides too few": ({"conv_stride": [5, 2]}, "convolutions differ in number|conv_stride"),
    "quantised weights": ({"quantization_config": {"bits": 4}}, "quantised"),
    "no family": ({"model_type": None}, "model_type is None"),
    "a family of numbers": ({"model_type": ["wav2vec2"]}, r"model_type is \['wav2vec2'\]"),
    "a number for a dropout": ({"hidden_dropout": "high"}, "hidden_dropout"),
}
TEXTS = {
    "not JSON": ("{'model_type': 'wav2vec2'}", "not JSON"),
    "a list": ("[1]", "holds a JSON list"),
    "nothing": ("", "an empty file"),
    "nested deeply": ("[" * 100_000, "not JSON"),
    "a web page": ("<!DOCTYPE html><title>Sign in</title>", "a web page"),
    "a pointer": ("version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "Git LFS pointer"),
    "no text": (b"\xff\xfe\x00", "not JSON"),
}


@pytest.fixture
def folder(checkpoint_folder, tmp_path):
    """A copy of the tiny checkpoint."""
    return shutil.copytree(checkpoint_folder, tmp_path / "model")


def change(folder, **values):
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def encode(folder):
    return Encoder(find_checkpoint(str(folder))).encode([WAVEFORM])


@pytest.mark.parametrize("name", WRONG)
def test_a_value_that_no_encoder_can_have_is_named(name, folder):
    values, said = WRONG[name]
    change(folder, **values)
    with pytest.raises(FeatxError, match=said) as error:
        encode(folder)
    assert str(folder) in str(error.value)


@pytest.mark.parametrize("name", TEXTS)
def test_a_file_that_holds_no_settings_is_named(name, folder):
    text, said = TEXTS[name]
    (folder / "config.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(FeatxError, match=rf"config\.json: .*{said}"):
        encode(folder)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("encoder_layers", 0, "encoder_layers is 0"),
        ("d_model", 15, "2 attention heads do not divide d_model, 15"),
        ("activation_function", "swoosh", "activation_function"),
        ("max_source_positions", -1500, "max_source_positions"),
        ("num_mel_bins", 81, "81"),
    ],
)
def test_of_whisper_too(key, value, said, save_whisper, tmp_path):
    save_whisper()
    change(tmp_path / "model", **{key: value})
    with pytest.raises(FeatxError, match=said):
        encode(tmp_path / "model")


JSON = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 40), st.sampled_from([10**6, 10**18, -(10**18)]),
    st.floats(), st.text(max_size=5), st.lists(st.integers(-2, 12), max_size=8),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)  # fmt: skip


@settings(max_examples=15)
@given(st.data())
def test_whatever_a_config_holds_it_is_used_or_refused(checkpoint_folder, tmp_path_factory, data):
    folder = shutil.copytree(checkpoint_folder, tmp_path_factory.mktemp("mutated") / "model")
    keys = st.sampled_from(sorted(json.loads((folder / "config.json").read_text())))
    change(folder, **data.draw(st.dictionaries(keys, JSON, min_size=1, max_size=3)))
    refused = ""
    try:
        features = encode(folder)
    except FeatxError as error:
        refused = str(error)
    assert str(folder) in refused if refused else features[0].shape[-1] == read_shape(folder).dim
