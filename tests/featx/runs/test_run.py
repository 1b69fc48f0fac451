"""A run shows its scores and its pictures."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest

import featx
from featx.scoring.classes.results import SeedPredictions, score_predictions

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)


@pytest.fixture
def run(tmp_path: Path) -> featx.Run:
    """A run whose labels would be tags if they were not escaped."""
    folder = tmp_path / "runs" / "a"
    (folder / "figures").mkdir(parents=True)
    (folder / "config.toml").write_text('manifest = "manifest.csv"\n')
    (folder / "predictions.csv").touch()
    (folder / "figures/confusion.png").write_bytes(PIXEL)
    (folder / "figures/confusion.pdf").touch()
    seed = SeedPredictions(np.array([0, 1]), np.array([0, 1]), ["s0", "s1"])
    results = score_predictions("a <run>", ["<b>sad</b>", "happy"], [seed], False)
    (folder / "metrics.json").write_text(json.dumps(results.to_json()))
    return featx.Run(str(folder))


def test_a_run_is_named_by_its_folder_and_reads_the_rest(run):
    assert run == featx.Run(run.folder)
    assert run.results.scores["uar"].mean == 100
    assert run.config == {"manifest": "manifest.csv"}
    assert run.cost is None
    assert run.predictions == run.folder / "predictions.csv"


def test_a_notebook_shows_the_scores_with_labels_escaped(run):
    shown = run._repr_html_()
    assert shown == run.results._repr_html_()
    assert "&lt;b&gt;sad&lt;/b&gt;" in shown
    assert "<b>" not in shown
    for part in ("UAR", "100.0 %", "95 % over speakers", "precision", "a &lt;run&gt;"):
        assert part in shown


def test_a_notebook_shows_the_pictures(run):
    assert run.figures == (run.folder / "figures/confusion.png",)
    assert base64.b64encode(PIXEL).decode() in run.figures._repr_html_()
    assert featx.Run("nowhere").figures == ()


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(featx.FeatxError, match="no finished run here"):
        featx.Run(tmp_path).results  # noqa: B018
