"""The calibration of runs, from their predictions and temperatures."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import featx
from featx.errors import FeatxError
from featx.reporting.classes.calibration import (
    calibration_panel,
    calibration_sheet,
    find_calibration,
)
from featx.reporting.runs import read_runs
from featx.scoring.reliability import Reliability

CLASSES = ("neutral", "happy", "sad")


@pytest.fixture
def with_probabilities(write_run: Callable[..., Path]) -> Path:
    """A run that is too sure of itself: 90 % sure, right in half of the cases."""
    run = write_run("sure", seeds=1)
    lines = ["utterance,speaker,fold,seed,split,label,prediction,p_neutral,p_happy,p_sad"]
    for number in range(36):
        label, guess = number % 3, (number % 3 + number // 3 % 2) % 3
        shares = [0.9 if place == guess else 0.05 for place in range(3)]
        row = [f"u{number}", f"s{number % 4}", number % 2, 0, "test", CLASSES[label]]
        lines.append(",".join(map(str, [*row, CLASSES[guess], *shares])))
    (run / "predictions.csv").write_text("\n".join(lines) + "\n")
    return run


def keep(run: Path, *temperatures: float) -> None:
    entries = [
        {"seed": 0, "fold": fold, "temperature": value} for fold, value in enumerate(temperatures)
    ]
    (run / "calibration.json").write_text(json.dumps({"temperatures": entries}))


def test_each_model_has_its_own_temperature(with_probabilities: Path) -> None:
    keep(with_probabilities, 1.0, 2.0)
    (run,) = read_runs([with_probabilities])
    found = find_calibration(run)
    assert found is not None
    before, after = found.judged
    assert before.error == pytest.approx(40, abs=1e-4)
    roots = np.sqrt([0.9, 0.05, 0.05])
    expected = [0.9, roots[0] / roots.sum()]
    np.testing.assert_allclose(after.confidence[:4], expected * 2, rtol=1e-5)
    row = calibration_sheet([found]).rows[0]
    assert [cell.text for cell in row] == ["sure", "40.0", f"{after.error:.1f}", "50.0", "66.7"]


def test_without_temperatures_the_probabilities_are_shown_as_they_are(
    with_probabilities: Path,
) -> None:
    featx.report(with_probabilities)
    text = Path("report.md").read_text()
    assert "| sure | 40.0 | – | 100.0 | 50.0 |" in text
    page = Path("report.html").read_text()
    assert "sure: right by probability" in page
    assert 'id="calibration"' in page


def test_without_probabilities_it_says_so(write_run: Callable[..., Path]) -> None:
    featx.report(write_run("plain"))
    assert "No probabilities of plain are known." in Path("report.md").read_text()


def test_bins_of_a_few_among_many_are_not_drawn(with_probabilities: Path) -> None:
    (run,) = read_runs([with_probabilities])
    found = find_calibration(run)
    assert found is not None
    rare = Reliability(np.r_[np.full(500, 0.8), 0.2], np.arange(501) % 2 == 0)
    for judged, points in (([found.judged[0], rare], 1), ([found.judged[0]], 0)):
        sure, _ = calibration_panel(found._replace(judged=judged)).charts
        assert sum(len(line.dots) for line in sure.lines) == points


def test_a_temperature_that_is_lacking_is_damage(with_probabilities: Path) -> None:
    keep(with_probabilities, 1.0)
    with pytest.raises(FeatxError, match=r"calibration.json.*no temperature of seed 0, fold 1"):
        featx.report(with_probabilities)
