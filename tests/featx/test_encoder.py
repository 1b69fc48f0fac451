"""Features are exactly what transformers computes, numbered as the design says."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import (
    Data2VecAudioConfig,
    Data2VecAudioModel,
    HubertConfig,
    HubertModel,
    UniSpeechConfig,
    UniSpeechModel,
    UniSpeechSatConfig,
    UniSpeechSatModel,
    Wav2Vec2Config,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForCTC,
    Wav2Vec2Model,
    WavLMConfig,
    WavLMModel,
)

from featx.encoder import Encoder
from featx.encoder_shape import EncoderShape, find_shape, read_shape
from featx.errors import FeatxError
from featx.registry import find_checkpoint

FAMILIES = {
    "data2vec-audio": (Data2VecAudioConfig, Data2VecAudioModel),
    "unispeech-sat": (UniSpeechSatConfig, UniSpeechSatModel),
    "wav2vec2": (Wav2Vec2Config, Wav2Vec2Model),
    "hubert": (HubertConfig, HubertModel),
    "unispeech": (UniSpeechConfig, UniSpeechModel),
    "wavlm": (WavLMConfig, WavLMModel),
}
NORMS = {
    "group": {"feat_extract_norm": "group", "do_stable_layer_norm": False},
    "layer": {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True},
}


@pytest.fixture
def waveform():
    return np.random.default_rng(0).standard_normal(7_000).astype(np.float32) * 0.1 + 0.02


@pytest.mark.parametrize("do_normalize", [True, False])
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("family", FAMILIES)
def test_every_layer_is_transformers_own(family, norm, do_normalize, tiny, tmp_path, waveform):
    config, model_class = FAMILIES[family]
    model = model_class(config(**tiny, **NORMS[norm])).eval()
    model.save_pretrained(tmp_path)
    extractor = Wav2Vec2FeatureExtractor(do_normalize=do_normalize)
    extractor.save_pretrained(tmp_path)
    encoder = Encoder(find_checkpoint(str(tmp_path)))
    features = encoder.encode(waveform)

    inputs = extractor(waveform, sampling_rate=16_000, return_tensors="pt").input_values
    local = []
    model.feature_projection.register_forward_hook(
        lambda _module, _inputs, output: local.append(output)
    )
    with torch.inference_mode():
        expected = model(inputs, output_hidden_states=True)
    projected = local[0] if isinstance(local[0], torch.Tensor) else local[0][0]
    frames = encoder.shape.frames(len(waveform))
    assert features.shape == (3, frames, 16)
    np.testing.assert_array_equal(features[0], projected[0])
    np.testing.assert_array_equal(features[1], expected.hidden_states[1][0])
    np.testing.assert_array_equal(features[2], expected.last_hidden_state[0])


def test_the_local_encoder_has_not_seen_its_neighbours(checkpoint_folder, waveform):
    """Layer 0 must not contain the positional convolution, which looks 1.3 s around."""
    encoder = Encoder(find_checkpoint(str(checkpoint_folder)))
    encoder._extractor.do_normalize = False
    encoder._model.feature_extractor.conv_layers[0].layer_norm = torch.nn.Identity()
    changed = waveform.copy()
    changed[5_000:] = 0
    before, after = encoder.encode(waveform), encoder.encode(changed)
    untouched = encoder.shape.frames(5_000)
    np.testing.assert_array_equal(before[0, :untouched], after[0, :untouched])
    assert np.abs(before[1, :untouched] - after[1, :untouched]).max() > 0


@settings(max_examples=15, deadline=None)
@given(st.integers(400, 9_000))
def test_frames_are_known_from_samples(checkpoint_folder, samples):
    encoder = Encoder(find_checkpoint(str(checkpoint_folder)))
    waveform = np.random.default_rng(samples).standard_normal(samples).astype(np.float32)
    assert encoder.encode(waveform).shape[1] == encoder.shape.frames(samples)


def test_too_few_samples_give_no_frame():
    shape = EncoderShape(12, 768)
    assert [shape.frames(n) for n in (0, 399, 400, 719, 720)] == [0, 0, 1, 1, 2]
    assert shape.hop == 320
    assert len(shape.layers) == 13


def test_short_names_need_no_files():
    shape = find_shape("xlsr53")
    assert (shape.blocks, shape.dim) == (24, 1024)


def test_the_digest_is_of_the_weights(checkpoint_folder, tiny, tmp_path):
    digest = Encoder(find_checkpoint(str(checkpoint_folder))).digest
    assert digest == Encoder(find_checkpoint(str(checkpoint_folder))).digest
    torch.manual_seed(2)
    Wav2Vec2Model(Wav2Vec2Config(**tiny)).save_pretrained(tmp_path)
    Wav2Vec2FeatureExtractor().save_pretrained(tmp_path)
    assert digest != Encoder(find_checkpoint(str(tmp_path))).digest


def test_a_checkpoint_fine_tuned_for_speech_recognition_gives_its_encoder(tiny, tmp_path, waveform):
    model = Wav2Vec2ForCTC(Wav2Vec2Config(**tiny, vocab_size=12)).eval()
    model.save_pretrained(tmp_path)
    Wav2Vec2FeatureExtractor(do_normalize=False).save_pretrained(tmp_path)
    features = Encoder(find_checkpoint(str(tmp_path))).encode(waveform)
    with torch.inference_mode():
        expected = model.wav2vec2(torch.from_numpy(waveform)[None]).last_hidden_state
    np.testing.assert_array_equal(features[-1], expected[0])


def test_missing_weights_are_an_error_not_random_features(checkpoint_folder, tmp_path):
    from safetensors.torch import load_file, save_file

    for path in checkpoint_folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    weights = load_file(tmp_path / "model.safetensors")
    del weights["encoder.layers.1.attention.q_proj.weight"]
    save_file(weights, tmp_path / "model.safetensors", {"format": "pt"})
    with pytest.raises(FeatxError, match=r"1 weights are missing, among them encoder\.layers\.1"):
        Encoder(find_checkpoint(str(tmp_path)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"model_type": "bert"}', "'bert'; featx knows wav2vec2"),
        ("{", "not a model config"),
        ("[]", "not a model config"),
    ],
)
def test_another_kind_of_model_is_refused(tmp_path, content, message):
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(FeatxError, match=message):
        read_shape(tmp_path)


def test_another_sample_rate_is_refused(checkpoint_folder, tmp_path):
    for path in checkpoint_folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    Wav2Vec2FeatureExtractor(sampling_rate=8_000).save_pretrained(tmp_path)
    with pytest.raises(FeatxError, match="expects 8000 Hz"):
        Encoder(find_checkpoint(str(tmp_path)))
