"""The networks that are exported compute what featx does, batched or alone."""

import numpy as np
import pytest
import torch

from featx.features.encoders.checkpoints.find import find_checkpoint
from featx.features.encoders.checkpoints.loading import load_model
from featx.features.encoders.encoder import Encoder
from featx.features.encoders.preprocessing import load_extractor
from featx.sharing.graph_encoders import Frames, encoder_graph
from featx.sharing.graph_heads import average_frames, pool_moments

SAMPLES = (4000, 6001, 5120)


def assert_same_layers(folder, samples=SAMPLES):
    rng = np.random.default_rng(0)
    waves = [(0.1 + 0.2 * rng.standard_normal(n)).astype(np.float32) for n in samples]
    encoder = Encoder(find_checkpoint(str(folder)))
    graph = encoder_graph(load_model(folder), load_extractor(folder), encoder.layers[-1]).eval()
    padded = torch.nn.utils.rnn.pad_sequence(list(map(torch.from_numpy, waves)), batch_first=True)
    with torch.inference_mode():
        layers, frames = graph(padded, torch.tensor(samples))
    for place, wave in enumerate(waves):
        alone = encoder.encode([wave])[0]
        assert alone.shape[1] == frames.counts[place] == frames.real[place].sum()
        for layer, expected in zip(layers, alone, strict=True):
            found = layer[place, : len(expected)].numpy()
            np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("norm", ["group", "layer"])
@pytest.mark.parametrize("family", ["wav2vec2", "wavlm"])
def test_wav2vec2_and_its_kin(family, norm, save_model_of, tiny):
    stable = norm == "layer"
    folder = save_model_of(family, feat_extract_norm=norm, do_stable_layer_norm=stable, **tiny)
    assert_same_layers(folder)


def test_whisper_in_one_window_and_in_several(save_whisper, tmp_path):
    save_whisper(positions=30)
    assert_same_layers(tmp_path / "model", (4000, 30 * 320 * 2 + 700, 321))


def test_neighbouring_frames_are_averaged_without_padding():
    values = torch.arange(10.0).view(1, 5, 2).repeat(2, 1, 1)
    averaged, frames = average_frames([values], Frames(torch.tensor([5, 3]), 5), 2)
    assert frames.counts.tolist() == [3, 2]
    assert averaged[0][0, :, 0].tolist() == [1, 5, 8]
    assert averaged[0][1, :2, 0].tolist() == [1, 4]


def test_moments_are_those_of_real_frames():
    values = torch.randn(2, 6, 3)
    mean, variance = pool_moments(values, Frames(torch.tensor([6, 4]), 6).real)
    torch.testing.assert_close(mean[1], values[1, :4].mean(0))
    torch.testing.assert_close(variance[1], values[1, :4].var(0, correction=0))
