"""Runs that learned several labels at once, exported."""

import csv
from pathlib import Path

import pytest
from huggingface_hub import ModelCard

import featx
from featx.errors import FeatxError


@pytest.fixture
def run(extracted_slim):
    """A finished fit of two labels."""
    with Path("manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["low"], row["tone"] = int(row["label"] == "sad"), int(row["label"] != "angry")
    with Path("manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return featx.fit("linear", folds=3, target=["low", "tone"], task="multilabel")


@pytest.mark.thorough
def test_an_exported_run_predicts_the_same_labels(run):
    exported = featx.export(run, out="several.onnx")
    assert exported.agreement.difference < 1e-3
    model = featx.load("several.onnx")
    assert set(model.classes) == {"low", "tone"}
    files = sorted(map(str, Path("audio").glob("*-0-*.wav")))
    for mine, other in zip(featx.predict(run, files), model.predict(files), strict=True):
        assert other.label == mine.label
        for name, share in mine.probabilities.items():
            assert other.probabilities[name] == pytest.approx(share, abs=1e-3)


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
    given, again = (featx.predict(own, "features/manifest/tiny") for own in (run, "shared"))
    assert [row.probabilities for row in again] == [row.probabilities for row in given]
    with pytest.raises(FeatxError, match=r"`calibrated` is about a single class"):
        featx.export(run, calibrated=True)
