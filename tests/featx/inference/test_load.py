"""What can't be loaded is refused, and so are inputs that are not there."""

import csv
import json
from pathlib import Path

import pytest
import torch

import featx
from featx.errors import FeatxError
from featx.inference.predictions import Predictions

RUN = Path("runs/made")


@pytest.fixture
def fitted(place, made_once):
    """A finished fit of a linear head."""
    made_once("loaded", lambda: featx.fit("linear", "encoder", folds=3, name="made"), RUN)
    return featx.load(RUN)


def test_no_run_is_refused(workplace):
    with pytest.raises(FeatxError, match="no finished run"):
        featx.load("runs/none")


def test_a_run_that_is_not_finished_is_refused(fitted):
    (RUN / "metrics.json").unlink()
    with pytest.raises(FeatxError, match="no finished run"):
        featx.load(RUN)


@pytest.mark.parametrize("name", ["model.json", "heads.safetensors"])
def test_damaged_heads_are_refused(name, fitted):
    (RUN / name).write_bytes((RUN / name).read_bytes()[:100])
    with pytest.raises(FeatxError, match="damaged"):
        featx.load(RUN)


def test_heads_without_weights_are_refused(fitted):
    (RUN / "heads.safetensors").unlink()
    with pytest.raises(FeatxError, match="damaged"):
        featx.load(RUN)


def test_mere_predictions_are_refused(fitted):
    (RUN / "model.json").unlink()
    (RUN / "config.toml").unlink()
    with pytest.raises(FeatxError, match="no model"):
        featx.load(RUN)


def test_inputs_that_are_not_there_are_refused(fitted):
    Path("empty").mkdir()
    for inputs, problem in {
        "none.wav": "no such file",
        "empty": "neither audio",
        "none.csv": "none.csv",
        (): "empty",
        ("audio/sad-0-0.wav", "audio/sad-0-0.wav"): "twice",
        ("audio/sad-0-0.wav", "features/manifest/encoder"): "mixes",
    }.items():
        with pytest.raises(FeatxError, match=problem):
            fitted.predict(inputs)


def test_predictions_are_a_table(fitted, tmp_path):
    predictions = fitted.predict(["audio/sad-0-0.wav", "audio/happy-0-0.wav"])
    assert isinstance(predictions, Predictions)
    assert predictions.labels == [row.label for row in predictions]
    assert len(predictions) == 2
    shown = predictions._repr_html_()
    assert shown.count("<tr>") == 3
    assert "audio/sad-0-0.wav" in shown
    assert str(predictions).count("audio/") == 2
    assert predictions.to_text(most=1).endswith("and 1 more")
    predictions.to_csv(tmp_path / "out" / "predicted.csv")
    with (tmp_path / "out" / "predicted.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["prediction"] for row in rows] == predictions.labels
    for row, predicted in zip(rows, predictions, strict=True):
        assert row["utterance"] == predicted.utterance
        for name, share in predicted.probabilities.items():
            assert float(row[f"p_{name}"]) == pytest.approx(share, rel=1e-6)


def test_too_improbable_labels_are_withheld(fitted, tmp_path):
    sure = fitted.predict("audio")
    limit = sorted(row.probability for row in sure)[3]
    predictions = fitted.predict("audio", abstain=limit)
    assert predictions.labels.count("") == 3
    for row, before in zip(predictions, sure, strict=True):
        assert row.label in ("", before.label)
        assert row.probabilities == before.probabilities
    assert str(predictions).count("(uncertain)") == 3
    predictions.to_json_lines(tmp_path / "out.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [line["label"] or "" for line in lines] == predictions.labels
    assert set(lines[0]) == {"utterance", "label", "probabilities"}


def test_names_are_escaped_in_a_notebook():
    predictions = Predictions.of(["<a>", "b"], ["<u>"], torch.tensor([[0.25, 0.75]]), {})
    assert "&lt;u&gt;" in predictions._repr_html_()
    assert "&lt;a&gt;" in predictions._repr_html_()
