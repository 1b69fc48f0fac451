"""Half precisions: close to float32, measured, and taken only where they pay."""

import numpy as np
import pytest
import torch

from featx.features.encoders.checkpoints.find import find_checkpoint
from featx.features.encoders.devices import lacks_float16
from featx.features.encoders.encoder import CPU, Encoder
from featx.features.encoders.precision import (
    LOWEST_COSINE,
    PrecisionCheck,
    check_precisions,
    fastest,
    frame_cosines,
    half_precisions,
    say_if_rounded,
)


@pytest.fixture
def waveforms():
    draw = np.random.default_rng(0)
    return [draw.standard_normal(length).astype(np.float32) for length in (9_000, 5_000, 700)]


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
@pytest.mark.parametrize(
    ("family", "apart", "options"),
    [
        ("wav2vec2", True, {}),
        ("wavlm", True, {}),
        ("data2vec-audio", True, {}),
        ("hubert", True, {"conv_pos_batch_norm": True}),
        ("wavlm", False, {}),
    ],
)
def test_half_precision_is_near_float32_and_blind_to_padding(
    family, apart, options, precision, emulated, tiny, save_model, load_encoder, waveforms
):
    wide = {**tiny, "hidden_size": 64, "conv_dim": (64,) * 7}  # few dimensions round badly
    save_model(family, **wide, **options, feat_extract_norm="layer")
    encoder = load_encoder()
    expected = encoder.encode(waveforms)
    half = encoder.on(CPU, precision)
    half.network.apart = apart  # False is how a GPU goes about it
    assert (half.precision, encoder.precision) == (precision, "float32")
    for exact, waveform, features in zip(expected, waveforms, half.encode(waveforms), strict=True):
        alone = half.encode([waveform])[0]
        assert np.isfinite(features).all()
        for layer in range(len(features)):
            assert cosine(features[layer], exact[layer]) > 0.995
            assert cosine(features[layer], alone[layer]) > 0.995


def cosine(features, other):
    return np.sum(features * other) / np.linalg.norm(features) / np.linalg.norm(other)


def test_reducing_precision_leaves_the_first_encoder_as_it_was(checkpoint_folder, waveforms):
    encoder = Encoder(find_checkpoint(str(checkpoint_folder)))
    before = encoder.encode(waveforms)
    encoder.on(CPU, "bfloat16").encode(waveforms)
    for features, other in zip(before, encoder.encode(waveforms), strict=True):
        np.testing.assert_array_equal(features, other)


@pytest.mark.parametrize("lacking", [True, False])
def test_where_float16_would_be_emulated_only_the_weights_are_rounded(
    lacking, checkpoint_folder, waveforms, monkeypatch
):
    monkeypatch.setattr("featx.features.encoders.encoder.lacks_float16", lambda _: lacking)
    encoder = Encoder(find_checkpoint(str(checkpoint_folder)))
    half = encoder.on(CPU, "float16")
    assert half.precision == "float16"
    computed = {tensor.dtype for tensor in half.network.state_dict().values()}
    assert (torch.float16 in computed) == (not lacking)
    exact, emulated = encoder.network.state_dict(), half.network.state_dict()
    blocks = [
        name for name in exact if name.startswith("blocks") and exact[name].is_floating_point()
    ]
    assert blocks
    for name in blocks:
        assert (emulated[name].float() == exact[name].half().float()).all()
    pairs = zip(half.encode(waveforms), encoder.encode(waveforms), strict=True)
    cosines = [frame_cosines(own, other) for own, other in pairs]
    assert min(own.min() for own in cosines) > 0.9999
    assert min(own.min() for own in cosines) < 1


def test_a_processor_without_float16_says_what_it_does(caplog, monkeypatch):
    caplog.set_level("INFO", "featx")
    place = "featx.features.encoders.precision"
    monkeypatch.setattr(f"{place}.lacks_float16", lambda _: False)
    say_if_rounded(CPU)
    assert not caplog.text
    monkeypatch.setattr(f"{place}.lacks_float16", lambda _: True)
    monkeypatch.setattr(f"{place}.half_precisions", lambda _: ("bfloat16",))
    say_if_rounded(CPU)
    assert "`precision='bfloat16'` is faster, and rounds more" in caplog.text
    assert "computed with in float32" in caplog.text


def test_precisions_are_measured_layer_by_layer(checkpoint_folder, waveforms, monkeypatch):
    place = "featx.features.encoders.precision.half_precisions"
    monkeypatch.setattr(place, lambda _: ("bfloat16",))
    encoder = Encoder(find_checkpoint(str(checkpoint_folder)), (0, 2))
    (check,) = check_precisions(encoder, CPU, waveforms)
    assert (check.precision, set(check.cosines)) == ("bfloat16", {0, 2})
    assert all(0.8 < cosine < 1 for cosine in check.cosines.values())
    assert check.speed > 0
    assert "bfloat16: " in check.describe()


def test_a_processor_without_half_precision_is_not_tried(checkpoint_folder, waveforms, monkeypatch):
    for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        monkeypatch.setattr(torch.cpu, name, lambda: False)
    encoder = Encoder(find_checkpoint(str(checkpoint_folder)))
    assert check_precisions(encoder, CPU, waveforms) == []
    assert fastest([]) == "float32"


def test_no_processor_is_tried_with_float16():
    assert "float16" not in half_precisions(CPU)
    assert not lacks_float16(torch.device("cuda"))


def test_the_fastest_that_is_exact_enough_is_taken():
    def check(precision, lowest, speed):
        return PrecisionCheck(precision, {0: 1.0, 1: lowest}, speed)

    good, bad = LOWEST_COSINE, LOWEST_COSINE - 1e-6
    assert fastest([check("bfloat16", good, 3.0), check("float16", good, 2.0)]) == "bfloat16"
    assert fastest([check("bfloat16", bad, 3.0), check("float16", good, 2.0)]) == "float16"
    assert fastest([check("bfloat16", bad, 3.0)]) == "float32"
    assert fastest([check("bfloat16", good, 1.1)]) == "float32"


def test_an_overflow_fails_the_check(checkpoint_folder, waveforms, monkeypatch):
    place = "featx.features.encoders.precision.half_precisions"
    monkeypatch.setattr(place, lambda _: ("float16",))
    encoder = Encoder(find_checkpoint(str(checkpoint_folder)))
    original = Encoder.encode

    def encode(encoder, waveforms, dtype):
        features = original(encoder, waveforms, dtype)
        if encoder.precision == "float16":
            features[1][2, 5] = np.inf
        return features

    monkeypatch.setattr(Encoder, "encode", encode)
    checks = check_precisions(encoder, CPU, waveforms)
    assert checks[0].cosines[2] == -1
    assert fastest(checks) == "float32"


def test_rounded_weights_are_not_called_float32(checkpoint_folder):
    encoder = Encoder(find_checkpoint(str(checkpoint_folder))).on(CPU, "bfloat16")
    with pytest.raises(ValueError, match="rounded to bfloat16"):
        encoder.on(CPU, "float32")


def test_silence_is_no_obstacle(checkpoint_folder):
    encoder = Encoder(find_checkpoint(str(checkpoint_folder)))
    features = encoder.encode([np.zeros(4_000, np.float32), np.ones(9_000, np.float32)])
    assert all(np.isfinite(utterance).all() for utterance in features)
