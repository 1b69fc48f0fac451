"""An utterance's features don't depend on what else is in the batch."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featx.features.encoders.checkpoints.find import find_checkpoint
from featx.features.encoders.encoder import Encoder

FAMILIES = ("wav2vec2", "hubert", "unispeech", "unispeech-sat", "wavlm")  # data2vec has one norm
NORMS = {
    "group": {"feat_extract_norm": "group", "do_stable_layer_norm": False},
    "layer": {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True},
    "layer, post-norm": {"feat_extract_norm": "layer", "do_stable_layer_norm": False},
}
LARGE = {
    "hidden_size": 1024,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "intermediate_size": 4096,
    "feat_extract_norm": "layer",
    "do_stable_layer_norm": True,
}
REAL = {  # family, preprocessing and sizes of the published checkpoints
    "wav2vec2-base": ("wav2vec2", True, {}),
    "hubert-base": ("hubert", True, {}),
    "wavlm-base": ("wavlm", False, {}),
    "xlsr53": ("wav2vec2", True, {**LARGE, "conv_bias": True}),
    "wavlm-large": ("wavlm", True, LARGE),
}
SECONDS = (1.1, 0.1, 12.0, 0.5, 2.0, 3.3, 0.025, 5.2, 4.1)


@pytest.fixture
def ragged():
    """Nine utterances of 25 ms to 12 s, each as loud as it likes and off zero."""
    draw = np.random.default_rng(0)
    return [
        (draw.uniform(0.01, 1) * draw.standard_normal(int(16_000 * s)) + 0.05).astype(np.float32)
        for s in SECONDS
    ]


def check(encoder, model, waveforms, transformers_layers, assert_close, ways=None):
    expected = [transformers_layers(*model, waveform) for waveform in waveforms]
    for apart in ways or [encoder.network.apart]:  # False is how a GPU goes about it
        encoder.network.apart = apart
        together = encoder.encode(waveforms)
        for waveform, features, theirs in zip(waveforms, together, expected, strict=True):
            assert_close(features, encoder.encode([waveform])[0])
            assert_close(features, theirs)


@pytest.mark.parametrize(
    ("family", "norm"),
    [
        *((family, norm) for family in FAMILIES for norm in ("group", "layer")),
        *(pytest.param(name, "layer, post-norm", marks=pytest.mark.thorough) for name in FAMILIES),
        ("data2vec-audio", "layer"),
    ],
)
def test_a_ragged_batch_gives_what_each_gets_alone_and_from_transformers(
    family, norm, tiny, save_model, load_encoder, ragged, transformers_layers, assert_close
):
    model = save_model(family, **tiny, **NORMS[norm])
    check(load_encoder(), model, ragged, transformers_layers, assert_close, (True, False))


@pytest.mark.slow
@pytest.mark.parametrize("name", REAL)
def test_at_real_size_too(
    name, save_model, load_encoder, ragged, transformers_layers, assert_close
):
    family, do_normalize, options = REAL[name]
    model = save_model(family, do_normalize, **options)
    check(load_encoder(), model, ragged, transformers_layers, assert_close)


@settings(max_examples=10)
@given(st.data())
def test_neither_order_nor_company_matters(checkpoint_folder, assert_close, data):
    lengths = data.draw(st.lists(st.integers(400, 20_000), min_size=2, max_size=6))
    order = data.draw(st.permutations(range(len(lengths))))
    draw = np.random.default_rng(sum(lengths))
    waveforms = [draw.standard_normal(length).astype(np.float32) for length in lengths]
    encoder = Encoder(find_checkpoint(str(checkpoint_folder)))
    together = encoder.encode(waveforms)
    permuted = encoder.encode([waveforms[index] for index in order])
    fewer = encoder.encode(waveforms[:-1])
    for place, index in enumerate(order):
        assert_close(permuted[place], together[index])
    for features, other in zip(fewer, together, strict=False):
        assert_close(features, other)


def test_an_utterance_longer_than_a_piece_has_no_seams(
    checkpoint_folder, monkeypatch, assert_close
):
    waveform = np.random.default_rng(0).standard_normal(50_000).astype(np.float32)
    encoder = Encoder(find_checkpoint(str(checkpoint_folder)))
    whole = encoder.encode([waveform])[0]
    monkeypatch.setattr("featx.features.encoders.networks.wav2vec2.local.PIECE", 7)
    assert_close(encoder.encode([waveform])[0], whole)


@pytest.mark.parametrize(
    ("kernels", "strides"),
    [
        ((10, 3, 3, 3, 3, 2, 2), (5, 2, 2, 2, 2, 2, 1)),  # a frame sees more than two hops
        ((10, 8, 4, 4, 4), (5, 4, 2, 2, 2)),
        ((400,), (320,)),
        ((5, 3), (8, 4)),  # strides that skip samples
    ],
)
def test_other_convolutions(
    kernels, strides, tiny, save_model, load_encoder, ragged, transformers_layers, assert_close,
    monkeypatch,
):  # fmt: skip
    monkeypatch.setattr("featx.features.encoders.networks.wav2vec2.local.PIECE", 50)
    sizes = {"conv_kernel": kernels, "conv_stride": strides, "conv_dim": (8,) * len(kernels)}
    model = save_model("wav2vec2", **{**tiny, **sizes})
    short = [ragged[index][:30_000] for index in (0, 3, 5)]
    check(load_encoder(), model, short, transformers_layers, assert_close, (True, False))


@pytest.mark.parametrize("activation", ["relu", "gelu_new"])
def test_other_activations(
    activation, tiny, save_model, load_encoder, ragged, transformers_layers, assert_close
):
    options = {**tiny, "hidden_act": activation, "feat_extract_activation": activation}
    model = save_model("wav2vec2", **options)
    check(load_encoder(), model, ragged[:4], transformers_layers, assert_close)


def test_adapters_and_batch_norm(
    tiny, save_model, load_encoder, ragged, transformers_layers, assert_close
):
    model = save_model("wav2vec2", **tiny, **NORMS["layer"], adapter_attn_dim=4)
    check(load_encoder(), model, ragged[:4], transformers_layers, assert_close)
    model = save_model("hubert", **tiny, conv_pos_batch_norm=True, feat_proj_layer_norm=False)
    check(load_encoder(), model, ragged[:4], transformers_layers, assert_close, (True, False))
