"""Runs that learned numbers predict them, of features and of audio."""

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest

import featx
from featx.cli.live import describe
from featx.errors import FeatxError
from featx.inference.number_predictions import NumberPredictions, PredictedNumbers

PITCH = {"sad": 150, "happy": 600, "angry": 2400}


@pytest.fixture
def with_numbers(place):
    """The manifest of `place` with two columns of numbers."""
    path = Path("manifest.csv")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows):
        row["octaves"] = f"{math.log2(PITCH[row['label']]) + 0.01 * (number % 7):.3f}"
        row["hertz"] = f"{PITCH[row['label']] + number % 5:.1f}"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def fit(with_numbers):
    """Fit a linear head to both columns."""

    def make(head="linear", **options):
        return featx.fit(head, "encoder", folds=3, target=["octaves", "hertz"], **options)

    return make


def test_a_head_predicts_what_its_run_says(fit, tested, tmp_path):
    run = fit()
    rows = tested(run.folder)[0, 1]
    model = featx.load(run)
    assert (model.classes, model.dimensions) == ((), ("octaves", "hertz"))
    files = [f"audio/{row['utterance']}.wav" for row in rows]
    for inputs in (files, "features/manifest/encoder"):
        found = {row.utterance: row.numbers for row in model.predict(inputs, fold=1)}
        for row, file in zip(rows, files, strict=True):
            own = found[file if inputs == files else row["utterance"]]
            for name, value in own.items():
                assert value == pytest.approx(float(row[f"predicted_{name}"]), rel=1e-3)
    predictions = model.predict(files)
    assert isinstance(predictions, NumberPredictions)
    assert "hertz" in predictions.to_text()
    predictions.to_csv(tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as file:
        written = list(csv.DictReader(file))
    assert list(written[0]) == ["utterance", "predicted_octaves", "predicted_hertz"]
    assert float(written[0]["predicted_hertz"]) == pytest.approx(predictions[0].numbers["hertz"])
    line = json.loads(next(predictions.json_lines()))
    assert list(line["numbers"]) == ["octaves", "hertz"]
    windows = model.predict(files[0], window=0.1)
    assert windows.has_times
    assert len(windows) > 1
    track, picture = featx.write_timelines(windows, "shown")
    lines = [line.split("\t") for line in track.read_text().splitlines()]
    assert [text for _, _, text in lines] == [
        ", ".join(f"{name} {value:.4g}" for name, value in row.numbers.items()) for row in windows
    ]
    assert picture.stat().st_size > 0


def test_a_vote_predicts_the_mean_of_its_members(fit):
    runs = [fit(), fit("svm")]
    file = "audio/sad-0-0.wav"
    each = [featx.predict(run, file)[0].numbers for run in runs]
    vote = featx.vote(runs)
    assert featx.predict(vote, file)[0].numbers["hertz"] == pytest.approx(
        np.mean([own["hertz"] for own in each]), rel=1e-6
    )
    weighted = featx.vote(runs, rule="weighted")
    members = json.loads((weighted.folder / "metrics.json").read_text())["vote"]["members"]
    weights = [max(0, member["validation_ccc"]["octaves"]) for member in members]
    assert featx.predict(weighted, file)[0].numbers["octaves"] == pytest.approx(
        np.average([own["octaves"] for own in each], weights=weights), rel=1e-6
    )


def test_a_single_fine_tuned_model_predicts_numbers(with_numbers, tested):
    quick = ["training.every=4", "training.epochs=1"]
    run = featx.finetune(
        "encoder", target="hertz", mode="frozen", folds=3, settings=quick, device="cpu", save="all"
    )
    for row in tested(run.folder)[0, 2][:2]:
        for model in (run, run.folder / "models/seed0-fold2"):
            options = {} if model is not run else {"fold": 2}
            (found,) = featx.predict(model, f"audio/{row['utterance']}.wav", **options)
            assert found.numbers["hertz"] == pytest.approx(float(row["predicted_hertz"]), rel=1e-4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda run: featx.predict(run, "audio", abstain=0.5),
            r"`abstain` is about classes, and the model predicts numbers \(octaves, hertz\)",
        ),
        (
            lambda run: featx.predict(run, "audio", calibrated=True),
            r"`calibrated` is about classes",
        ),
        (lambda run: featx.predict(run, "audio", priors="uniform"), r"`priors` is about classes"),
        (lambda run: featx.explain(run, "audio/sad-0-0.wav"), r"`label`: say which.*octaves or he"),
    ],
)
def test_what_is_about_classes_is_refused(fit, call, message):
    run = fit()
    with pytest.raises(FeatxError, match=message):
        call(run)


@pytest.mark.parametrize("head", ["linear", "dense"])
def test_what_layers_and_moments_add_makes_the_number(fit, head):
    settings = () if head == "linear" else ["training.epochs=2"]
    run, file = fit(head, settings=settings), "audio/sad-0-0.wav"
    why = featx.explain(run, file, label="hertz")
    assert why.logit == pytest.approx(featx.predict(run, file)[0].numbers["hertz"], rel=1e-3)
    assert why.baseline + why.total + why.rest == pytest.approx(why.logit)
    assert abs(why.rest) < (1e-6 if head == "linear" else 0.2) * abs(why.logit)
    assert why.title == f"hertz {why.logit:.4g}"
    assert "raise hertz most" in why.to_text()


def test_numbers_are_shown_while_a_microphone_is_heard():
    heard = PredictedNumbers("live", "", {}, 1.0, 5.0, numbers={"arousal": 0.51234, "level": -30})
    assert describe(heard) == "    5.0 s  arousal 0.5123, level -30"
