"""What was predicted of a recording over time: a picture, and a track of labels or numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from featx.data.corpora.folder import SUFFIXES
from featx.errors import FeatxError
from featx.inference.label_predictions import PredictedLabels
from featx.inference.number_predictions import PredictedNumbers
from featx.inference.predictions import UNCERTAIN, PredictedUtterance, Predictions
from featx.utils.files import portable_name, write_text
from featx.utils.pictures import BLUE, STYLE, WIDTH, write_picture

_TOUCHING = 1e-3  # seconds between stretches that follow one another


@dataclass(frozen=True)
class Stretch:
    """A stretch of a recording with one label.

    Attributes:
        start: where it begins, in seconds.
        end: where it ends.
        label: the class; empty where the model is uncertain.
    """

    start: float
    end: float
    label: str


def own_times(windows: Sequence[PredictedUtterance]) -> list[tuple[float, float]]:
    """Return the time for which each window of a recording speaks, start and end.

    Two windows that overlap share the time that both have: each speaks for half of it.

    Args:
        windows: the predictions of a recording's windows, by time.
    """
    times = []
    for place, row in enumerate(windows):
        start, end = _span(row)
        if place:
            start = max(start, (start + _span(windows[place - 1])[1]) / 2)
        if place + 1 < len(windows):
            end = min(end, (end + _span(windows[place + 1])[0]) / 2)
        times.append((start, end))
    return times


def join(windows: Sequence[PredictedUtterance]) -> list[Stretch]:
    """Return the stretches of a recording that have one label each.

    Args:
        windows: the predictions of a recording's windows, by time.
    """
    joined: list[Stretch] = []
    for row, (start, end) in zip(windows, own_times(windows), strict=True):
        last = joined[-1] if joined else None
        if last and last.label == row.label and start - last.end < _TOUCHING:
            joined[-1] = Stretch(last.start, end, row.label)
        else:
            joined.append(Stretch(start, end, row.label))
    return joined


def _numbered(windows: Sequence[PredictedNumbers]) -> list[Stretch]:
    """Return a stretch for each window, whose label is its numbers."""
    texts = (
        ", ".join(f"{name} {value:.4g}" for name, value in row.numbers.items()) for row in windows
    )
    return [Stretch(*time, text) for time, text in zip(own_times(windows), texts, strict=True)]


def _labels(row: PredictedUtterance) -> Sequence[str]:
    return row.labels if isinstance(row, PredictedLabels) else [row.label]


def _span(row: PredictedUtterance) -> tuple[float, float]:
    assert row.start is not None
    assert row.end is not None
    return row.start, row.end


def write_timelines(predictions: Predictions, folder: str | Path) -> list[Path]:
    """Draw every recording's timeline, and write its labels, or its numbers, as a track.

    A track is a text file with a line for each stretch: start, end and label, tabs between them.
    Of numbers it has a line for each window.
    Audacity opens it as a label track, ELAN imports it as tab-delimited text.

    Args:
        predictions: those of windows.
        folder: where NAME.png and NAME.txt go for each recording.

    Returns:
        The files written.

    Raises:
        FeatxError: if the predictions are not of windows.

    Example:
        >>> import featx
        >>> run = "runs/manifest-encoder-dense"
        >>> predictions = featx.predict(run, "audio/sad-0-0.wav", window=0.2, hop=0.1)
        >>> [path.name for path in featx.write_timelines(predictions, "shown")]
        ['sad-0-0.txt', 'sad-0-0.png']
    """
    if not predictions.has_times:
        raise FeatxError("`timeline` shows windows of recordings: give `window` too, such as 4.")
    recordings: dict[str, list[PredictedUtterance]] = {}
    for row in predictions:
        recordings.setdefault(row.utterance, []).append(row)
    names = _file_names(list(recordings))
    written = []
    for name, windows in zip(names, recordings.values(), strict=True):
        track, picture = Path(folder, f"{name}.txt"), Path(folder, f"{name}.png")
        numbers = [row for row in windows if isinstance(row, PredictedNumbers)]
        if numbers:  # and so are all
            stretches = _numbered(numbers)
            draw_numbers(numbers, picture)
        else:
            stretches = join(windows)
            draw_timeline(predictions.classes, windows, picture)
        lines = [f"{s.start:.3f}\t{s.end:.3f}\t{s.label or UNCERTAIN}\n" for s in stretches]
        write_text(track, "".join(lines))
        written += [track, picture]
    return written


def _file_names(recordings: Sequence[str]) -> list[str]:
    """Return what files of each recording are called: its name, or its path where two share one."""
    plain = [str(Path(r).with_suffix("")) if Path(r).suffix in SUFFIXES else r for r in recordings]
    names = [Path(name).name for name in plain]
    lowered = list(map(str.casefold, names))  # some systems take "a" and "A" for the same
    return [
        portable_name(name if lowered.count(name.casefold()) == 1 else whole.strip("./\\"))
        for name, whole in zip(names, plain, strict=True)
    ]


def draw_numbers(windows: Sequence[PredictedNumbers], path: Path) -> None:
    """Draw each number over time; between windows without speech there are gaps.

    Args:
        windows: the predictions of a recording's windows, by time.
        path: where to draw.
    """
    times = own_times(windows)
    with mpl.rc_context(STYLE):
        names = list(windows[0].numbers)
        figure = Figure((2 * WIDTH, 0.4 + 1.0 * len(names)), layout="constrained")
        rows = figure.subplots(len(names), squeeze=False, sharex=True)[:, 0]
        for axes, name in zip(rows, names, strict=True):
            values = [row.numbers[name] for row in windows]
            axes.hlines(values, *zip(*times, strict=True), color=BLUE)
            axes.set_ylabel(name)
        rows[-1].set_xlim(_span(windows[0])[0], _span(windows[-1])[1])
        rows[-1].set_xlabel("time, s")
        write_picture(figure, path)


def draw_timeline(
    classes: Sequence[str],
    windows: Sequence[PredictedUtterance],
    path: Path,
) -> None:
    """Draw the probability of each class over time, and mark those that are predicted.

    Args:
        classes: names of the classes.
        windows: the predictions of a recording's windows, by time.
        path: where to draw.
    """
    with mpl.rc_context(STYLE):
        figure = Figure((2 * WIDTH, 0.8 + 0.22 * len(classes)), layout="constrained")
        axes = figure.subplots()
        axes.set_facecolor("0.94")  # of time without speech
        shares = np.array([[row.probabilities[name] for name in classes] for row in windows])
        times = np.array(own_times(windows)).ravel()
        cells = np.full((len(classes), len(times) - 1), np.nan)  # between windows there are gaps
        cells[:, ::2] = shares.T
        edges = np.arange(len(classes) + 1) - 0.5
        mesh = axes.pcolormesh(times, edges, cells, cmap="Blues", vmin=0, vmax=1)
        for row, (start, end) in zip(windows, own_times(windows), strict=True):
            levels = [place for place, name in enumerate(classes) if name in _labels(row)]
            axes.hlines(levels, start, end, color="black", lw=1.5)
        axes.set_yticks(range(len(classes)), classes)
        axes.set_ylim(len(classes) - 0.5, -0.5)
        axes.set_xlim(_span(windows[0])[0], _span(windows[-1])[1])
        axes.set_xlabel("time, s")
        bar = figure.colorbar(mesh, ax=axes, pad=0.01)
        bar.set_label("probability")
        write_picture(figure, path)
