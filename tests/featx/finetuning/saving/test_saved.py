"""Saved models load with featx, and with plain transformers where it has such a model."""

import json
import math

import numpy as np
import pytest
import torch
from transformers import AutoFeatureExtractor, AutoModel, AutoModelForAudioClassification

from classifiers.pooled import PooledSettings
from featx.errors import FeatxError
from featx.features.encoders.checkpoints.find import find_checkpoint
from featx.features.encoders.encoder import Encoder
from featx.features.encoders.preprocessing import load_extractor
from featx.finetuning.model import build_model
from featx.finetuning.saving.load import load_tuned
from featx.finetuning.saving.save import save_model
from featx.finetuning.training.waveforms import collate
from featx.runs.outputs import Outputs

CLASSES = ("sad", "happy", "angry")
FAMILIES = ["wav2vec2", "hubert", "unispeech", "unispeech-sat", "wavlm", "data2vec-audio"]


@pytest.fixture
def waveform():
    return np.random.default_rng(0).standard_normal(7_000).astype(np.float32) * 0.1


def tuned(folder, kind="linear", pooling="mean"):
    model = build_model(folder, PooledSettings(kind=kind, pooling=pooling), 3, "full").eval()
    return model, load_extractor(folder)


def logits_of(model, extractor, waveform):
    values = extractor(waveform, sampling_rate=16_000).input_values[0]
    with torch.no_grad():
        return model(**collate([{"waveform": values, "label": 0}]))["logits"]


@pytest.mark.parametrize("family", FAMILIES)
def test_plain_transformers_gives_the_same_logits(family, tiny, save_model_of, waveform, tmp_path):
    model, extractor = tuned(save_model_of(family, **tiny))
    save_model(model, extractor, Outputs(classes=CLASSES), tmp_path / "saved")
    plain, report = AutoModelForAudioClassification.from_pretrained(
        tmp_path / "saved", output_loading_info=True
    )
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    assert plain.config.id2label == dict(enumerate(CLASSES))
    inputs = AutoFeatureExtractor.from_pretrained(tmp_path / "saved")(
        waveform, sampling_rate=16_000, return_tensors="pt"
    )
    with torch.no_grad():
        logits = plain(**inputs).logits
    torch.testing.assert_close(logits, logits_of(model, extractor, waveform), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ["linear", "pooled"])
@pytest.mark.parametrize("pooling", ["mean", "sum", "max"])
def test_featx_gives_the_same_logits(kind, pooling, tiny, save_model_of, waveform, tmp_path):
    model, extractor = tuned(save_model_of("hubert", **tiny), kind, pooling)
    save_model(model, extractor, Outputs(classes=CLASSES), tmp_path / "saved")
    again = load_tuned(tmp_path / "saved")
    assert list(again.classes) == list(CLASSES)
    actual = logits_of(again.model, again.extractor, waveform)
    torch.testing.assert_close(actual, logits_of(model, extractor, waveform), rtol=0, atol=0)


@pytest.mark.parametrize("kind", ["linear", "pooled"])
def test_a_fine_tuned_encoder_is_extracted_like_any_other(
    kind, checkpoint_folder, waveform, tmp_path
):
    model, extractor = tuned(checkpoint_folder, kind)
    with torch.no_grad():
        model.encoder.encoder.layer_norm.bias += 1
    save_model(model, extractor, Outputs(classes=CLASSES), tmp_path / "saved")
    apart = {"subfolder": "encoder"} if kind == "pooled" else {}
    encoder = AutoModel.from_pretrained(tmp_path / "saved", **apart)
    torch.testing.assert_close(
        encoder.encoder.layer_norm.bias, model.encoder.encoder.layer_norm.bias
    )
    values = torch.from_numpy(extractor(waveform, sampling_rate=16_000).input_values[0])[None]
    with torch.no_grad():
        expected = encoder.eval()(values).last_hidden_state[0]
    (features,) = Encoder(find_checkpoint(str(tmp_path / "saved"))).encode([waveform])
    np.testing.assert_allclose(features[-1], expected, rtol=1e-4, atol=1e-5)


def test_the_seconds_that_a_model_heard_are_kept(checkpoint_folder, tmp_path):
    model, extractor = tuned(checkpoint_folder)
    for seconds in (1.5, math.inf):
        save_model(model, extractor, Outputs(classes=CLASSES), tmp_path / "saved", seconds)
        assert load_tuned(tmp_path / "saved").seconds == seconds


def test_a_folder_is_whole_or_not_there(checkpoint_folder, tmp_path, monkeypatch):
    model, extractor = tuned(checkpoint_folder)
    save_model(model, extractor, Outputs(classes=CLASSES), tmp_path / "saved")
    before = json.loads((tmp_path / "saved/head.json").read_text())

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("featx.finetuning.saving.save.write_json", fail)
    with pytest.raises(OSError, match="disk full"):
        save_model(model, extractor, Outputs(classes=("a", "b", "c")), tmp_path / "saved")
    assert json.loads((tmp_path / "saved/head.json").read_text()) == before


def test_another_folder_is_refused(checkpoint_folder):
    with pytest.raises(FeatxError, match=r"not a model that `featx\.finetune` saved"):
        load_tuned(checkpoint_folder)
