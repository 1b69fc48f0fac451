"""Runs that learned numbers, shared and exported."""

from pathlib import Path

import onnx
import pytest
from huggingface_hub import ModelCard

import featx


@pytest.fixture
def run(extracted_slim):
    """A finished fit of a column of numbers."""
    path = Path("manifest.csv")
    head, *rows = path.read_text().splitlines()
    path.write_text("\n".join([f"{head},size", *(f"{row},{n}.5" for n, row in enumerate(rows))]))
    return featx.fit("linear", folds=3, target="size")


@pytest.mark.figures
def test_a_fit_of_numbers_is_shared_with_a_card_and_loads_again(run):
    pushed = featx.push(run, "me/sizes", dry_run="shared")
    assert {"figures/scatter.png", "figures/error_by_level.png"} <= set(pushed.files)
    card = ModelCard.load("shared/README.md")
    assert "It predicts size of an utterance, as numbers" in card.text
    assert "Head: ridge regression on" in card.text
    assert "Calibration" not in card.text
    assert "probabilit" not in card.text
    scores = {result.metric_type: result for result in card.data.eval_results}
    mean = run.results.dimensions["size"]["ccc"].mean
    assert scores["ccc"].metric_value == pytest.approx(mean, rel=1e-3)
    given = featx.predict(run, "features/manifest/tiny")
    again = featx.predict("shared", "features/manifest/tiny")
    assert [row.numbers for row in again] == [row.numbers for row in given]


@pytest.mark.thorough
def test_an_exported_run_predicts_the_same_numbers(run):
    exported = featx.export(run, out="size.onnx")
    assert exported.agreement.difference < 1e-3
    assert "deviations" in exported.to_text()
    assert [output.name for output in onnx.load("size.onnx").graph.output] == ["numbers", "logits"]
    model = featx.load("size.onnx")
    assert (model.classes, model.dimensions) == ((), ("size",))
    files = sorted(map(str, Path("audio").glob("*-0-*.wav")))
    for mine, other in zip(featx.predict(run, files), model.predict(files), strict=True):
        assert other.numbers["size"] == pytest.approx(mine.numbers["size"], rel=1e-3)
