"""What an encoder takes, returns and refuses."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import (
    Wav2Vec2Config,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForCTC,
    Wav2Vec2Model,
)

from featx.errors import FeatxError
from featx.features.encoders.checkpoints.find import find_checkpoint
from featx.features.encoders.checkpoints.loading import load_model
from featx.features.encoders.encoder import Encoder
from featx.features.encoders.shape import EncoderShape, find_shape, read_shape


@pytest.fixture
def waveform():
    return np.random.default_rng(0).standard_normal(7_000).astype(np.float32) * 0.1 + 0.02


@pytest.mark.parametrize("do_normalize", [True, False])
def test_the_checkpoints_preprocessing_is_honoured(
    do_normalize, tiny, save_model, load_encoder, waveform, transformers_layers, assert_close
):
    model = save_model("wav2vec2", do_normalize, **tiny)
    louder = 3 * waveform + 0.5
    encoder = load_encoder()
    features = encoder.encode([waveform, louder[:5_000]])
    assert_close(features[0], transformers_layers(*model, waveform))
    assert_close(features[1], transformers_layers(*model, louder[:5_000]))


def test_the_local_encoder_has_not_seen_its_neighbours(tiny, save_model, load_encoder, waveform):
    """Layer 0 must not contain the positional convolution, which looks 1.3 s around."""
    save_model("wav2vec2", do_normalize=False, **tiny, feat_extract_norm="layer")
    encoder = load_encoder()
    changed = waveform.copy()
    changed[5_000:] = 0
    before, after = encoder.encode([waveform])[0], encoder.encode([changed])[0]
    untouched = encoder.shape.frames(5_000)
    np.testing.assert_array_equal(before[0, :untouched], after[0, :untouched])
    assert np.abs(before[1, :untouched] - after[1, :untouched]).max() > 0


@pytest.mark.parametrize("layers", [(0,), (1,), (0, 2), (0, 1, 2)])
def test_layers_are_chosen_and_none_above_is_computed(checkpoint_folder, waveform, layers):
    checkpoint = find_checkpoint(str(checkpoint_folder))
    every = Encoder(checkpoint).encode([waveform])[0]
    encoder = Encoder(checkpoint, layers)
    np.testing.assert_array_equal(encoder.encode([waveform])[0], every[list(layers)])
    assert len(encoder.network.blocks) == layers[-1]


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_features_come_in_the_type_they_are_stored_in(checkpoint_folder, waveform, dtype):
    features = Encoder(find_checkpoint(str(checkpoint_folder))).encode([waveform], dtype)[0]
    assert features.dtype == dtype
    assert all(layer.flags.c_contiguous for layer in features)


@settings(max_examples=15, deadline=None)
@given(st.integers(400, 9_000))
def test_frames_are_known_from_samples(checkpoint_folder, samples):
    encoder = Encoder(find_checkpoint(str(checkpoint_folder)))
    waveform = np.random.default_rng(samples).standard_normal(samples).astype(np.float32)
    assert encoder.encode([waveform])[0].shape[1] == encoder.shape.frames(samples)


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
    features = Encoder(find_checkpoint(str(tmp_path))).encode([waveform])[0]
    with torch.inference_mode():
        expected = model.wav2vec2(torch.from_numpy(waveform)[None]).last_hidden_state
    np.testing.assert_allclose(features[-1], expected[0], atol=1e-5)


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
        ("{", r"config\.json: not JSON"),
        ("[]", r"config\.json: holds a JSON list"),
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


def test_to_load_an_encoder_draws_no_random_numbers(checkpoint_folder):
    """The initial weights of a classifier on it are those of the seed, however it is loaded."""
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    load_model(checkpoint_folder)
    assert torch.rand(4).equal(expected)
