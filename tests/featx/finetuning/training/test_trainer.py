"""Settings reach Trainer and do what they say."""

import math

import numpy as np
import pytest
import torch
from transformers import EvalPrediction

from classifiers.objectives import Classification
from classifiers.pooled import PooledSettings
from featx.data.manifest import load_manifest
from featx.features.encoders.preprocessing import load_extractor
from featx.finetuning.config import earlier_config, finetune_config
from featx.finetuning.model import build_model
from featx.finetuning.training.arguments import training_arguments
from featx.finetuning.training.trainer import Tuner, measure
from featx.finetuning.training.waveforms import Waveforms
from featx.protocols.protocol import default_protocol

CPU = torch.device("cpu")


@pytest.fixture
def make_tuner(write_corpus, checkpoint_folder, tmp_path):
    """Return a Tuner with some settings changed."""

    def make(*changes: str, mode: str = "full") -> Tuner:
        manifest = load_manifest(write_corpus(speakers=3))
        data = {
            "manifest": "manifest.csv", "model": str(checkpoint_folder), "mode": mode, "seeds": 1,
            "protocol": default_protocol(manifest, 3, False).model_dump(mode="json"),
        }  # fmt: skip
        settings = finetune_config(data, changes).training
        model = build_model(checkpoint_folder, PooledSettings(kind="linear"), 3, mode)
        labels = np.arange(len(manifest.utterances)) % 3
        waveforms = Waveforms(manifest.utterances, labels, load_extractor(checkpoint_folder))
        arguments = training_arguments(settings, tmp_path / "out", 0, CPU, "test")
        return Tuner(model, Classification(3), settings, arguments, waveforms, waveforms)

    return make


def test_encoder_and_head_have_their_own_rates(make_tuner):
    tuner = make_tuner("training.learning_rate=1e-5", "training.head_learning_rate=1e-3")
    groups = {group["lr"]: group["params"] for group in tuner.create_optimizer().param_groups}
    assert {id(p) for p in groups[1e-3]} == {id(p) for p in tuner.tuned.head.parameters()}
    assert {id(p) for p in groups[1e-5]} == {id(p) for p in tuner.tuned.encoder.parameters()}
    alone = make_tuner(mode="frozen").create_optimizer().param_groups
    assert [len(group["params"]) for group in alone] == [2]


@pytest.mark.parametrize("schedule", ["linear", "cosine", "constant"])
def test_rates_rise_and_follow_the_schedule(schedule, make_tuner):
    tuner = make_tuner("training.warmup=0.25", f"training.schedule={schedule}")
    tuner.create_optimizer_and_scheduler(steps := 16)
    rates = []
    for _ in range(steps):
        rates.append(tuner.lr_scheduler.get_last_lr()[0])
        tuner.optimizer.step()
        tuner.lr_scheduler.step()
    expected = []
    for step in range(steps):
        after = (step - 4) / (steps - 4)
        fall = {"linear": 1 - after, "cosine": (1 + math.cos(math.pi * after)) / 2, "constant": 1}
        expected.append(1e-4 * (step / 4 if step < 4 else fall[schedule]))
    assert rates == pytest.approx(expected)


@pytest.mark.parametrize("bound", [1, 5, 9])
def test_steps_are_an_upper_bound_and_the_schedule_ends_with_them(bound, make_tuner):
    """18 utterances are 3 steps an epoch."""
    tuner = make_tuner("training.epochs=2", "training.every=2", f"training.max_steps={bound}")
    steps = min(bound, 6)
    assert tuner.steps == steps
    tuner.train()
    rates = [entry["learning_rate"] for entry in tuner.state.log_history if "loss" in entry]
    seen = [entry["step"] for entry in tuner.state.log_history if "eval_loss" in entry]
    assert seen == sorted({*range(2, steps + 1, 2), steps})
    assert rates == pytest.approx([1e-4 * (1 - (step - 1) / steps) for step in seen])
    assert tuner.lr_scheduler.get_last_lr() == [0.0, 0.0]


@pytest.mark.parametrize("patience", ["5", "inf"])
def test_patience_is_written_as_it_was_given(patience, one_split, finetune):
    config = finetune(f"training.patience={patience}").folder / "config.toml"
    assert f"\npatience = {patience}\n" in config.read_text()
    assert earlier_config(config).to_toml() == config.read_text()


@pytest.mark.parametrize(
    "changes",
    [
        ("training.precision=bfloat16", "training.best_by=loss"),
        ("training.gradient_checkpointing=true", "training.group_by_length=false"),
        ("training.accumulation=5", "training.best_by=wa"),
        ("training.every=1000", "training.batch_size=100"),
        ("training.patience=inf", "training.max_steps=2", "training.best_by=parting"),
    ],
)
def test_a_run_with_other_settings_ends_well(changes, one_split, finetune):
    assert (finetune(*changes).folder / "metrics.json").exists()


def test_validation_is_measured_on_all_utterances_together(make_tuner):
    """Not averaged over batches, whose last is smaller."""
    generator = np.random.default_rng(0)
    logits, labels = generator.standard_normal((7, 3)), np.array([0, 0, 0, 0, 1, 1, 2])
    predicted = EvalPrediction(predictions=logits, label_ids=labels)
    seen = measure(Classification(3), make_tuner().settings, predicted)
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    assert seen["loss"] == pytest.approx(-np.log(probabilities[range(7), labels]).mean())
    hits = logits.argmax(1) == labels
    assert seen["wa"] == pytest.approx(hits.mean())
    assert seen["score"] == pytest.approx(np.mean([hits[labels == n].mean() for n in range(3)]))


def test_training_accuracy_is_that_of_the_batches_since_the_last_look(make_tuner):
    tuner = make_tuner("training.every=2", "training.epochs=1", "training.learning_rate=1e-30")
    for part in tuner.tuned.encoder.modules():
        if isinstance(part, torch.nn.Dropout):
            part.p = 0.0
    tuner.tuned.encoder.config.mask_time_prob = 0.0
    tuner.tuned.encoder.config.attention_dropout = 0.0
    for block in tuner.tuned.encoder.encoder.layers:
        block.attention.dropout = 0.0
    tuner.tuned.head.output.bias.data = torch.tensor([9.0, 0.0, 0.0])  # always the first class
    tuner.train()
    first = next(entry for entry in tuner.state.log_history if "loss" in entry)
    tuner.order.epoch = 0
    seen = list(tuner.order)[:16]  # two steps of two batches of four
    assert first["wa"] == pytest.approx(np.mean([index % 3 == 0 for index in seen]))
