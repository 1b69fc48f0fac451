"""A saved model is one model: plain transformers gives featx's answer, or refuses the folder."""

import json
import math

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    MODEL_FOR_AUDIO_CLASSIFICATION_MAPPING,
    AutoConfig,
    AutoModel,
    AutoModelForAudioClassification,
    Wav2Vec2ForSequenceClassification,
    Wav2Vec2Model,
    WhisperForAudioClassification,
    pipeline,
)

import featx
from classifiers.pooled import PooledSettings
from featx.errors import FeatxError
from featx.features.encoders.checkpoints.find import find_checkpoint, is_here
from featx.features.encoders.preprocessing import load_extractor
from featx.finetuning.model import build_model
from featx.finetuning.saving.load import load_tuned
from featx.finetuning.saving.save import save_model
from featx.runs.files import WEIGHTS
from featx.runs.outputs import Outputs
from featx.sharing.contents import FIT

CLASSES = ("sad", "happy", "angry")
FAMILIES = ["hubert", "wavlm", "data2vec-audio"]
HEADS = [(kind, pooling) for kind in ("linear", "pooled") for pooling in ("mean", "sum", "max")]
OWN = [head for head in HEADS if head != ("linear", "mean")]
ALL = math.inf


@pytest.fixture
def checkpoint(tiny, save_model_of, save_whisper, tmp_path):
    """Save a tiny model of a family; return its folder."""

    def make(family, **options):
        if family == "whisper":
            save_whisper(encoder_layers=2, **options)
            return tmp_path / "model"
        return save_model_of(family, **tiny, **options)

    return make


@pytest.fixture
def tuned(checkpoint, tmp_path):
    """Save a model with a head; return it and its folder, whose name is that of a family."""

    def make(family, kind="linear", pooling="mean", seconds=ALL, mode="full", **options):
        folder = checkpoint(family, **options)
        model = build_model(folder, PooledSettings(kind=kind, pooling=pooling), 3, mode).eval()
        target = tmp_path / f"{family}-emotions"
        save_model(model, load_extractor(folder), Outputs(classes=CLASSES), target, seconds)
        return model, target

    return make


def waveform(samples=4_000):
    return np.random.default_rng(0).standard_normal(samples).astype(np.float32) * 0.1


def logits(folder):
    """What featx says of a waveform, as it prepares it."""
    saved = load_tuned(folder)
    inputs = saved.extractor(waveform(), sampling_rate=16_000, return_tensors="pt")
    with torch.no_grad():
        return saved.model(inputs.input_values, [len(waveform())])["logits"]


def loaders(family):
    """Every way of transformers to load a classifier."""
    kind = MODEL_FOR_AUDIO_CLASSIFICATION_MAPPING[type(AutoConfig.for_model(family))]
    loose = {"ignore_mismatched_sizes": True}
    return [
        lambda folder: AutoModelForAudioClassification.from_pretrained(folder),
        lambda folder: AutoModelForAudioClassification.from_pretrained(folder, **loose),
        lambda folder: kind.from_pretrained(folder),
        lambda folder: kind.from_pretrained(folder, num_labels=3, **loose),
    ]


@pytest.mark.parametrize(
    ("family", "mode"), [("wav2vec2", "full"), ("wav2vec2", "frozen"), ("wavlm", "partial")]
)
def test_a_linear_head_on_the_mean_is_one_answer_everywhere(family, mode, tuned):
    _, folder = tuned(family, mode=mode, id2label={0: "neu", 1: "hap"})
    expected = logits(folder)
    extractor = load_extractor(folder)
    inputs = extractor(waveform(), sampling_rate=16_000, return_tensors="pt")
    for load in loaders(family):
        model = load(folder)
        with torch.no_grad():
            torch.testing.assert_close(model(**inputs).logits, expected, rtol=1e-4, atol=1e-5)
        assert model.config.id2label == dict(enumerate(CLASSES))
    said = pipeline("audio-classification", str(folder))(waveform(), top_k=3)
    scores = dict(zip(CLASSES, expected.softmax(1)[0].tolist(), strict=True))
    assert {row["label"]: row["score"] for row in said} == pytest.approx(scores, abs=1e-5)


@pytest.mark.parametrize(
    ("family", "head", "seconds"),
    [
        *(("wav2vec2", head, ALL) for head in OWN),
        *((family, ("pooled", "mean"), ALL) for family in FAMILIES),
        ("wav2vec2", ("linear", "mean"), 1.5),
        *(("whisper", head, ALL) for head in (("linear", "mean"), ("pooled", "max"))),
    ],
)
def test_every_other_model_is_refused_and_its_encoder_is_right(family, head, seconds, tuned):
    model, folder = tuned(family, *head, seconds)
    for load in (*loaders(family), AutoConfig.from_pretrained, AutoModel.from_pretrained):
        with pytest.raises((OSError, ValueError)):
            load(folder)
    with pytest.raises(ValueError, match="model type `featx`"):
        AutoModelForAudioClassification.from_pretrained(folder)
    with pytest.raises(ValueError, match="model type `featx`"):
        pipeline("audio-classification", str(folder))
    loaded, report = AutoModel.from_pretrained(
        folder, subfolder="encoder", output_loading_info=True
    )
    assert not report["unexpected_keys"]
    assert all("decoder" in name for name in report["missing_keys"])  # Whisper's, which has none
    encoder = loaded.encoder if family == "whisper" else loaded
    for name, weight in model.encoder.state_dict().items():
        assert torch.equal(encoder.state_dict()[name], weight), name


@pytest.mark.parametrize("family", ["hubert", "whisper"])
@pytest.mark.parametrize("head", [("linear", "mean"), ("pooled", "max")])
def test_featx_loads_them_all(family, head, tuned):
    model, folder = tuned(family, *head)
    again = load_tuned(folder)
    assert again.classes == CLASSES
    for name, weight in model.state_dict().items():
        assert torch.equal(again.model.state_dict()[name], weight), name
    assert featx.load(folder).classes == CLASSES


def test_an_encoder_apart_names_no_classes_of_its_own_checkpoint(tuned):
    """A checkpoint of another emotion model brings names, which would fit a random head."""
    _, folder = tuned("wav2vec2", "pooled", id2label={0: "neu", 1: "hap"})
    table = json.loads((folder / "encoder/config.json").read_text())
    assert not {"id2label", "label2id"} & set(table)
    assert AutoConfig.from_pretrained(folder / "encoder").id2label == {0: "LABEL_0", 1: "LABEL_1"}


@pytest.mark.parametrize("head", [("linear", "mean"), ("pooled", "max")])
def test_weights_of_half_precision_come_back_as_they_were_trained(head, checkpoint, tmp_path):
    folder = checkpoint("wav2vec2")
    weights = {name: w.half() for name, w in load_file(folder / "model.safetensors").items()}
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    table = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**table, "dtype": "float16"}))
    model = build_model(folder, PooledSettings(kind=head[0], pooling=head[1]), 3, "full").eval()
    save_model(model, load_extractor(folder), Outputs(classes=CLASSES), tmp_path / "saved")
    place = tmp_path / "saved" / ("encoder" if head[0] == "pooled" else "")
    assert AutoModel.from_pretrained(place).dtype is torch.float32


def test_such_a_model_is_extracted_and_fine_tuned_again_by_its_folder(tuned):
    _, folder = tuned("wav2vec2", "pooled")
    found = find_checkpoint(str(folder))
    assert (found.name, found.folder) == (folder.name, folder / "encoder")
    assert is_here(str(folder))
    (folder / "encoder/model.safetensors").unlink()
    assert not is_here(str(folder))


@pytest.mark.parametrize("head", [("linear", "mean"), ("pooled", "max")])
def test_a_batch_norm_that_counts_its_batches_is_read_again(head, tuned):
    model, folder = tuned("hubert", *head, conv_pos_batch_norm=True)
    again = load_tuned(folder).model.state_dict()
    assert all(torch.equal(again[name], weight) for name, weight in model.state_dict().items())


@pytest.mark.parametrize("kind", ["linear", "pooled"])
def test_an_adapter_after_the_last_layer_is_left_out(kind, tuned):
    """transformers has no classifier on such an adapter, which featx does not compute."""
    _, folder = tuned("wav2vec2", kind, add_adapter=True, num_adapter_layers=1)
    place = folder / ("encoder" if kind == "pooled" else "")
    _, report = AutoModel.from_pretrained(place, output_loading_info=True)
    assert not report["missing_keys"]
    assert logits(folder).shape == (1, 3)


def test_a_snapshot_of_the_hub_is_read_through_its_links(tuned, tmp_path):
    _, folder = tuned("wav2vec2", "pooled")
    snapshot = tmp_path / "models--me--x" / "snapshots" / ("c" * 40)
    blobs = tmp_path / "models--me--x" / "blobs"
    blobs.mkdir(parents=True)
    for number, path in enumerate(sorted(p for p in folder.rglob("*") if p.is_file())):
        link = snapshot / path.relative_to(folder)
        link.parent.mkdir(parents=True, exist_ok=True)
        path.rename(blobs / str(number))
        link.symlink_to(blobs / str(number))
    assert featx.load(snapshot).classes == CLASSES


@pytest.mark.parametrize(
    ("plant", "said"),
    [
        (lambda f: (f / "encoder/weights.bin").touch(), "may be a pickle"),
        (lambda f: (f / "encoder/adapter_config.json").write_text("{}"), "no such file"),
        (lambda f: (f / "encoder/model.safetensors").unlink(), "model.safetensors"),
        (lambda f: (f / "encoder/config.json").write_text('{"auto_map": {}}'), "auto_map"),
        (lambda f: ((f / "encoder").rename(f.parent / "away"),
                    (f / "encoder").symlink_to("../away")), "link out of its folder"),
    ],
)  # fmt: skip
def test_what_is_planted_beside_an_encoder_is_refused(plant, said, tuned):
    _, folder = tuned("wav2vec2", "pooled")
    plant(folder)
    with pytest.raises(FeatxError, match=said):
        load_tuned(folder)


def test_a_run_of_heads_on_features_is_nothing_to_transformers(tmp_path):
    """No file of it is one that transformers takes as a model's config or weights."""
    folder = tmp_path / "wav2vec2-heads"
    for name in FIT.names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    save_file({"a": torch.zeros(1)}, folder / WEIGHTS)
    classes = (Wav2Vec2Model, Wav2Vec2ForSequenceClassification, WhisperForAudioClassification)
    for kind in (AutoModelForAudioClassification, AutoModel, AutoConfig, *classes):
        with pytest.raises((OSError, ValueError)):
            kind.from_pretrained(folder)
