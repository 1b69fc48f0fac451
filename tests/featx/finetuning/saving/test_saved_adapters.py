"""Runs of adapters: saved alone, loaded equal, and refused where something else was planted."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from peft import PeftModel
from transformers import AutoModel

import featx
from featx.errors import FeatxError, Interrupted
from featx.features.encoders.checkpoints.loading import load_model
from featx.finetuning.adapting.adapters import adapters_of
from featx.finetuning.adapting.settings import LoraSettings
from featx.finetuning.config import earlier_config, finetune_config
from featx.finetuning.saving.contents import PEFT_FILE
from featx.finetuning.saving.load import load_tuned
from featx.finetuning.training.watch import Watch
from featx.sharing.contents import ADAPTERS

RUN = Path("runs/manifest-tiny-lora")


@pytest.mark.parametrize("settings", [{"mode": "full"}, {"mode": "frozen"}])
def test_adapters_belong_to_their_mode(settings, one_split, finetune):
    with pytest.raises(FeatxError, match="lora: is of mode lora alone"):
        finetune("lora.r=4", **settings)


def test_without_peft_its_extra_is_named(one_split, finetune, monkeypatch):
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(FeatxError, match=r"`pip install 'featx\[lora\]'`"):
        finetune(mode="lora")
    assert not Path("runs").exists()


@pytest.fixture
def run_of(kept, one_split, finetune):
    """Return a finished fine-tuning of adapters, made for the first test that wants it."""

    def make(mode):
        folder = Path(f"runs/manifest-tiny-{mode}")
        if not (kept / mode).exists():
            finetune({"lora": "lora.r=2", "adapter": "adapter.size=2"}[mode], mode=mode)
            shutil.copytree(folder, kept / f"begun-{mode}")
            (kept / f"begun-{mode}").rename(kept / mode)
        if not folder.exists():
            shutil.copytree(kept / mode, folder)
        return folder

    return make


@pytest.fixture
def run(run_of):
    return run_of("lora")


@pytest.fixture
def saved(run) -> Path:
    return next((run / "models").iterdir())


@pytest.mark.parametrize(
    ("mode", "described"),
    [
        ("lora", "LoRA of rank 2, alpha 8, dropout 0, on q"),
        ("adapter", "bottlenecks of width 2 after each block's attention and feed-forward"),
    ],
)
def test_adapters_are_saved_alone_and_loaded_equal(
    mode, described, run_of, read_rows, checkpoint_folder
):
    """Predictions of the loaded model are the run's, and its weights the base's to the bit."""
    run = run_of(mode)
    saved = next((run / "models").iterdir())
    names = {path.relative_to(saved).as_posix() for path in saved.rglob("*") if path.is_file()}
    assert names == {*ADAPTERS.names} - ({PEFT_FILE} if mode == "adapter" else set())
    tuned, base = load_tuned(saved).model, load_model(checkpoint_folder).state_dict()
    own = tuned.encoder.state_dict()
    found = {name.replace(".base_layer", ""): value for name, value in own.items()}
    assert base.keys() == found.keys() - adapters_of(tuned.encoder).keys()
    assert all(torch.equal(found[name], value) for name, value in base.items())
    model = featx.load(run)
    expected = {row["utterance"]: row for row in read_rows(run / "predictions.csv")}
    for made in model.predict("manifest.csv", device="cpu"):
        if row := expected.get(made.utterance):
            shares = [float(row[f"p_{name}"]) for name in model.classes]
            np.testing.assert_allclose(list(made.probabilities.values()), shares, rtol=1e-4)
    environment = json.loads((run / "environment.json").read_text())["encoder"]
    assert environment["trained"] < environment["parameters"] / 4
    card = (saved / "README.md").read_text()
    assert described in card
    assert ("PeftModel" in card) == (mode == "lora")


def test_peft_takes_the_adapters_and_transformers_refuses_the_folder(saved, checkpoint_folder):
    model, waveform = load_tuned(saved).model, torch.randn(1, 8_000)
    plain = PeftModel.from_pretrained(load_model(checkpoint_folder), saved, subfolder="adapter")
    with torch.no_grad():
        hidden = plain(waveform).last_hidden_state[0]
        logits = model.head([hidden], torch.tensor([len(hidden)]))
        torch.testing.assert_close(model(waveform, [8_000])["logits"], logits)
    with pytest.raises(ValueError, match="featx"):
        AutoModel.from_pretrained(saved)


def test_another_encoder_is_refused_and_an_absent_one_named(saved, checkpoint_folder):
    assert json.loads((saved / "head.json").read_text())["adapted"]["base"]["encoder"] == "tiny"
    config = RUN / "config.toml"
    config.write_text(config.read_text().replace(str(checkpoint_folder), "elsewhere"))
    with pytest.raises(FeatxError, match="local checkpoint named tiny, is not here"):
        featx.load(RUN)
    shutil.copytree(checkpoint_folder, "tiny")
    assert sorted(featx.load(RUN).classes) == ["angry", "happy", "sad"]
    other = load_model(checkpoint_folder)
    with torch.no_grad():
        other.encoder.layer_norm.bias += 1e-6
    other.save_pretrained("tiny")
    with pytest.raises(FeatxError, match=r"trained in tiny, and .*tiny has other weights"):
        featx.load(RUN)


def test_an_encoder_with_another_config_is_refused(saved, checkpoint_folder):
    config = RUN / "config.toml"
    config.write_text(config.read_text().replace(str(checkpoint_folder), "tiny"))
    shutil.copytree(checkpoint_folder, "tiny")
    about = Path("tiny/config.json")
    about.write_text(json.dumps({**json.loads(about.read_text()), "layer_norm_eps": 1e-3}))
    with pytest.raises(FeatxError, match="has other config and preprocessing"):
        featx.load(RUN)


def test_a_folder_of_adapters_is_no_encoder(saved):
    with pytest.raises(FeatxError, match="adapters that featx trained, without their encoder"):
        featx.extract(str(saved))


@pytest.mark.parametrize(
    ("name", "change", "fact"),
    [
        ("head.json", {"lora": {"r": 2**30}}, "adapter_model.safetensors: .*not 1,073,741,824"),
        ("head.json", {"lora": {"r": 4}}, "adapter_model.safetensors: .*not 4"),
        ("head.json", {"lora": {"target_modules": ["os.system"]}}, "no linear layers named"),
        ("head.json", {"base": {"encoder": "../tiny"}}, "head.json: .*encoder"),
        ("head.json", {"adapter": {"size": 4}}, "head.json: .*one kind of adapters"),
        ("adapter/config.json", {"auto_map": {"A": "b.C"}}, "adapter/config.json: .*auto_map"),
        ("adapter/config.json", {"hidden_size": 2**20}, "adapter/config.json: hidden_size"),
    ],
)
def test_what_is_planted_is_refused(name, change, fact, saved):
    path = saved / name
    table = json.loads(path.read_text())
    target = table.get("adapted", table)
    for key, value in change.items():
        target[key] = {**target[key], **value} if key in target and key in "lora base" else value
    path.write_text(json.dumps(table))
    with pytest.raises(FeatxError, match=fact):
        load_tuned(saved)


def test_a_pushed_model_has_its_adapters_and_finds_its_encoder(saved, checkpoint_folder):
    pushed = featx.push(RUN, "me/tuned", dry_run="sent")
    assert set(pushed.files) == set(ADAPTERS.names)
    shutil.copytree(checkpoint_folder, "tiny")
    expected = featx.predict(RUN, "audio/sad-0-0.wav")[0].probabilities
    assert featx.predict("sent", "audio/sad-0-0.wav")[0].probabilities == expected


def test_a_finished_run_is_taken_as_it_is_and_its_config_repeats_it(run, finetune):
    modified = (run / "predictions.csv").stat().st_mtime_ns
    again = finetune("lora.r=2", mode="lora")
    assert (again.folder / "predictions.csv").stat().st_mtime_ns == modified
    config = earlier_config(run)
    assert config.lora == LoraSettings(r=2)
    assert earlier_config(run, ["mode=full"]).lora is None
    assert "lora" not in finetune_config({**config.to_table(), "mode": "full"}).to_table()


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("mode", "setting"), [("lora", "lora.lora_dropout=0.1"), ("adapter", "adapter.size=2")]
)
def test_adapters_stopped_and_begun_again_are_the_same(
    mode, setting, one_split, finetune, monkeypatch
):
    def stop(self, args, state, control, **others):
        if state.global_step == 2:
            raise KeyboardInterrupt

    options = {"mode": mode, "save": "none"}
    settings = ("training.epochs=2", setting)
    whole = finetune(*settings, name="whole", **options)
    with monkeypatch.context() as patch:
        patch.setattr(Watch, "on_save", stop, raising=False)
        with pytest.raises(Interrupted):
            finetune(*settings, name="stopped", **options)
    again = finetune(*settings, name="stopped", **options)
    assert "goes on at step 2" in (again.folder / "run.log").read_text()
    assert again.predictions.read_bytes() == whole.predictions.read_bytes()
