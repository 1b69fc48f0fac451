"""How training is drawn."""

from collections.abc import Callable
from pathlib import Path

import pytest

from featx.errors import FeatxError
from featx.reporting.runs import read_runs
from featx.reporting.sections.curves import training_curves
from featx.reporting.sections.layers import layer_weights


def test_means_are_over_all_models(write_run: Callable[..., Path]) -> None:
    panel = training_curves("one", write_run("one"))
    assert panel is not None
    shown = [[cell.text for cell in row] for row in panel.sheet.rows]
    assert shown[1] == ["2", "0.500", "0.550", "20.0"]
    losses, scores = panel.charts
    assert [line.look for line in losses.lines] == ["one-thin", "two-thin", "one", "two"]
    assert losses.lines[0].path.count("M") == 8  # models
    assert [line.look for line in scores.lines] == ["two-thin", "two"]


def test_the_mean_ends_where_most_have_stopped(workplace: Path) -> None:
    header = "seed,fold,step,train_loss,validation_loss,validation_score\n"
    rows = [f"{seed},0,{step},1,1,0.5" for seed in range(3) for step in (10, 20)]
    (workplace / "history.csv").write_text(header + "\n".join([*rows, "0,0,30,1,1,0.5"]) + "\n")
    panel = training_curves("one", workplace)
    assert panel is not None
    assert [[cell.text for cell in row[:2]] for row in panel.sheet.rows] == [
        ["10", "1.000"],
        ["20", "1.000"],
        ["30", "–"],
    ]
    assert panel.charts[0].x_name == "step"


def test_the_mean_does_not_jump_where_a_model_stops(workplace: Path) -> None:
    header = "seed,fold,epoch,train_loss,validation_loss,validation_score\n"
    rows = [f"{seed},0,1,{loss},{loss},0.5" for seed, loss in enumerate((1, 3, 5))]
    rows += ["0,0,2,1,1,0.5", "1,0,2,3,3,0.5"]  # the third stops after the first epoch
    (workplace / "history.csv").write_text(header + "\n".join(rows) + "\n")
    panel = training_curves("one", workplace)
    assert panel is not None
    assert [row[1].text for row in panel.sheet.rows] == ["3.000", "3.000"]


@pytest.mark.parametrize("row", ["0,0,1,much,1,1", "0,0,,1,1,1", "0,0,inf,1,1,1"])
def test_a_damaged_history_is_named(workplace: Path, row: str) -> None:
    (workplace / "history.csv").write_text(
        f"seed,fold,epoch,train_loss,validation_loss,validation_score\n{row}\n"
    )
    with pytest.raises(FeatxError, match=r"history\.csv: damaged"):
        training_curves("one", workplace)


def test_layers_are_corrected_where_scales_are_known(write_run: Callable[..., Path]) -> None:
    run = write_run("one")
    ((panel,), *_) = [layer_weights(found) for found in read_runs([run])]
    assert list(panel.sheet.header) == ["layer", "weight", "deviation"]
    rows = [f"{fold},tiny,{layer},{1 + layer}" for fold in range(4) for layer in range(3)]
    (run / "layer_scales.csv").write_text("\n".join(["fold,features,layer,scale", *rows]) + "\n")
    ((panel,), *_) = [layer_weights(found) for found in read_runs([run])]
    assert panel.sheet.header[-1] == "corrected for scale"
    assert sum(float(row[-1].text) for row in panel.sheet.rows) == pytest.approx(1, abs=1e-3)
    assert "corrected for scale" in [line.name for line in panel.charts[0].lines]
