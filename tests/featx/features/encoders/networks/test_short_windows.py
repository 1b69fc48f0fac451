"""Whisper in short windows: transformers' own layers with positions cut off at the end."""

import copy
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from featx.errors import FeatxError
from featx.features.encoders.checkpoints.find import find_checkpoint, is_here
from featx.features.encoders.checkpoints.loading import load_model
from featx.features.encoders.encoder import CPU, Encoder
from featx.features.encoders.preprocessing import load_extractor
from featx.features.encoders.shape import find_shape

SECONDS = (0.02, 3.3, 1.0, 0.51)
AT_ONCE = pytest.mark.parametrize("at_once", [1, 3], ids=["one at a time", "as on a GPU"])


def noise(samples, seed=0):
    draw = np.random.default_rng(seed)
    return (draw.uniform(0.01, 1) * draw.standard_normal(samples)).astype(np.float32)


@torch.inference_mode()
def expected(encoder, extractor, waveform):
    """transformers' layers of an utterance in short windows, (layers, frames, dim)."""
    size, positions = encoder.config.max_source_positions * 320, encoder.embed_positions.weight
    windows = []
    for start in range(0, len(waveform), size):
        part = waveform[start : start + size]
        frames = -(-len(part) // 320)
        cut = copy.deepcopy(encoder)  # it asserts that its input is as long as its positions
        cut.embed_positions = torch.nn.Embedding.from_pretrained(positions[:frames])
        cut.config.max_source_positions = cut.max_source_positions = frames
        inputs = extractor(part, sampling_rate=16_000, return_tensors="pt", max_length=frames * 320)
        output = cut(inputs.input_features, output_hidden_states=True)
        windows.append(torch.cat([*output.hidden_states[:-1], output.last_hidden_state]))
    return torch.cat(windows, 1).numpy()


@AT_ONCE
@pytest.mark.parametrize("bands", [80, 128])
def test_a_batch_gives_what_each_gets_alone_and_from_transformers(
    bands, at_once, save_whisper, load_encoder, assert_close
):
    model = save_whisper(bands=bands)
    encoder = load_encoder(window="short")
    encoder.network.at_once = at_once
    waveforms = [noise(int(16_000 * seconds), seed) for seed, seconds in enumerate(SECONDS)]
    for waveform, features in zip(waveforms, encoder.encode(waveforms), strict=True):
        assert features.shape == (4, -(-len(waveform) // 320), 16)
        assert_close(features, expected(*model, waveform))
        assert_close(features, encoder.encode([waveform])[0])


@AT_ONCE
def test_loud_ends_silence_and_what_stops_within_a_frame(
    at_once, save_whisper, load_encoder, assert_close
):
    """The sound mirrored at the end, the loudest there, and the clamp to it."""
    model = save_whisper()
    encoder = load_encoder(window="short")
    encoder.network.at_once = at_once
    loud = noise(9_600)
    loud[:-30] *= 1e-5
    waveforms = [loud, np.zeros(9_000, np.float32), noise(1), noise(319), noise(321), noise(640)]
    for waveform, features in zip(waveforms, encoder.encode(waveforms), strict=True):
        assert_close(features, expected(*model, waveform))


@AT_ONCE
@pytest.mark.parametrize("frames", [30, 33])
def test_more_than_a_window_is_seen_in_several_of_which_the_last_is_short(
    at_once, frames, save_whisper, load_encoder, assert_close
):
    model = save_whisper(positions=frames)
    encoder = load_encoder(window="short")
    encoder.network.at_once = at_once
    size = frames * 320
    waveforms = [noise(size + more, abs(more)) for more in (-1, 0, 1, 320, size, 2 * size - 777)]
    for waveform, features in zip(waveforms, encoder.encode(waveforms), strict=True):
        assert_close(features, expected(*model, waveform))


def test_over_thirty_seconds(save_whisper, load_encoder, assert_close):
    model = save_whisper()
    waveforms = [noise(491_200), noise(480_000), noise(19_200)]
    encoded = load_encoder(window="short").encode(waveforms)
    for waveform, features in zip(waveforms, encoded, strict=True):
        assert_close(features, expected(*model, waveform))


def test_a_full_window_is_as_trained_and_a_shorter_one_is_not(
    save_whisper, load_encoder, assert_close
):
    save_whisper(positions=40)
    short, trained = load_encoder(window="short"), load_encoder()
    full, less = noise(40 * 320), noise(30 * 320)
    assert_close(short.encode([full])[0], trained.encode([full])[0])
    ends, silence = short.encode([less])[0], trained.encode([less])[0]
    assert ends.shape == silence.shape
    np.testing.assert_allclose(ends[0, :-2], silence[0, :-2], atol=1e-5)  # far from the end
    assert np.abs(ends[1] - silence[1]).max() > 1e-3 * np.abs(silence[1]).max()


@pytest.mark.parametrize("layers", [(0,), (0, 2), (3,)])
def test_layers_are_chosen(layers, save_whisper, load_encoder, assert_close):
    model = save_whisper()
    encoder = load_encoder(layers=layers, window="short")
    features = encoder.encode([noise(16_000), noise(8_000)])[0]
    assert_close(features, expected(*model, noise(16_000))[list(layers)])


@AT_ONCE
@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precision_is_near_float32(precision, at_once, emulated, save_whisper, load_encoder):
    """Windows are padded there so that shapes recur; the padding is not seen."""
    save_whisper(positions=60)
    encoder = load_encoder(window="short")
    half = encoder.on(CPU, precision)
    half.network.at_once = at_once
    waveforms = [noise(59 * 320), noise(16_000), noise(5_000), noise(1)]
    for exact, features in zip(encoder.encode(waveforms), half.encode(waveforms), strict=True):
        np.testing.assert_array_equal(features[0].shape, exact[0].shape)
        for layer, rounded in zip(exact, features, strict=True):
            assert np.abs(layer - rounded).max() < 0.03 * np.abs(layer).max()


@pytest.mark.corpus
def test_real_weights_and_real_speech():
    """whisper-tiny.en, where it is here: fetched, or installed as featx[demo]."""
    if not is_here("whisper-tiny.en"):
        pytest.skip("featx models --fetch whisper-tiny.en")
    checkpoint = find_checkpoint("whisper-tiny.en")
    files = sorted(Path(os.environ["FEATX_DATA"]).glob("ravdess/speech/Actor_*/*"))[::288]
    waveforms = [soundfile.read(file, dtype="float32")[0] for file in files]
    waveforms.append(np.tile(np.concatenate(waveforms), 3)[: 16_000 * 31])
    model = load_model(checkpoint.folder), load_extractor(checkpoint.folder)
    wanted = [expected(*model, waveform) for waveform in waveforms]
    encoder = Encoder(checkpoint, window="short")
    for at_once in (1, 4):
        encoder.network.at_once = at_once
        for features, others in zip(encoder.encode(waveforms), wanted, strict=True):
            for layer, other in zip(features, others, strict=True):
                assert np.abs(layer - other).max() < 1e-4 * np.abs(other).max()


def test_models_without_windows_have_no_short_ones(checkpoint_folder):
    with pytest.raises(FeatxError, match=r"is for Whisper models.*; tiny sees"):
        Encoder(find_checkpoint(str(checkpoint_folder)), window="short")
    with pytest.raises(FeatxError, match=r"is for Whisper models.*; xlsr53 sees"):
        find_shape("xlsr53").seen_in("short", "xlsr53")
    assert find_shape("whisper-tiny.en").seen_in("short", "whisper-tiny.en").short
