"""What heads predicted: scored, and written into their run."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from featx.protocols.task import Task
from featx.runs.files import CALIBRATION, FIGURES, PREDICTIONS
from featx.scoring.classes.calibration import write_calibration
from featx.scoring.classes.figures import draw_confusion
from featx.scoring.classes.groups import Classified
from featx.scoring.classes.predictions import score_outcomes, seed_predictions, write_predictions
from featx.scoring.classes.results import Results
from featx.scoring.groups.grouping import group_tested
from featx.scoring.groups.measure import Measure
from featx.scoring.labels.calibration import write_label_calibration
from featx.scoring.labels.groups import Labelled
from featx.scoring.labels.predictions import (
    seed_labels,
    write_label_predictions,
)
from featx.scoring.labels.results import LabelResults, score_label_predictions
from featx.scoring.numbers.figures import draw_levels, draw_scatter
from featx.scoring.numbers.groups import Numbered
from featx.scoring.numbers.predictions import (
    seed_numbers,
    write_number_predictions,
)
from featx.scoring.numbers.results import NumberResults, score_dimensions
from featx.scoring.outcomes import Outcome
from featx.scoring.results_file import RunResults


def score_heads(
    title: str, task: Task, outcomes: Sequence[Outcome], remarks: Sequence[str]
) -> RunResults:
    """Score what heads predicted of test utterances: classes, numbers or several labels.

    Args:
        title: what was trained on what.
        task: what was to be learned.
        outcomes: the outcome of each seed and fold.
        remarks: what a reader of the scores must know, in sentences.
    """
    shared = task.speakers_shared
    if task.dimensions:
        numbers = seed_numbers(task, outcomes)
        return score_dimensions(title, task.dimensions, numbers, shared, remarks)
    if task.several:
        labels = seed_labels(task, outcomes)
        return score_label_predictions(title, task.classes, labels, shared, remarks)
    return score_outcomes(title, task, outcomes, remarks)


def write_heads_predictions(task: Task, outcomes: Sequence[Outcome], path: Path) -> None:
    """Write a row for every utterance that was validated on or tested, of every head."""
    if task.dimensions:
        write_number_predictions(task, outcomes, path)
    else:
        write = write_label_predictions if task.several else write_predictions
        write(task, outcomes, path)


def write_outcomes(
    title: str, task: Task, outcomes: Sequence[Outcome], remarks: Sequence[str], folder: Path
) -> RunResults:
    """Score what heads predicted, and write predictions and pictures into their run's folder."""
    results = score_heads(title, task, outcomes, remarks)
    groups = group_tested(task, outcomes, _measure(task, outcomes))
    results = replace(results, groups=groups)
    write_heads_predictions(task, outcomes, folder / PREDICTIONS)
    figures = folder / FIGURES
    if isinstance(results, Results):
        results = write_calibration(task, outcomes, results, folder / CALIBRATION)
        draw_confusion(results, figures / "confusion")
    elif isinstance(results, LabelResults):
        results = write_label_calibration(task, outcomes, results, folder / CALIBRATION)
    elif isinstance(results, NumberResults):
        draw_scatter(results, seed_numbers(task, outcomes), figures / "scatter")
        draw_levels(results, figures / "error_by_level")
    return results


def _measure(task: Task, outcomes: Sequence[Outcome]) -> Measure:
    """Return what groups of test utterances are scored by."""
    if task.dimensions:
        return Numbered.of(seed_numbers(task, outcomes))
    if task.several:
        return Labelled(seed_labels(task, outcomes))
    return Classified.of(task.classes, seed_predictions(task, outcomes))
