"""Two ways to be blind to padding agree: that of frozen features, and the one with gradients."""

import numpy as np
import pytest
import torch

from classifiers.pooled import PooledClassifier, PooledSettings
from featx.features.encoders.checkpoints.find import find_checkpoint
from featx.features.encoders.checkpoints.loading import load_model
from featx.features.encoders.encoder import Encoder
from featx.features.encoders.preprocessing import load_extractor
from featx.features.encoders.shape import read_shape
from featx.finetuning.model import EmotionModel

SAMPLES = (16_000, 4_000, 9_000, 700)


@pytest.mark.parametrize(
    ("family", "norm"),
    [("wav2vec2", "group"), ("wav2vec2", "layer"), ("wavlm", "group"), ("data2vec-audio", "layer")],
)
def test_a_ragged_batch_gives_the_same_frames_both_ways(save_model_of, tiny, family, norm):
    options = {} if family == "data2vec-audio" else {"feat_extract_norm": norm}  # it has one
    folder = save_model_of(family, **options, **tiny, do_normalize=False)
    noise = np.random.default_rng(0)
    waveforms = [noise.standard_normal(samples).astype(np.float32) for samples in SAMPLES]

    encoder = Encoder(find_checkpoint(str(folder)))
    frozen = [features[-1] for features in encoder.encode(waveforms)]

    shape = read_shape(folder)
    head = PooledClassifier(PooledSettings(kind="pooled"), shape.dim, 2)
    model = EmotionModel(load_model(folder), load_extractor(folder), shape, head, "full").eval()
    taken = []
    model.encoder.register_forward_hook(lambda *hooked: taken.append(hooked[-1].last_hidden_state))
    batch = torch.nn.utils.rnn.pad_sequence(
        list(map(torch.from_numpy, waveforms)), batch_first=True
    )
    model(batch, list(SAMPLES))
    (trained,) = taken
    assert trained.requires_grad
    for expected, hidden in zip(frozen, trained.detach().numpy(), strict=True):
        np.testing.assert_allclose(
            hidden[: len(expected)], expected, atol=2e-5
        )  # rounding, by processor
