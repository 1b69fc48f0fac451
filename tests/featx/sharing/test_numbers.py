"""Fits that learned numbers, shared."""

from pathlib import Path

import pytest
from huggingface_hub import ModelCard

import featx


def test_a_fit_of_numbers_is_shared_with_a_card_and_loads_again(extracted):
    path = Path("manifest.csv")
    head, *rows = path.read_text().splitlines()
    path.write_text("\n".join([f"{head},size", *(f"{row},{n}.5" for n, row in enumerate(rows))]))
    run = featx.fit("linear", folds=3, target="size")
    pushed = featx.push(run, "me/sizes", dry_run="shared")
    assert {"figures/scatter.png", "figures/error_by_level.png"} <= set(pushed.files)
    card = ModelCard.load("shared/README.md")
    assert "It predicts size of an utterance, as numbers" in card.text
    assert "Calibration" not in card.text
    assert "probabilit" not in card.text
    scores = {result.metric_type: result for result in card.data.eval_results}
    mean = run.results.dimensions["size"]["ccc"].mean
    assert scores["ccc"].metric_value == pytest.approx(mean, rel=1e-3)
    given = featx.predict(run, "features/manifest/tiny")
    again = featx.predict("shared", "features/manifest/tiny")
    assert [row.numbers for row in again] == [row.numbers for row in given]
