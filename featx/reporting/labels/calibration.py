"""Whether the probabilities of several labels can be taken at their word, drawn label by label."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from featx.inference.temperatures import read_temperatures
from featx.reporting.charts import Chart, Panel
from featx.reporting.reliability import model_keys, reliability_curve
from featx.reporting.runs import LabelReported
from featx.reporting.sheets import Cell, Sheet
from featx.runs.files import CALIBRATION, PREDICTIONS
from featx.scoring.labels.calibration import cool_labels, judge_labels
from featx.scoring.labels.file import LabelPrediction
from featx.scoring.reliability import Reliability

_LOOKS = {"as given": "one", "with temperatures": "two"}


class CalibratedLabel(NamedTuple):
    """The test predictions of a label, judged.

    Attributes:
        name: the label.
        judged: with the probabilities as they are given and, if the run keeps temperatures, with
            them.
    """

    name: str
    judged: Sequence[Reliability]


def judge_run(run: LabelReported) -> list[CalibratedLabel]:
    """Judge the probabilities of each label of a run, each model alone.

    Returns:
        The labels; none where a file has scores that are no probabilities.

    Raises:
        FeatxError: if a file of the run is damaged.
    """
    every = [row for seed in run.system.seeds for row in seed.rows.values()]
    rows = [row for row in every if isinstance(row, LabelPrediction)]  # which all are
    given = np.array([row.probabilities for row in rows], np.float32)
    fits = np.array([row.fits for row in rows])
    if given.min() < 0 or given.max() > 1:
        return []
    ways = [given]
    if (run.folder / CALIBRATION).is_file():
        ways.append(_cooled(run, rows, given))
    judged = zip(*(judge_labels(shares, fits) for shares in ways), strict=True)
    return list(map(CalibratedLabel, run.results.classes, judged))


def _cooled(run: LabelReported, rows: Sequence[LabelPrediction], given: np.ndarray) -> np.ndarray:
    """Return probabilities with the temperatures of the model that each is of."""
    models = model_keys(((row.seed, row.fold) for row in rows), run.folder / PREDICTIONS)
    known = read_temperatures(run.folder, models, tuple(run.results.classes))
    return cool_labels(given, np.array([known[model] for model in models]))


def calibration_sheet(name: str, labels: Sequence[CalibratedLabel]) -> Sheet:
    """Return the expected calibration error of each label of a run, and their mean."""
    ways = list(_LOOKS)[: len(labels[0].judged)]
    errors = [[given.error for given in label.judged] for label in labels]
    rows = [
        [Cell(label.name), *map(_figure, own)] for label, own in zip(labels, errors, strict=True)
    ]
    mean = [Cell("mean of the labels"), *map(_figure, np.mean(errors, 0).tolist())]
    header = ["label", *(f"{way}, %" for way in ways)]
    return Sheet(f"{name}: expected calibration error", header, [*rows, mean])


def calibration_panel(name: str, label: CalibratedLabel) -> Panel:
    """Draw how often a label fits, by the probability that it has."""
    chart = Chart(
        f"{name}: {label.name} by probability", "probability of the label, %", "fits, %",
        (0, 100), (0, 100),
    )  # fmt: skip
    chart.add("even", [[(0, 0), (100, 100)]], "as it should be")
    rows = []
    for (way, look), given in zip(_LOOKS.items(), label.judged, strict=False):
        points = reliability_curve(given)
        chart.add(look, [points], way, dots=points if look == "two" else ())
        rows += [
            [Cell(way), _figure(100 * mean), _figure(100 * share), Cell(f"{count:,}", count)]
            for mean, share, count in given.bins()
        ]
    header = ("probabilities", "mean probability, %", "fits, %", "predictions")
    return Panel((chart,), Sheet(f"{name}: {label.name} by probability", header, rows))


def _figure(value: float) -> Cell:
    return Cell(f"{value:.1f}", value)
