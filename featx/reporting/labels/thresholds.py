"""What several labels score by the probability from which they are predicted, drawn."""

from collections.abc import Sequence

import numpy as np

from featx.reporting.charts import Chart, Panel
from featx.reporting.runs import LabelReported
from featx.reporting.sheets import Cell, Sheet
from featx.scoring.labels.scores import SeedLabels, count_labels, label_f1

_DRAWN = [place / 50 for place in range(1, 50)]
_LISTED = [place / 10 for place in range(1, 10)]
_LOOKS = {"macro_f1": ("one", "macro F1"), "micro_f1": ("two", "micro F1")}


def threshold_panel(run: LabelReported) -> Panel:
    """Draw macro and micro F1 by threshold, mean over seeds; the table has the labels too."""
    seeds, labels = run.system.scored(), list(run.results.classes)
    chart = Chart(
        f"{run.name}: F1 by threshold", "predicted from a probability of, %", "F1, %",
        (0, 100), (0, 100),
    )  # fmt: skip
    drawn = [_counts(seeds, least) for least in _DRAWN]
    for metric, (look, name) in _LOOKS.items():
        points = [
            (100 * least, 100 * float(label_f1(counts)[metric].mean()))
            for least, counts in zip(_DRAWN, drawn, strict=True)
        ]
        chart.add(look, [points], name)
    header = ["threshold, %", "macro F1, %", "micro F1, %", *(f"F1 {name}, %" for name in labels)]
    rows = [_row(least, _counts(seeds, least)) for least in _LISTED]
    return Panel((chart,), Sheet(f"{run.name}: F1 by threshold", header, rows))


def threshold_sheet(runs: Sequence[LabelReported]) -> Sheet:
    """Return the macro F1 of each run by threshold."""
    rows = []
    for run in runs:
        every = (_counts(run.system.scored(), least) for least in _LISTED)
        scores = [100 * float(label_f1(counts)["macro_f1"].mean()) for counts in every]
        rows.append([Cell(run.name), *(Cell(f"{own:.1f}", own) for own in scores)])
    header = ["predicted from, %", *(f"{100 * least:.0f}" for least in _LISTED)]
    return Sheet("Macro F1 in percent, by the probability from which labels count", header, rows)


def _counts(seeds: list[SeedLabels], least: float) -> np.ndarray:
    """Return the counts of `count_labels` of all utterances, (seeds, labels, 3)."""
    every = [SeedLabels.at(s.fits, s.probabilities, s.speakers, least) for s in seeds]
    return np.stack([count_labels(s, np.zeros(len(s.fits), int))[0] for s in every])


def _row(least: float, counts: np.ndarray) -> list[Cell]:
    whole = label_f1(counts)
    each = label_f1(counts[:, :, None])["macro_f1"].mean(0)
    figures = [whole["macro_f1"].mean(), whole["micro_f1"].mean(), *each]
    return [
        Cell(f"{100 * least:.0f}", 100 * least),
        *(Cell(f"{100 * own:.1f}", 100 * float(own)) for own in figures),
    ]
