"""`featx layers` on the command line."""

import csv
import shutil
from pathlib import Path

import pytest

QUICK = ("--folds", "3", "--set", "training.epochs=2")
RUN = Path("runs/manifest-tiny-dense")


@pytest.fixture
def fitted(extracted, run_featx):
    """A run on three layers."""
    assert run_featx("fit", *QUICK).code == 0


@pytest.mark.figures
def test_a_picture_a_csv_and_a_table(fitted, run_featx):
    outcome = run_featx("layers", RUN, RUN, "--out", "out", "--dashed", "tiny")
    assert outcome.code == 0, outcome.err
    assert {path.name for path in Path("out").iterdir()} == {
        "layers.csv", "layers.png", "layers.pdf",
    }  # fmt: skip
    with Path("out/layers.csv").open() as file:
        table = list(csv.DictReader(file))
    assert [row["layer"] for row in table] == ["0", "1", "2"]  # a run given twice counts once
    assert sum(float(row["weight"]) for row in table) == pytest.approx(1, abs=1e-5)
    assert "0 (local encoder)" in outcome.out
    assert f"{float(table[1]['corrected']):.3f} ±" in outcome.out


def test_a_run_from_before_scales_is_shown_uncorrected(fitted, run_featx):
    (RUN / "layer_scales.csv").unlink()
    outcome = run_featx("layers", RUN)
    assert outcome.code == 0, outcome.err
    assert "before scales were kept" in outcome.out


def test_refusals_say_why(fitted, run_featx):
    run_featx("fit", "--head", "linear", "--folds", "3")
    run_featx("fit", "--layers", "2", "--name", "single", *QUICK)
    for name in ("unfinished", "tuned", "damaged"):
        shutil.copytree(RUN, Path("runs", name))
    Path("runs/unfinished/metrics.json").unlink()
    Path("runs/tuned/layer_weights.csv").unlink()
    path = Path("runs/damaged/layer_weights.csv")
    path.write_text(path.read_text().replace("tiny,1,0", "tiny,1,x", 1))
    for arguments, part in (
        (["runs/manifest-tiny-linear"], "a linear head has no average of layers"),
        (["runs/single"], "one layer of tiny"),
        (["runs/unfinished"], "not finished"),
        (["runs/tuned"], "a fine-tuning or vote does not"),
        (["runs/damaged"], "weight is 'x"),
        (["runs/none"], "no run folder"),
        ([RUN, "--dashed", "other"], "There is manifest-tiny-dense, tiny"),
    ):
        outcome = run_featx("layers", *arguments)
        assert outcome.code == 1, arguments
        assert part in outcome.err
        assert not Path("layers").exists()
