"""Runs that learned several labels at once, exported."""

import csv
import zlib
from pathlib import Path

import pytest
from huggingface_hub import ModelCard

import featx


@pytest.fixture
def run(extracted_slim):
    """A finished fit of two labels."""
    with Path("manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["low"] = int(row["label"] == "sad")
        row["tone"] = zlib.crc32(row["utterance"].encode()) % 2  # which nothing in the sound tells
    with Path("manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return featx.fit("linear", folds=3, target=["low", "tone"], task="multilabel")


@pytest.mark.thorough
@pytest.mark.parametrize("calibrated", [False, True])
def test_an_exported_run_predicts_the_same_labels(run, calibrated):
    exported = featx.export(run, out="several.onnx", calibrated=calibrated)
    assert exported.agreement.difference < 1e-3
    model = featx.load("several.onnx")
    assert set(model.classes) == {"low", "tone"}
    files = sorted(map(str, Path("audio").glob("*-0-*.wav")))
    wanted = featx.predict(run, files, calibrated=calibrated)
    for mine, other in zip(wanted, model.predict(files), strict=True):
        for name, share in mine.probabilities.items():
            assert other.probabilities[name] == pytest.approx(share, abs=1e-3)
            if abs(share - 0.5) > 1e-3:
                assert (name in other.labels) == (name in mine.labels)


def test_a_fit_of_several_labels_is_shared_with_a_card_and_loads_again(run):
    featx.push(run, "me/several", dry_run="shared")
    card = ModelCard.load("shared/README.md")
    assert (
        "It tells which of these labels fit an utterance, none or several: low, tone." in card.text
    )
    assert "Head: logistic regression for each label on" in card.text
    assert "abstain" not in card.text
    scores = [(r.metric_type, r.metric_value) for r in card.data.eval_results]
    mean = run.results.scores["map"].mean
    assert scores[2] == ("average_precision", pytest.approx(mean / 100, abs=1e-4))
    errors = run.results.calibration_errors
    assert f"| tone | {errors['tone'].before:.1f} | {errors['tone'].after:.1f} |" in card.text
    for calibrated in (False, True):
        given, again = (
            featx.predict(own, "features/manifest/tiny", calibrated=calibrated)
            for own in (run, "shared")
        )
        assert [row.probabilities for row in again] == [row.probabilities for row in given]
