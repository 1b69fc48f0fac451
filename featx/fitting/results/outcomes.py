"""What heads predicted: scored, and written into their run."""

from collections.abc import Sequence
from pathlib import Path

from featx.protocols.task import Task
from featx.runs.files import CALIBRATION, FIGURES, PREDICTIONS
from featx.scoring.classes.calibration import write_calibration
from featx.scoring.classes.figures import draw_confusion
from featx.scoring.classes.predictions import score_outcomes, write_predictions
from featx.scoring.classes.results import Results
from featx.scoring.groups.grouping import add_groups
from featx.scoring.labels.groups import add_label_groups
from featx.scoring.labels.predictions import score_label_outcomes, write_label_predictions
from featx.scoring.numbers.figures import draw_levels, draw_scatter
from featx.scoring.numbers.groups import add_number_groups
from featx.scoring.numbers.predictions import (
    score_number_outcomes,
    seed_numbers,
    write_number_predictions,
)
from featx.scoring.numbers.results import NumberResults
from featx.scoring.predictions import Outcome
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
    if task.dimensions:
        return score_number_outcomes(title, task, outcomes, remarks)
    score = score_label_outcomes if task.several else score_outcomes
    return score(title, task, outcomes, remarks)


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
    if isinstance(results, Results):
        results = add_groups(task, outcomes, results)
    elif isinstance(results, NumberResults):
        results = add_number_groups(task, outcomes, results)
    else:
        results = add_label_groups(task, outcomes, results)
    write_heads_predictions(task, outcomes, folder / PREDICTIONS)
    figures = folder / FIGURES
    if isinstance(results, Results):
        results = write_calibration(task, outcomes, results, folder / CALIBRATION)
        draw_confusion(results, figures / "confusion")
    elif isinstance(results, NumberResults):
        draw_scatter(results, seed_numbers(task, outcomes), figures / "scatter")
        draw_levels(results, figures / "error_by_level")
    return results
