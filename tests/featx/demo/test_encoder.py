import pytest
import torch
from transformers import AutoFeatureExtractor, AutoModel

from featx.demo.encoder import write_encoder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    home = tmp_path_factory.mktemp("demo") / "encoder"
    write_encoder(home)
    return home


def forward(folder, waveform):
    model = AutoModel.from_pretrained(folder).eval()
    with torch.inference_mode():
        return model(waveform, output_hidden_states=True)


def test_it_loads_with_its_feature_extractor(folder):
    output = forward(folder, 0.02 * torch.randn(1, 16_000))
    assert output.last_hidden_state.shape == (1, 49, 64)
    assert len(output.hidden_states) == 5
    extractor = AutoFeatureExtractor.from_pretrained(folder)
    assert extractor.sampling_rate == 16_000
    assert not extractor.do_normalize


def test_the_seed_alone_sets_the_weights(folder, tmp_path):
    torch.manual_seed(99)
    write_encoder(tmp_path / "again")
    write_encoder(tmp_path / "other", seed=1)
    first, again, other = (
        (path / "model.safetensors").read_bytes()
        for path in (folder, tmp_path / "again", tmp_path / "other")
    )
    assert first == again
    assert first != other


def test_torch_keeps_its_random_state(tmp_path):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    write_encoder(tmp_path)
    assert torch.equal(torch.get_rng_state(), before)


def test_features_tell_loud_from_soft(folder):
    waveform = 0.01 * torch.randn(1, 8_000)
    soft, loud = (forward(folder, gain * waveform).last_hidden_state for gain in (1, 4))
    assert (soft - loud).abs().mean() > 0.01
