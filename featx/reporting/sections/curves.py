"""How training went, drawn."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from featx.reporting.charts import Chart, Panel, Points, extent
from featx.reporting.sheets import Cell, Sheet
from featx.runs.files import HISTORY
from featx.runs.read import damaged
from featx.scoring.labels.results import LabelResults
from featx.scoring.numbers.results import NumberResults
from featx.scoring.results_file import RunResults
from featx.utils.csv_files import read_lines, read_table

_COLUMNS = ("seed", "fold", "train_loss", "validation_loss", "validation_score")


class Names(NamedTuple):
    """What the curves of a task are called.

    Attributes:
        loss: the loss, with its unit.
        score: the validation score, with its unit.
        size: what a score of 1 is shown as.
        form: how scores are written.
    """

    loss: str
    score: str
    size: float
    form: str


UAR_NAMES = Names("cross-entropy, nats", "validation UAR, %", 100, ".1f")
F1_NAMES = Names("binary cross-entropy, nats", "validation macro F1, %", 100, ".1f")
CCC_NAMES = Names("loss", "validation CCC", 1, ".3f")


def names_of(results: RunResults) -> Names:
    """Return what curves are called, by what the run learns."""
    if isinstance(results, NumberResults):
        return CCC_NAMES
    return F1_NAMES if isinstance(results, LabelResults) else UAR_NAMES


def training_curves(name: str, folder: Path, names: Names = UAR_NAMES) -> Panel | None:
    """Draw a run's history: thin lines for single models, thick ones for their mean.

    Args:
        name: the name of the run.
        folder: the folder of the run.
        names: what loss and score are called.

    Returns:
        None if there is no history.

    Raises:
        FeatxError: if the history is damaged.
    """
    path = folder / HISTORY
    if not path.exists() or _is_empty(path):
        return None
    unit, models = _read(path, names.size)
    times = sorted({time for values in models for time in values[:, 0].tolist()})
    means = [_mean([model[:, n] for model in models], models, times) for n in (1, 2, 3)]
    of = f"{name}: mean of {len(models)} models" if len(models) > 1 else name
    losses = _chart(f"{of}, loss by {unit}", unit, names.loss, models, (1, 2))
    _mean_lines(losses, times, means[:2], ("training", "validation"))
    title = f"{of}, {names.score.removesuffix(', %')} by {unit}"
    scores = _chart(title, unit, names.score, models, (3,))
    _mean_lines(scores, times, means[2:], ("",))
    return Panel((losses, scores), _sheet(of, unit, times, means, names))


def _is_empty(path: Path) -> bool:
    """Tell whether a history has its header only."""
    lines = read_lines(path)
    return len(lines) == 1 and set(_COLUMNS) <= set(lines[0][1])


def _read(path: Path, size: float) -> tuple[str, list[np.ndarray]]:
    """Return what time is counted in, and for each model (looks, 4) values: time first."""
    table = read_table(path, _COLUMNS)
    table.problems.refuse(path)
    unit = "step" if "step" in table.header else "epoch"
    models: dict[tuple[str, str], list[list[float]]] = {}
    try:
        for _, row in table.rows():
            values = [float(row[column] or "nan") for column in (unit, *_COLUMNS[2:])]
            values[3] *= size
            if not np.isfinite(values[0]):
                raise ValueError(f"{unit} is {row[unit]!r}")
            models.setdefault((row["seed"], row["fold"]), []).append(values)
    except (ValueError, KeyError) as error:
        raise damaged(path, str(error)) from None
    return unit, [np.array(sorted(rows)) for rows in models.values()]


def _mean(
    columns: Sequence[np.ndarray], models: Sequence[np.ndarray], times: Sequence[float]
) -> np.ndarray:
    """Average at each time over each model's last value, while half of the models train.

    Were a model left out once it has stopped, the mean would jump there.
    """
    places = [np.searchsorted(model[:, 0], times, "right") - 1 for model in models]
    last = [
        np.where(place < 0, np.nan, column[place])
        for place, column in zip(places, columns, strict=True)
    ]
    training = np.sum([np.array(times) <= model[-1, 0] for model in models], axis=0)
    present = np.isfinite(last).sum(0)
    shown = 2 * np.minimum(training, present) >= len(models)
    return np.where(shown, np.nansum(last, axis=0) / np.maximum(present, 1), np.nan)


def _chart(
    title: str, unit: str, y_name: str, models: Sequence[np.ndarray], columns: Sequence[int]
) -> Chart:
    """Return a chart with the lines of single models, if there are several."""
    values = np.concatenate([model[:, list(columns)].ravel() for model in models])
    last = max(float(model[:, 0].max()) for model in models)
    first = min(float(model[:, 0].min()) for model in models)
    chart = Chart(title, unit, y_name, (first, last), extent(values))
    if len(models) > 1:
        for look, column in zip(_LOOKS[-len(columns) :], columns, strict=True):
            chart.add(f"{look}-thin", [_points(model[:, 0], model[:, column]) for model in models])
    return chart


def _mean_lines(
    chart: Chart, times: Sequence[float], means: Sequence[np.ndarray], names: Sequence[str]
) -> None:
    for look, mean, name in zip(_LOOKS[-len(means) :], means, names, strict=True):
        chart.add(look, [_points(times, mean)], name)


_LOOKS = ("one", "two")  # training, validation


def _points(x: Sequence[float] | np.ndarray, y: np.ndarray) -> Points:
    return [(float(time), float(value)) for time, value in zip(x, y, strict=True)]


def _sheet(
    caption: str,
    unit: str,
    times: Sequence[float],
    means: Sequence[np.ndarray],
    names: Names,
) -> Sheet:
    header = (unit, "training loss", "validation loss", names.score)
    forms = (".3f", ".3f", names.form)
    rows = [
        [
            Cell(f"{time:g}"),
            *(Cell(_shown(mean[place], form)) for mean, form in zip(means, forms, strict=True)),
        ]
        for place, time in enumerate(times)
    ]
    return Sheet(caption, header, rows)


def _shown(value: float, form: str) -> str:
    return f"{value:{form}}" if np.isfinite(value) else "–"
