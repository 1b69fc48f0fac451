"""What heads make of layers is a picture, a CSV and a table."""

import shutil
from pathlib import Path

import pytest

import featx
from featx.errors import FeatxError
from featx.layer_analysis.tables import show_layers
from tests.featx.layer_analysis.layers import rows


@pytest.mark.figures
def test_layers_are_a_picture_a_csv_and_a_table(extracted):
    run = featx.fit(folds=3, settings="training.epochs=2")
    shown = show_layers([run.folder, str(run.folder)], "out", dashed=["tiny"])
    assert {path.name for path in shown.files} == {"layers.csv", "layers.png", "layers.pdf"}
    assert all(path.is_file() for path in shown.files)
    table = rows(Path("out/layers.csv"))
    assert [row["layer"] for row in table] == ["0", "1", "2"]  # a run given twice counts once
    assert sum(float(row["weight"]) for row in table) == pytest.approx(1, abs=1e-5)
    assert f"{float(table[1]['corrected']):.3f} ±" in shown.to_text()
    (run.folder / "layer_scales.csv").unlink()
    assert "before scales were kept" in show_layers([run.folder]).to_text()


def test_runs_without_weights_are_refused(extracted):
    dense = featx.fit(folds=3, settings="training.epochs=2").folder
    linear = featx.fit("linear", folds=3).folder
    single = featx.fit(layers="2", folds=3, settings="training.epochs=2", name="single").folder
    tuned = Path(shutil.copytree(dense, "runs/tuned"))
    (tuned / "layer_weights.csv").unlink()
    unfinished = Path(shutil.copytree(dense, "runs/unfinished"))
    (unfinished / "metrics.json").unlink()
    for run, part in (
        (linear, "a linear head has no average of layers"),
        (single, "one layer of tiny"),
        (unfinished, "not finished"),
        (tuned, "a fine-tuning with head.average alone"),
        (Path("runs/none"), "no run folder"),
    ):
        with pytest.raises(FeatxError, match=part):
            show_layers([run])
    with pytest.raises(FeatxError, match=r"`dashed=other`.*There is manifest-tiny-dense, tiny"):
        show_layers([dense], dashed=["other"])
    assert not Path("layers").exists()
