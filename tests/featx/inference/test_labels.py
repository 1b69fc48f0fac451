"""Runs that learned several labels at once predict them, of features and of audio."""

import csv
import json
import zlib

import numpy as np
import pytest
import torch
from scipy.special import expit

import featx
from classifiers.head import Head
from classifiers.multilabel import MultiLabel
from featx.cli.live import describe
from featx.errors import FeatxError
from featx.fitting.heads.cooled import CooledHead
from featx.inference.label_predictions import LabelPredictions, PredictedLabels
from featx.scoring.labels.calibration import cool_labels

FILE = "audio/sad-0-0.wav"


@pytest.fixture
def fit(place, relabel):
    """Fit a head to two labels."""
    relabel(
        lambda row: {
            **row, "low": int(row["label"] == "sad"), "tone": int(row["label"] != "angry")
        }
    )  # fmt: skip

    def make(head="linear", **options):
        several = {"target": ["low", "tone"], "task": "multilabel", "folds": 3}
        return featx.fit(head, "encoder", **{**several, **options})

    return make


def test_a_head_predicts_what_its_run_says(fit, tested, tmp_path):
    run = fit()
    rows = {row["utterance"]: row for row in tested(run.folder)[0, 1]}
    model = featx.load(run)
    assert (model.classes, model.several) == (("low", "tone"), True)
    found = model.predict("features/manifest/encoder", fold=1)
    assert isinstance(found, LabelPredictions)
    for row in (row for row in found if row.utterance in rows):
        own = rows[row.utterance]
        assert row.label == own["predictions"]
        assert row.labels == [name for name in model.classes if float(own[f"p_{name}"]) >= 0.5]
    found.to_csv(tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as file:
        written = list(csv.DictReader(file))
    assert list(written[0]) == ["utterance", "predictions", "p_low", "p_tone"]
    assert [row["predictions"] for row in written] == found.labels
    for shown in (found.to_text(), found._repr_html_()):
        assert "labels" in shown
        assert "low" in shown
    line = json.loads(found[0].to_json())
    assert line["labels"] == found[0].labels
    assert "label" not in line


def test_labels_over_time_are_drawn_and_written(fit):
    windows = featx.predict(fit(), FILE, window=0.1)
    track, picture = featx.write_timelines(windows, "shown")
    assert len(windows) > 1
    assert {line.split("\t")[2] for line in track.read_text().splitlines()} == {*windows.labels}
    assert picture.stat().st_size > 0


def test_a_vote_predicts_labels_by_its_rule(fit):
    runs = [fit(), fit("svm")]
    each = [featx.predict(run, FILE)[0].probabilities["low"] for run in runs]
    (row,) = featx.predict(featx.vote(runs), FILE)
    assert row.probabilities["low"] == pytest.approx(np.mean(each), rel=1e-6)
    assert isinstance(row, PredictedLabels)


@pytest.fixture
def unsure(fit, relabel):
    """A run with final heads, of a label that nothing in the sound tells."""
    relabel(lambda row: {**row, "tossed": zlib.crc32(row["utterance"].encode()) % 2})
    settings = ("training.epochs=6", "training.learning_rate=0.02")
    return fit("dense", target=["low", "tossed"], settings=settings, final=True, name="unsure")


def kept_temperatures(run, fold):
    """Return a run's temperatures of labels, of a fold or the final head."""
    entries = json.loads((run.folder / "calibration.json").read_text())["temperatures"]
    (own,) = (entry["temperatures"] for entry in entries if entry["fold"] == fold)
    return own


@pytest.mark.parametrize("fold", [0, None])
def test_each_label_is_calibrated_by_its_own_temperature(unsure, fold):
    given, mended = (
        featx.predict(unsure, "features/manifest/encoder", fold=fold, calibrated=calibrated)
        for calibrated in (False, True)
    )
    heat = kept_temperatures(unsure, fold)
    shares = np.array([[row.probabilities[name] for name in heat] for row in given], np.float32)
    found = [[row.probabilities[name] for name in heat] for row in mended]
    np.testing.assert_allclose(found, cool_labels(shares, [*heat.values()]), atol=1e-6)
    assert heat["tossed"] != 1
    assert mended.labels == given.labels


def test_the_temperatures_of_a_final_head_are_the_geometric_means_of_the_folds(unsure):
    final, folds = kept_temperatures(unsure, None), [kept_temperatures(unsure, n) for n in range(3)]
    for name, own in final.items():
        assert own == pytest.approx(np.exp(np.mean([np.log(fold[name]) for fold in folds])))


def test_logits_are_divided_before_they_are_rounded_to_probabilities():
    class Sure(Head):
        def forward(self, part):
            return torch.tensor([[40.0, -40.0]])

    sure = Sure()
    sure.objective, sure.part_size = MultiLabel(2), 1
    cooled = CooledHead(sure, (10.0, 20.0))
    assert sure.objective.predictions(sure(None))[0, 0] == 1
    shares = cooled.objective.predictions(cooled(None))[0]
    np.testing.assert_allclose(shares, expit([4, -2]), rtol=1e-6)


def test_temperatures_that_are_lacking_or_of_classes_are_damage(unsure):
    path = unsure.folder / "calibration.json"
    kept = json.loads(path.read_text())
    for entry in kept["temperatures"]:
        del entry["temperatures"]["low"]
    for content, why in (
        (kept, "seed 0, fold 1 has no temperature for low"),
        ({"temperatures": [{"seed": 0, "fold": 1, "temperature": 2}]}, "no temperature for low"),
        ({"temperatures": []}, "no temperature of seed 0, fold 1"),
        ({"temperatures": [{"seed": 0, "fold": 1}]}, "either a temperature or temperatures by"),
    ):
        path.write_text(json.dumps(content))
        with pytest.raises(FeatxError, match=rf"calibration.json.*{why}"):
            featx.predict(unsure, "features/manifest/encoder", calibrated=True, fold=1)


def test_a_run_from_before_labels_were_calibrated_has_a_reason_that_may_be_its_own(unsure):
    (unsure.folder / "calibration.json").unlink()
    with pytest.raises(FeatxError, match="predicts several labels and an earlier featx made it"):
        featx.predict(unsure, "features/manifest/encoder", calibrated=True)


def test_a_vote_asks_its_members_for_calibrated_labels(unsure, fit):
    runs = [unsure, fit("linear", target=["low", "tossed"])]
    vote = featx.vote(runs)
    each = [featx.predict(run, FILE, calibrated=True)[0].probabilities["tossed"] for run in runs]
    (row,) = featx.predict(vote, FILE, calibrated=True)
    assert row.probabilities["tossed"] == pytest.approx(np.mean(each), rel=1e-5)


@pytest.mark.parametrize("option", [{"abstain": 0.5}, {"priors": "uniform"}])
def test_what_is_about_a_single_class_is_refused(fit, option):
    (name,) = option
    with pytest.raises(FeatxError, match=rf"`{name}` is about a single class.*\(low, tone\)"):
        featx.predict(fit(), FILE, **option)


def test_what_layers_and_moments_add_makes_the_logit_of_a_label(fit):
    run = fit()
    (row,) = featx.predict(run, FILE, fold=0)
    why = featx.explain(run, FILE, label="tone", fold=0)
    assert why.probability == pytest.approx(row.probabilities["tone"], abs=1e-5)
    assert 1 / (1 + np.exp(-why.logit)) == pytest.approx(why.probability, abs=1e-4)
    assert why.baseline + why.total + why.rest == pytest.approx(why.logit)
    assert abs(why.rest) < 1e-6
    assert why.title.endswith(f"; predicted: {row.label}")
    assert "0 at 50 %" in why.to_text()
    likeliest = max(row.probabilities, key=row.probabilities.get)
    assert featx.explain(run, FILE, fold=0).label == likeliest
    with pytest.raises(FeatxError, match="no such label; there is low, tone"):
        featx.explain(run, FILE, label="sad")


def test_labels_are_shown_while_a_microphone_is_heard():
    heard = PredictedLabels("live", "low|tone", {"low": 0.6, "tone": 0.9}, 1.0, 5.0)
    assert describe(heard) == "    5.0 s  low|tone     tone 90 %, low 60 %"
