"""CTranslate2's files are read back as they were written, or refused in one sentence."""

import contextlib
import struct
import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import WhisperConfig
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from classifiers.pooled import PooledSettings
from featx.errors import FeatxError
from featx.features.encoders.checkpoints.ctranslate2 import (
    DTYPES,
    Ctranslate2File,
    read_whisper_config,
    read_whisper_encoder,
)
from featx.features.encoders.checkpoints.folders import is_ctranslate2
from featx.features.encoders.preprocessing import load_extractor
from featx.finetuning.model import build_model
from featx.finetuning.saving.load import load_tuned
from featx.finetuning.saving.save import save_model
from featx.runs.outputs import Outputs

SIZES = {
    "d_model": 16,
    "encoder_layers": 2,
    "encoder_attention_heads": 2,
    "encoder_ffn_dim": 32,
    "num_mel_bins": 80,
    "max_source_positions": 12,
}
FORMATS = dict(zip(DTYPES, (np.float32, np.int8, np.int16, np.int32, np.float16), strict=False))


def text(value):
    return struct.pack("<H", len(value) + 1) + value.encode() + b"\0"


def variable(name, array, dtype=None):
    array = np.asarray(array)
    dtype = dtype or str(array.dtype)
    content = array.tobytes()
    dims = struct.pack(f"<B{array.ndim}I", array.ndim, *array.shape)
    return text(name) + dims + struct.pack("<BI", DTYPES.index(dtype), len(content)) + content


def file_of(variables, version=6, specification="WhisperSpec", aliases=()):
    head = struct.pack("<I", version) + text(specification) + struct.pack("<II", 3, len(variables))
    tail = struct.pack("<I", len(aliases)) + b"".join(text(a) + text(b) for a, b in aliases)
    return head + b"".join(variables) + tail


def names(state):
    """CTranslate2's arrays of an encoder, as its converter makes them."""
    arrays = {"encoder/position_encodings/encodings": state["embed_positions.weight"]}
    for conv in ("conv1", "conv2"):
        for kind in ("weight", "bias"):
            arrays[f"encoder/{conv}/{kind}"] = state[f"{conv}.{kind}"]
    norms = {"encoder/layer_norm": "layer_norm"}
    for number in range(SIZES["encoder_layers"]):
        ours, theirs = f"layers.{number}", f"encoder/layer_{number}"
        norms[f"{theirs}/self_attention/layer_norm"] = f"{ours}.self_attn_layer_norm"
        norms[f"{theirs}/ffn/layer_norm"] = f"{ours}.final_layer_norm"
        attention = {kind: [] for kind in ("weight", "bias")}
        for part in "qkv":
            weight = state[f"{ours}.self_attn.{part}_proj.weight"]
            attention["weight"].append(weight)
            bias = state.get(f"{ours}.self_attn.{part}_proj.bias", torch.zeros(len(weight)))
            attention["bias"].append(bias)
        for kind in ("weight", "bias"):
            arrays[f"{theirs}/self_attention/linear_0/{kind}"] = torch.cat(attention[kind])
            arrays[f"{theirs}/self_attention/linear_1/{kind}"] = state[
                f"{ours}.self_attn.out_proj.{kind}"
            ]
            arrays[f"{theirs}/ffn/linear_0/{kind}"] = state[f"{ours}.fc1.{kind}"]
            arrays[f"{theirs}/ffn/linear_1/{kind}"] = state[f"{ours}.fc2.{kind}"]
    for theirs, ours in norms.items():
        arrays[f"{theirs}/gamma"] = state[f"{ours}.weight"]
        arrays[f"{theirs}/beta"] = state[f"{ours}.bias"]
    return {name: array.numpy() for name, array in arrays.items()}


def written(arrays, kind="float32"):
    """The arrays in a type; only linear weights are quantised, as CTranslate2 does."""
    variables = [variable("encoder/num_heads", np.int16(2)), variable("decoder/x", np.int8(1))]
    for name, array in sorted(arrays.items()):
        linear = "linear" in name and name.endswith("weight")
        if kind == "int8" and linear:
            scale = 127 / np.abs(array).max(1)
            variables.append(variable(name, np.rint(array * scale[:, None]).astype(np.int8)))
            variables.append(variable(f"{name}_scale", scale.astype(np.float32)))
        elif kind == "int16" and linear:
            scale = np.float32(2**10 / np.abs(array).max())
            variables.append(variable(name, np.rint(array * scale).astype(np.int16)))
            variables.append(variable(f"{name}_scale", scale))
        elif kind == "bfloat16":
            halves = torch.from_numpy(array).bfloat16().view(torch.int16).numpy()
            variables.append(variable(name, halves, "bfloat16"))
        else:
            variables.append(variable(name, array.astype(FORMATS.get(kind, np.float32)))
                             if kind == "float16" else variable(name, array))  # fmt: skip
    return variables


@pytest.fixture(scope="module")
def encoder():
    torch.manual_seed(0)
    model = WhisperEncoder(WhisperConfig(**SIZES))
    with torch.no_grad():
        for weight in model.parameters():
            weight += 0.1 * torch.randn_like(weight)
    return model


@pytest.fixture(scope="module")
def arrays(encoder):
    return names(encoder.state_dict())


@pytest.fixture
def write(tmp_path):
    def write(content):
        (tmp_path / "model.bin").write_bytes(content)
        return tmp_path

    return write


def test_a_model_is_read_back_as_it_was_written(encoder, arrays, write):
    config, weights = read_whisper_encoder(write(file_of(written(arrays), aliases=[("a", "b")])))
    assert {name: getattr(config, name) for name in SIZES} == SIZES
    expected = encoder.state_dict()
    assert set(weights) == set(expected)
    assert all(torch.equal(weights[name], expected[name]) for name in expected)


@pytest.mark.parametrize(
    ("kind", "error"), [("float16", 1e-3), ("bfloat16", 8e-3), ("int16", 2e-3), ("int8", 8e-3)]
)
def test_rounded_and_quantised_weights_come_back_near_what_they_were(
    kind, error, encoder, arrays, write
):
    _, weights = read_whisper_encoder(write(file_of(written(arrays, kind))))
    for name, expected in encoder.state_dict().items():
        assert weights[name].dtype is torch.float32
        assert (weights[name] - expected).abs().max() <= error * expected.abs().max()


def test_int8_is_divided_by_the_scale_of_its_row(arrays, write):
    _, weights = read_whisper_encoder(write(file_of(written(arrays, "int8"))))
    array = arrays["encoder/layer_0/ffn/linear_0/weight"]
    scale = (127 / np.abs(array).max(1))[:, None].astype(np.float32)
    expected = np.rint(array * scale).astype(np.float32) / scale
    np.testing.assert_allclose(weights["layers.0.fc1.weight"], expected, rtol=1e-6)


def test_int8_without_scales_is_refused(arrays, write):
    variables = [v for v in written(arrays, "int8") if b"linear_0/weight_scale" not in v]
    with pytest.raises(FeatxError, match="lacks encoder/layer_0/self_attention/linear_0/weight_sc"):
        read_whisper_encoder(write(file_of(variables)))


@pytest.mark.parametrize(
    ("options", "message"),
    [({"version": 5}, "version 6"), ({"specification": "TransformerSpec"}, "'TransformerSpec'")],
)
def test_other_versions_and_models_are_refused(options, message, arrays, write):
    folder = write(file_of(written(arrays), **options))
    with pytest.raises(FeatxError, match=message) as refusal:
        read_whisper_config(folder)
    assert str(folder / "model.bin") in str(refusal.value)


def test_what_follows_the_end_is_not_overlooked(arrays, write):
    with pytest.raises(FeatxError, match="7 bytes follow"):
        read_whisper_config(write(file_of(written(arrays)) + b"garbage"))


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("encoder/conv2/weight", np.zeros((16, 16, 2), np.float32), "conv2.weight has the shape"),
        ("encoder/layer_1/ffn/linear_1/bias", np.zeros(15, np.float32), "has the shape"),
        ("encoder/conv1/weight", np.zeros((0, 80, 3), np.float32), "has the shape"),
        ("encoder/conv1/weight", np.zeros(3, np.float32), "has the shape"),
        ("encoder/conv1/bias", np.full(16, np.nan, np.float32), "no finite numbers"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(name, array, message, arrays, write):
    with pytest.raises(FeatxError, match=message):
        read_whisper_encoder(write(file_of(written({**arrays, name: array}))))


@pytest.mark.parametrize("name", ["encoder/conv1/bias", "encoder/layer_norm/beta"])
def test_an_array_that_is_missing_is_named(name, arrays, write):
    fewer = {key: array for key, array in arrays.items() if key != name}
    with pytest.raises(FeatxError, match=f"lacks {name}"):
        read_whisper_encoder(write(file_of(written(fewer))))


@settings(max_examples=40)
@given(st.data())
def test_no_part_of_a_file_is_taken_for_the_whole(arrays, tmp_path_factory, data):
    content = file_of(written(arrays))
    folder = tmp_path_factory.mktemp("short")
    end = data.draw(st.integers(0, len(content) - 1) | st.integers(0, 300))
    (folder / "model.bin").write_bytes(content[:end])
    with pytest.raises(FeatxError, match=r"model\.bin"):
        read_whisper_encoder(folder)


@settings(max_examples=60)
@given(st.data())
def test_whatever_is_damaged_is_read_or_refused(arrays, tmp_path_factory, data):
    """No traceback, and no more memory than the file gives reason for."""
    content = bytearray(file_of(written(arrays, data.draw(st.sampled_from(["float32", "int8"])))))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1) | st.integers(0, 200))
        content[place] = data.draw(st.sampled_from([0, 1, 127, 255]))
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "model.bin").write_bytes(content)
    tracemalloc.start()
    with contextlib.suppress(FeatxError):
        config, weights = read_whisper_encoder(folder)
        WhisperEncoder(config).load_state_dict(weights)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 20 * len(content)


def test_only_what_is_asked_for_is_read(arrays, write):
    file = Ctranslate2File(write(file_of(written(arrays))) / "model.bin")
    assert file.variables["encoder/conv1/weight"].dims == (16, 80, 3)
    assert file.config().num_mel_bins == 80


def test_a_fine_tuned_model_is_saved_as_transformers_has_it(arrays, write, tmp_path):
    """Nothing of the CTranslate2 folder is needed any more, nor taken for it."""
    folder = write(file_of(written(arrays, "float16")))
    model = build_model(folder, PooledSettings(kind="linear"), 3, "full").eval()
    with torch.no_grad():
        model.encoder.layer_norm.bias += 1
    saved = tmp_path / "saved"
    save_model(model, load_extractor(folder), Outputs(classes=("a", "b", "c")), saved)
    assert not is_ctranslate2(saved)
    again = load_tuned(saved)
    assert again.extractor.to_dict() == load_extractor(folder).to_dict()
    waveform = torch.randn(1, 5_000)
    with torch.no_grad():
        expected, actual = (m(waveform, [5_000])["logits"] for m in (model, again.model))
    torch.testing.assert_close(actual, expected, rtol=0, atol=0)
