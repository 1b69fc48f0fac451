"""What systems of numbers predict, drawn: true against predicted, and errors by level."""

from collections.abc import Sequence

import numpy as np

from featx.reporting.charts import Chart
from featx.reporting.runs import NumberReported
from featx.scoring.numbers.levels import Level

_POINTS = 2_000  # that are drawn of a dimension


def number_charts(run: NumberReported) -> list[Chart]:
    """Draw each dimension of a run: a dot for each utterance, and errors by level."""
    seeds = run.system.scored()
    truth, found = seeds[0].truth, np.mean([seed.predictions for seed in seeds], 0)
    charts = []
    for place, (name, levels) in enumerate(run.results.levels.items()):
        charts.append(_scatter(run, name, truth[:, place], found[:, place]))
        charts.append(_levels(f"{run.name}: {name}, errors by level", name, levels))
    return charts


def _scatter(run: NumberReported, name: str, truth: np.ndarray, found: np.ndarray) -> Chart:
    """Draw true against predicted numbers, the latter the mean over seeds."""
    x_range, y_range = (_reach(values) for values in (truth, np.concatenate([truth, found])))
    of_seeds = f", mean of {len(run.system.seeds)} seeds" if len(run.system.seeds) > 1 else ""
    chart = Chart(
        f"{run.name}: {name}, true and predicted", f"true {name}", f"predicted {name}{of_seeds}",
        x_range, y_range,
    )  # fmt: skip
    chart.add("even", [[(end, end) for end in x_range]])
    step = -(-len(truth) // _POINTS)
    dots = [(float(x), float(y)) for x, y in zip(truth[::step], found[::step], strict=True)]
    chart.add("dot", [], dots=dots)
    return chart


def _reach(values: np.ndarray) -> tuple[float, float]:
    """Return the ends of an axis that holds all values, with some room."""
    room = 0.03 * float(np.ptp(values)) or 0.5
    return float(values.min()) - room, float(values.max()) + room


def _levels(title: str, name: str, levels: Sequence[Level]) -> Chart:
    """Draw the size of errors in fifths of the true values, and where they tend."""
    rmse, bias = ([getattr(own, part) for own in levels] for part in ("rmse", "bias"))
    low, high = _reach(np.array([0.0, *rmse, *bias]))
    chart = Chart(
        title,
        f"true {name}, from",
        "error",
        (-0.3, len(levels) - 0.7),
        (low, high),
        [f"{own.low:.3g}".replace("-", "−") for own in levels],
    )
    chart.add("even", [[(-0.3, 0.0), (len(levels) - 0.7, 0.0)]])
    for look, values, shown in (("two", rmse, "RMSE"), ("one", bias, "mean error")):
        points = [(float(place), float(value)) for place, value in enumerate(values)]
        chart.add(look, [points], shown, dots=points)
    return chart
