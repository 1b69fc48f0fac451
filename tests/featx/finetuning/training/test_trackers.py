"""Trackers are told of each model in a run of its own."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from transformers import TrainerCallback, integrations

from classifiers.objectives import Classification
from classifiers.pooled import PooledSettings
from featx.data.manifest import load_manifest
from featx.errors import FeatxError
from featx.features.encoders.preprocessing import load_extractor
from featx.finetuning.config import finetune_config
from featx.finetuning.model import build_model
from featx.finetuning.training.arguments import training_arguments
from featx.finetuning.training.trackers import check_trackers, tracking
from featx.finetuning.training.trainer import Tuner
from featx.finetuning.training.waveforms import Waveforms
from featx.protocols.apply import apply_protocol
from featx.protocols.protocol import default_protocol
from featx.protocols.task import set_task

CURVES = {"train/loss", "train/wa", "eval/loss", "eval/score", "eval/wa"}


@pytest.fixture
def make_trainer(write_corpus, checkpoint_folder, tmp_path):
    manifest = load_manifest(write_corpus())
    protocol = default_protocol(manifest, 3, False)
    data = {"manifest": "manifest.csv", "model": "tiny", "mode": "full", "seeds": 1}
    changes = ["training.every=2", "training.epochs=2"]
    config = finetune_config({**data, "protocol": protocol.model_dump(mode="json")}, changes)
    task = set_task(apply_protocol(manifest, protocol))
    extractor = load_extractor(checkpoint_folder)

    def make(name):
        model = build_model(checkpoint_folder, PooledSettings(kind="linear"), 3, "full")
        arguments = training_arguments(
            config.training, tmp_path / "checkpoints" / name, 0, torch.device("cpu"), name=name,
        )  # fmt: skip
        parts = (task.folds[0].train, task.folds[0].validation)
        data = [Waveforms(part, task.labels(part), extractor) for part in parts]
        return Tuner(model, Classification(3), config.training, arguments, *data)

    return make


def scalars(folder):
    (path,) = folder.iterdir()
    events = EventAccumulator(str(path))
    events.Reload()
    return {name: events.Scalars(name) for name in events.Tags()["scalars"]}


def test_tensorboard_has_each_models_curves_in_its_own_folder(make_trainer, tmp_path):
    for name in ("seed0-fold0", "seed1-fold0"):
        trainer = make_trainer(name)
        with tracking(trainer, ["tensorboard"], tmp_path / name):
            trainer.train()
        trainer.predict(trainer.eval_dataset)  # is nobody's business
        curves = scalars(tmp_path / name)
        assert set(curves) >= CURVES
        assert not [curve for curve in curves if "test" in curve]
        for curve in CURVES:
            kind, key = curve.split("/")
            key = key if kind == "train" else f"eval_{key}"
            logged = {
                entry["step"]: entry[key] for entry in trainer.state.log_history if key in entry
            }
            assert {point.step: point.value for point in curves[curve]} == pytest.approx(logged)
            assert sorted(logged) == [2, 4]


def test_a_fine_tuning_leaves_curves_for_every_model(one_split, finetune, read_rows):
    folder = finetune(seeds=2, track=["tensorboard"]).folder
    history = {(row["seed"], row["fold"]): row for row in read_rows(folder / "history.csv")}
    assert len(list((folder / "tensorboard").iterdir())) == len(history) == 2
    for (seed, fold), row in history.items():
        curves = scalars(folder / f"tensorboard/seed{seed}-fold{fold}")
        assert curves["eval/score"][-1].step == int(row["step"])
        assert curves["eval/loss"][-1].value == pytest.approx(float(row["validation_loss"]))


def test_nothing_is_tracked_by_default(one_split, finetune):
    assert not (finetune().folder / "tensorboard").exists()
    assert not {path.name for path in Path.cwd().iterdir()} - {"audio", "manifest.csv", "runs"}


class Service:
    """A tracker's package and callback, as those that need an account."""

    def __init__(self, monkeypatch, name):
        self.run, self.active_run, self.seen, self.ended = None, lambda: self.run, [], []
        self.stops = False
        module = ModuleType(name)
        module.__spec__ = SimpleNamespace()
        module.__getattr__ = lambda attribute: getattr(self, attribute)
        monkeypatch.setitem(sys.modules, name, module)
        service = self

        class Callback(TrainerCallback):
            def on_train_begin(self, args, state, control, **others):
                assert service.run is None, "the last model's run is still open"
                service.run = args.run_name
                service.seen.append((args.run_name, args.project))
                if service.stops:
                    raise KeyboardInterrupt

            def on_predict(self, args, state, control, **others):
                service.seen.append("predictions")

        monkeypatch.setitem(integrations.integration_utils.INTEGRATION_TO_CALLBACK, name, Callback)

    def end_run(self, status):
        self.ended.append(status)
        self.run = None

    def finish(self, exit_code):
        self.end_run({0: "FINISHED", 1: "FAILED"}[exit_code])


@pytest.mark.parametrize("name", ["wandb", pytest.param("mlflow", marks=pytest.mark.thorough)])
def test_a_run_ends_with_its_model_also_if_that_fails(name, make_trainer, monkeypatch, tmp_path):
    service = Service(monkeypatch, name)
    for model in ("first", "second"):
        trainer = make_trainer(model)
        with tracking(trainer, [name, name], tmp_path / model):
            trainer.train()
        trainer.predict(trainer.eval_dataset)
    service.stops = True
    with pytest.raises(KeyboardInterrupt), tracking(trainer, [name], tmp_path):
        trainer.train()
    assert service.seen == [("first", "featx"), *2 * [("second", "featx")]]
    assert service.ended == ["FINISHED", "FINISHED", "FAILED"]


@pytest.mark.parametrize(
    ("name", "fact"),
    [("tensorbord", "choose tensorboard"),
     ("trackio", "pip install trackio")],
)  # fmt: skip
def test_a_tracker_that_is_not_there_is_refused(name, fact, monkeypatch):
    monkeypatch.setattr("featx.finetuning.training.trackers.find_spec", lambda name: None)
    with pytest.raises(FeatxError, match=fact):
        check_trackers([name])


def test_a_tracker_that_is_switched_off_is_refused_before_training(monkeypatch):
    Service(monkeypatch, "mlflow")

    def unusable():
        raise RuntimeError("MLflowCallback requires mlflow to be installed.")

    table = integrations.integration_utils.INTEGRATION_TO_CALLBACK
    monkeypatch.setitem(table, "mlflow", unusable)
    with pytest.raises(FeatxError, match="installed, but can't be used: MLflowCallback requires"):
        check_trackers(["mlflow"])


@pytest.mark.parametrize(
    ("mode", "known", "refused"),
    [("online", False, True), ("online", True, False), ("offline", False, False)],
)
def test_weights_and_biases_needs_a_login_before_training(mode, known, refused, monkeypatch):
    service = Service(monkeypatch, "wandb")
    service.setup = lambda: SimpleNamespace(settings=SimpleNamespace(mode=mode))
    service.login = lambda prompt: known
    if not refused:
        check_trackers(["wandb"])
        return
    with pytest.raises(FeatxError, match=r"not logged in\. `wandb login` logs in; WANDB_MODE=offl"):
        check_trackers(["wandb"])
