"""Fine-tuning on numbers: from columns of a manifest to scores, files and a model of them."""

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from classifiers.objectives import Classification, LossSettings
from classifiers.regression import Regression
from featx.data.manifest import load_manifest
from featx.errors import FeatxError
from featx.finetuning.saving.load import load_tuned
from featx.finetuning.training.loss import mean_loss
from featx.finetuning.training.waveforms import Waveforms

PITCH = {"sad": 150, "happy": 600, "angry": 2400}


@pytest.fixture
def with_numbers(one_split):
    """One fold, and two columns of numbers in units that are far apart."""
    with one_split.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for place, row in enumerate(rows):
        row["octaves"] = f"{math.log2(PITCH[row['label']]) + 0.01 * (place % 7):.3f}"
        row["hertz"] = f"{-100 * PITCH[row['label']] + place % 5:.1f}"
    with one_split.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize("loss", ["ccc", "mse", "ccc+mse"])
def test_a_loss_of_numbers_has_the_slope_of_its_closed_form(loss):
    draw = torch.Generator().manual_seed(0)
    outputs, targets = torch.randn(2, 6, 3, generator=draw)
    outputs.requires_grad_()
    criterion = Regression(3).criterion(LossSettings(loss=loss), targets.numpy(), outputs.device)
    value = mean_loss(criterion)(outputs, targets)
    (2 * value).backward()
    expected, slope = criterion.measure(outputs.detach(), targets)
    assert float(value) == pytest.approx(float(expected))
    torch.testing.assert_close(outputs.grad, 2 * slope)


def test_the_loss_of_classes_is_the_mean_cross_entropy():
    draw = torch.Generator().manual_seed(0)
    outputs, labels = torch.randn(5, 3, generator=draw), torch.tensor([0, 1, 2, 2, 0])
    criterion = Classification(3).criterion(LossSettings(), labels.numpy(), outputs.device)
    torch.testing.assert_close(
        mean_loss(criterion)(outputs, labels), cross_entropy(outputs, labels)
    )


@pytest.mark.parametrize("mode", ["frozen", "lora"])
def test_numbers_are_learned_scored_and_written(with_numbers, finetune, read_rows, mode):
    longer = ("training.epochs=4", "training.every=4", "training.learning_rate=0.01")
    run = finetune(*longer, mode=mode, target=["octaves", "hertz"])
    rows = [row for row in read_rows(run.predictions) if row["split"] == "test"]
    truth = np.array([[float(row[n]) for n in ("octaves", "hertz")] for row in rows])
    found = np.array([[float(row[f"predicted_{n}"]) for n in ("octaves", "hertz")] for row in rows])
    covariances = ((truth - truth.mean(0)) * (found - found.mean(0))).mean(0)
    expected = (
        2 * covariances / (truth.var(0) + found.var(0) + (truth.mean(0) - found.mean(0)) ** 2)
    )
    scores = [run.results.dimensions[name]["ccc"].mean for name in ("octaves", "hertz")]
    np.testing.assert_allclose(scores, expected, rtol=1e-4)
    assert np.all(np.abs(found.mean(0) - truth.mean(0)) < 3 * truth.std(0)), "not in their units"
    assert json.loads((run.folder / "metrics.json").read_text())["task"] == "regression"
    history = read_rows(run.folder / "history.csv")
    assert {row["train_wa"] for row in history} == {row["validation_wa"] for row in history} == {""}
    assert "best step" in (run.folder / "report.txt").read_text()
    assert "CCC" in (run.folder / "run.log").read_text()


def test_the_saved_model_predicts_what_the_run_says(with_numbers, finetune, read_rows):
    run = finetune("training.learning_rate=0.01", target="hertz")
    tuned = load_tuned(run.folder / "models/seed0-fold0")
    assert (tuned.outputs.dimensions, tuned.classes) == (("hertz",), ())
    known = {u.utterance: u for u in load_manifest(Path("manifest.csv")).utterances}
    for row in read_rows(run.predictions)[:2]:
        data = Waveforms([known[row["utterance"]]], np.zeros((1, 1)), tuned.extractor)
        waveform = torch.from_numpy(data[0]["waveform"])[None]
        (number,) = tuned.model(waveform, data.samples)["logits"][0].tolist()
        assert number == pytest.approx(float(row["predicted_hertz"]), rel=1e-4)
    card = (run.folder / "models/seed0-fold0/README.md").read_text()
    assert "It predicts hertz of an utterance" in card
    assert "softmax" not in card


@pytest.mark.figures
def test_pictures_are_those_of_numbers(with_numbers, finetune):
    run = finetune(mode="frozen", target="hertz")
    names = [path.name for path in run.figures]
    assert names == ["error_by_level.png", "scatter.png", "training.png"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("training.loss=cross-entropy", r"training\.loss.*there is ccc, mse, ccc\+mse"),
        ("training.class_weights=balanced", r"numbers are learned, which have no classes"),
        ("training.best_by=wa", r"best_by=wa.*`score` is CCC"),
    ],
)
def test_what_numbers_have_no_use_for_is_refused(with_numbers, finetune, settings, message):
    with pytest.raises(FeatxError, match=message):
        finetune(settings, target="octaves")
