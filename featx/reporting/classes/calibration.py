"""Whether a run's probabilities can be taken at their word, and what withholding labels brings."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from featx.inference.temperatures import read_temperatures
from featx.reporting.charts import Chart, Panel, Points
from featx.reporting.reliability import model_keys, reliability_curve
from featx.reporting.runs import Reported
from featx.reporting.sheets import Cell, Sheet
from featx.runs.files import CALIBRATION, PREDICTIONS
from featx.scoring.classes.calibration import cool
from featx.scoring.classes.predictions import read_probabilities
from featx.scoring.reliability import Reliability

LEAST = 0.7  # the probability whose coverage the table states
_THRESHOLDS = np.linspace(0, 1, 101)
_LISTED = slice(0, 100, 10)  # of the thresholds
_WAYS = ("as given", "with temperatures")
_LOOKS = ("one", "two")


class Calibrated(NamedTuple):
    """The test predictions of a run, judged.

    Attributes:
        name: the name of the run.
        judged: with the probabilities as they are given and, if it keeps temperatures, with them.
    """

    name: str
    judged: Sequence[Reliability]


def find_calibration(run: Reported) -> Calibrated | None:
    """Judge the probabilities in a run's `predictions.csv`; None if there are none.

    Raises:
        FeatxError: if a file of the run is damaged.
    """
    path = run.folder / PREDICTIONS
    found = read_probabilities(path) if path.is_file() else None
    if found is None:
        return None
    judged = [Reliability(found.values.max(1), found.right)]
    if (run.folder / CALIBRATION).is_file():
        models = model_keys(found.models, path)
        temperatures = read_temperatures(run.folder, models)
        heat = np.array([temperatures[model][0] for model in models])
        cooled = np.empty_like(found.values)
        for temperature in np.unique(heat):
            own = heat == temperature
            cooled[own] = cool(found.values[own], float(temperature))
        judged.append(Reliability(cooled.max(1), found.right))
    return Calibrated(run.name, judged)


def calibration_sheet(runs: Sequence[Calibrated]) -> Sheet:
    """Return a row for each run: its errors, and what withholding unsure labels brings."""
    header = ["system", "error as given, %", "with temperatures, %"]
    header += [f"labels of {100 * LEAST:.0f} % or more, %", "of these right, %"]
    rows = []
    for run in runs:
        errors = [_figure(given.error) for given in run.judged]
        errors += [_figure(None)] * (len(_WAYS) - len(errors))
        kept, right = run.judged[-1].answered(LEAST)
        shares = [_figure(100 * kept), _figure(None if right is None else 100 * right)]
        rows.append([Cell(run.name), *errors, *shares])
    return Sheet(
        "Expected calibration error of test predictions (15 bins), each model judged alone, and "
        "how many labels are sure. Labels are counted with temperatures where there are any",
        header,
        rows,
        sortable=True,
    )


def calibration_panel(run: Calibrated) -> Panel:
    """Draw how often labels are right by probability, and when unsure ones are withheld."""
    sure = Chart(
        f"{run.name}: right by probability", "probability of the label, %", "right, %",
        (0, 100), (0, 100),
    )  # fmt: skip
    sure.add("even", [[(0, 0), (100, 100)]], "as it should be")
    curves = [_coverage(given) for given in run.judged]
    lowest = min(right for curve in curves for _, right in curve)
    answered = Chart(
        f"{run.name}: right when unsure labels are withheld", "utterances with a label, %",
        "of these right, %", (0, 100), (10 * (lowest // 10), 100),
    )  # fmt: skip
    for look, way, given, curve in zip(_LOOKS, _WAYS, run.judged, curves, strict=False):
        points = reliability_curve(given)
        sure.add(look, [points], way, dots=points if look == "two" else ())
        answered.add(look, [curve], way)
    return Panel((sure, answered), _threshold_sheet(run))


def _coverage(given: Reliability) -> Points:
    """Return the share of labels kept, and of these the share right, at each threshold."""
    kept = (given.answered(least) for least in _THRESHOLDS.tolist())
    return [(100 * share, 100 * right) for share, right in kept if right is not None]


def _threshold_sheet(run: Calibrated) -> Sheet:
    ways = _WAYS[: len(run.judged)]
    header = ["labels withheld below, %"]
    for way in ways:
        header += [f"labels {way}, %", "of these right, %"]
    rows = []
    for least in _THRESHOLDS[_LISTED].tolist():
        cells = [Cell(f"{100 * least:.0f}", 100 * least)]
        for given in run.judged:
            kept, right = given.answered(least)
            cells += [_figure(100 * kept), _figure(None if right is None else 100 * right)]
        rows.append(cells)
    return Sheet(f"{run.name}: coverage and accuracy", header, rows)


def _figure(value: float | None) -> Cell:
    return Cell("–") if value is None else Cell(f"{value:.1f}", value)
