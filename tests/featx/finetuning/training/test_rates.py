"""Layers have rates of their own, wake one after another, and are averaged: each as it is asked."""

import csv
from pathlib import Path

import pytest
import torch

import featx
from classifiers.pooled import PooledSettings
from featx.errors import FeatxError, Interrupted
from featx.features.encoders.checkpoints.find import find_checkpoint
from featx.features.encoders.encoder import Encoder
from featx.features.encoders.preprocessing import load_extractor
from featx.finetuning.config import Tuning
from featx.finetuning.model import build_model
from featx.finetuning.saving.load import load_tuned
from featx.finetuning.saving.save import save_model
from featx.finetuning.training.rates import Unfreezing, groups_of, layers_of
from featx.finetuning.training.watch import Watch
from featx.finetuning.training.waveforms import collate
from featx.runs.outputs import Outputs
from featx.utils.config import read_config, shipped_config

SHIPPED = read_config(shipped_config("finetuning.toml"), Tuning).training
FAMILIES = [
    ("wav2vec2", {"feat_extract_norm": "group"}),
    ("wav2vec2", {"feat_extract_norm": "layer", "do_stable_layer_norm": True}),
    ("wavlm", {}),
    ("data2vec-audio", {}),
    ("whisper", {}),
]
WITHOUT_CHANCE = {
    "hidden_dropout": 0.0, "attention_dropout": 0.0, "activation_dropout": 0.0,
    "feat_proj_dropout": 0.0, "mask_time_prob": 0.0,
}  # fmt: skip


@pytest.fixture
def save(tiny, save_model, save_whisper, tmp_path):
    """Save a tiny encoder of a family; return its folder."""

    def make(family, options):
        if family == "whisper":
            save_whisper(positions=50)
        else:
            save_model(family, **tiny, **options, **WITHOUT_CHANCE)
        return tmp_path / "model"

    return make


@pytest.fixture
def waveforms(speak):
    return [speak(seconds, seed=n) for n, seconds in enumerate((0.7, 0.9, 0.7))]


def make(folder, mode="full", **head):
    return build_model(folder, PooledSettings(**{"kind": "linear", **head}), 3, mode)


def settings(**changes):
    return SHIPPED.model_copy(update={"learning_rate": 1.0, **changes})


def names_of(model, weights):
    known = {id(weight): name for name, weight in model.encoder.named_parameters()}
    return {known[id(weight)] for weight in weights}


@pytest.mark.parametrize(("family", "options"), FAMILIES)
@pytest.mark.parametrize("mode", ["full", "partial"])
def test_each_layer_has_the_rate_of_the_next_times_the_decay(mode, family, options, save):
    model = make(save(family, options), mode)
    decay = settings(layer_decay=0.5, head_learning_rate=3.0)
    groups = groups_of(model.encoder, model.head, decay)
    blocks = 3 if family == "whisper" else 2
    layers = blocks + (family != "whisper" or mode == "full")  # its stem is all that is below
    assert [group["lr"] for group in groups] == [0.5**n for n in range(layers)] + [3.0]
    grouped = [weight for group in groups for weight in group["params"]]
    assert len({id(weight) for weight in grouped}) == len(grouped)
    assert {id(w) for w in grouped} == {id(w) for w in model.parameters() if w.requires_grad}
    last = names_of(model, groups[0]["params"])
    assert any(f"layers.{blocks - 1}." in name for name in last)
    after = family == "whisper" or options.get("do_stable_layer_norm", False)
    outside = [name for name in last if "layers" not in name]
    assert after == any(name.split(".")[-2] == "layer_norm" for name in outside)


def test_without_a_decay_there_are_the_two_groups_of_before(save):
    model = make(save(*FAMILIES[0]))
    encoder, head = groups_of(model.encoder, model.head, settings())
    assert encoder["params"] == list(model.encoder.parameters())
    assert encoder["lr"] == head["lr"] == 1.0
    (alone,) = groups_of(make(save(*FAMILIES[0]), "frozen").encoder, model.head, settings())
    assert alone["params"] == list(model.head.parameters())


def test_layers_wake_from_above_as_the_steps_go(save):
    model = make(save(*FAMILIES[0]), "partial")
    layers, state = layers_of(model.encoder), type("State", (), {"global_step": 0})()
    waking = Unfreezing(layers, 5)
    for step, awake in [(0, 0), (4, 0), (5, 1), (9, 1), (10, 2), (15, 3), (99, 3), (7, 1)]:
        state.global_step = step
        waking.on_step_begin(None, state, None)
        training = [all(weight.requires_grad for weight in layer) for layer in layers]
        assert training == [n >= 3 - awake for n in range(3)]
        assert not any(w.requires_grad for w in model.encoder.feature_extractor.parameters())
        assert all(weight.requires_grad for weight in model.head.parameters())


@pytest.mark.parametrize(
    ("options", "fact"),
    [
        ({"mode": "frozen", "settings": ("training.layer_decay=0.5",)}, "for encoders that train"),
        ({"mode": "frozen", "settings": ("training.unfreeze_every=5",)}, "for encoders that train"),
        ({"settings": ("training.unfreeze_every=5", "processes=2")}, "in a single process alone"),
        ({"settings": ("training.layer_decay=1.5",)}, "training.layer_decay: .*less than or equal"),
        ({"settings": ("head.average=median",)}, "head.average: "),
    ],
)
def test_what_makes_no_sense_is_refused(options, fact, one_split, checkpoint_folder):
    with pytest.raises(FeatxError, match=fact):
        featx.finetune(checkpoint_folder, device="cpu", **options)


def test_defaults_leave_the_config_as_it_was(one_split, finetune):
    run = finetune("training.max_steps=2", mode="frozen")
    text = (run.folder / "config.toml").read_text()
    assert not any(word in text for word in ("lora", "layer_decay", "unfreeze", "average"))
    head = next(run.folder.glob("models/*/head.json")).read_text()
    assert not any(word in head for word in ("lora", "adapted", "average"))
    assert not (run.folder / "layer_weights.csv").exists()


@pytest.mark.thorough
def test_unfreezing_goes_on_where_it_was_stopped(one_split, finetune, monkeypatch, caplog):
    """Also the weights of layers that slept at the best step are those of the best step."""

    def stop(self, args, state, control, **others):
        if state.global_step == 4:
            raise KeyboardInterrupt

    changes = ("training.epochs=3", "training.patience=inf", "training.layer_decay=0.9",
               "training.unfreeze_every=3", "head.average=absolute")  # fmt: skip
    whole = finetune(*changes, name="whole")
    with monkeypatch.context() as patch:
        patch.setattr(Watch, "on_save", stop, raising=False)
        with pytest.raises(Interrupted):
            finetune(*changes, name="stopped")
    again = finetune(*changes, name="stopped")
    assert "goes on at step 4" in (again.folder / "run.log").read_text()
    for name in ("predictions.csv", "layer_weights.csv"):
        assert (again.folder / name).read_bytes() == (whole.folder / name).read_bytes()
    assert "1 layer of 3 will not train" in caplog.text
    model = featx.load(whole)
    made = {row.utterance: row for row in model.predict("manifest.csv", device="cpu")}
    with (whole.folder / "predictions.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            shares = [float(row[f"p_{name}"]) for name in model.classes]
            actual = list(made[row["utterance"]].probabilities.values())
            assert actual == pytest.approx(shares, rel=1e-4)


@pytest.mark.parametrize(("family", "options"), FAMILIES)
@pytest.mark.parametrize("mode", ["full", "frozen"])
def test_the_layers_averaged_are_those_that_are_stored(mode, family, options, save, waveforms):
    """Of a ragged batch, with weights that differ: all layers, the local encoder first."""
    folder = save(family, options)
    model = make(folder, mode, average="softmax").eval()
    with torch.no_grad():
        model.head.average.raw.copy_(torch.arange(len(model.shape.layers)) / 2)
    stored = Encoder(find_checkpoint(str(folder))).encode(waveforms)
    layers = [torch.from_numpy(features.copy()) for features in stored]
    weights = (torch.arange(len(model.shape.layers)) / 2).softmax(0)
    frames = torch.cat([(weights[:, None, None] * each).sum(0) for each in layers])
    seen = []
    model.head.output.register_forward_pre_hook(lambda _, inputs: seen.extend(inputs))
    extractor = load_extractor(folder)
    prepared = [
        wave if family == "whisper" else extractor(wave, sampling_rate=16_000).input_values[0]
        for wave in waveforms
    ]
    model(**collate([{"waveform": wave, "label": 0} for wave in prepared]))
    means = [part.mean(0) for part in frames.split([each.shape[1] for each in layers])]
    torch.testing.assert_close(seen[0], torch.stack(means), rtol=1e-3, atol=1e-4)


def test_an_average_reaches_every_layer_and_learns_its_weights(save, waveforms):
    model = make(save(*FAMILIES[0]), average="absolute").train()
    batch = collate([{"waveform": wave, "label": n} for n, wave in enumerate(waveforms)])
    model(**batch)["loss"].backward()
    assert (model.head.average.raw.grad != 0).all()
    assert model.layer_weights.tolist() == pytest.approx([1 / 3] * 3)
    last = make(save(*FAMILIES[0])).train()
    last(**batch)["loss"].backward()
    projection = "encoder.feature_projection.projection.weight"
    gradients = [dict(m.named_parameters())[projection].grad for m in (model, last)]
    assert not torch.allclose(*gradients)


@pytest.mark.parametrize("family", ["wav2vec2", "whisper"])
def test_a_model_with_an_average_is_saved_and_loaded_equal(family, save, waveforms, tmp_path):
    folder = save(family, {})
    model = make(folder, average="softmax", kind="pooled", pooling="max").eval()
    with torch.no_grad():
        model.head.average.raw.normal_()
    save_model(model, load_extractor(folder), Outputs(classes=tuple("abc")), tmp_path / "saved")
    again = load_tuned(tmp_path / "saved").model
    batch = collate([{"waveform": wave, "label": 0} for wave in waveforms])
    with torch.no_grad():
        assert torch.equal(again(**batch)["logits"], model(**batch)["logits"])
    assert (tmp_path / "saved/encoder/model.safetensors").exists()  # not one of transformers' own


@pytest.mark.thorough
def test_its_weights_are_shown_as_those_of_heads(one_split, finetune, run_featx):
    run = finetune("head.average=softmax", mode="frozen")
    with (run.folder / "layer_weights.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["layer"] for row in rows] == ["0", "1", "2"]
    assert {row["features"] for row in rows} == {"tiny"}
    assert sum(float(row["weight"]) for row in rows) == pytest.approx(1)
    shown = run_featx("layers", run.folder)
    assert shown.code == 0, shown.err
    assert "tiny" in shown.out
    assert "Weights of layers" in next(run.folder.glob("models/*/README.md")).read_text()
    plain = finetune(mode="frozen", name="plain")
    refused = run_featx("layers", plain.folder)
    assert refused.code == 1
    assert "head.average" in refused.err
    assert Path("runs/plain").is_dir()
