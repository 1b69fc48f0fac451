"""Prediction files: a CSV with one row an utterance and seed, whoever made it."""

import csv
import math
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor

from featx.data.manifest_rows import SPLITS
from featx.errors import FeatxError
from featx.protocols.folds import Fold
from featx.protocols.task import Task
from featx.scoring.distributions import SeedShares, score_distributions
from featx.scoring.results import Results, SeedPredictions, score_predictions
from featx.utils.csv_files import Problems, Table, read_table
from featx.utils.files import write_csv
from featx.utils.progress import passing
from featx.utils.text import counted

REQUIRED = ("utterance", "label", "prediction")
_PROBABILITY = "p_"  # begins the name of a class's column
_VOTES = "true_p_"  # begins the name of a column of a class's share of the annotators' votes
PREDICTED = "predicted_"  # begins the name of a dimension's column, in files of numbers


@dataclass(frozen=True)
class Prediction:
    """A scored row; `speaker` and `seed` are empty where the file does not name them."""

    utterance: str
    label: str
    prediction: str
    speaker: str
    seed: str


@dataclass(frozen=True)
class PredictionFile:
    """What a file says about test utterances.

    Attributes:
        path: the CSV.
        rows: those to score, in the order of the file.
        has_seeds: whether there is a `seed` column.
        left_out: how many rows are of the training or validation part.
        contradicted: how many rows predict another class than their most probable one.
    """

    path: Path
    rows: tuple[Prediction, ...]
    has_seeds: bool
    left_out: int
    contradicted: int


def read_predictions(path: Path) -> PredictionFile:
    """Read a prediction file and check all of it.

    Args:
        path: a CSV in UTF-8 with the columns utterance, label, prediction and optionally speaker,
            fold, seed, split, p_<class>... Other columns are ignored.

    Raises:
        FeatxError: if the file can't be read, or naming every problem in it with its line.
    """
    table = _read_classes(path)
    rows = list(table.rows())
    _check_splits(rows, table.problems)
    scored = [(line, row) for line, row in rows if row.get("split", "") in ("", "test")]
    _check_filled(scored, table.problems)
    check_repeated(scored, table)
    contradicted = _count_contradicted(scored, table)
    table.problems.refuse(path)
    check_tested(path, len(scored), len(table.lines))
    return PredictionFile(
        path,
        tuple(_prediction(row) for _, row in scored),
        has_seeds="seed" in table.header,
        left_out=len(table.lines) - len(scored),
        contradicted=contradicted,
    )


def check_tested(path: Path, tested: int, rows: int) -> None:
    """Raise a FeatxError if no row of a prediction file is of the test part."""
    if not tested:
        raise FeatxError(
            f"{path}: none of its {counted(rows, 'row')} is of the test part, "
            "as the split column says. Only rows whose split is test or empty are scored."
        )


def predicted_dimensions(path: Path) -> tuple[str, ...]:
    """Return the dimensions that a file predicts, by its header; none if it is of anything else."""
    try:
        with path.open("rb") as file:
            first = next((line for line in file if line.strip()), b"")
        row = next(csv.reader([first.decode("utf-8-sig")]), [])
    except (OSError, UnicodeDecodeError, csv.Error):
        return ()  # whoever reads all of it says what is wrong
    header = [name.strip() for name in row]
    if "prediction" in header:
        return ()
    return tuple(
        name.removeprefix(PREDICTED)
        for name in header
        if name.startswith(PREDICTED) and name.removeprefix(PREDICTED) in header
    )


def _read_classes(path: Path) -> Table:
    """Read a file of predicted classes, for what takes no numbers so far."""
    try:
        return read_table(path, REQUIRED)
    except FeatxError:
        if dimensions := predicted_dimensions(path):
            raise FeatxError(
                f"{path}: it holds predicted numbers ({', '.join(dimensions)}), and this takes "
                "classes so far."
            ) from None
        raise


def _prediction(row: Mapping[str, str]) -> Prediction:
    return Prediction(
        utterance=row["utterance"],
        label=row["label"],
        prediction=row["prediction"],
        speaker=row.get("speaker", ""),
        seed=row.get("seed", ""),
    )


class Probabilities(NamedTuple):
    """The probabilities in the test rows of a prediction file.

    Attributes:
        values: (rows, classes) float32.
        right: (rows,) whether the label is the predicted one.
        models: seed and fold of the model of each row, empty where the file does not say.
    """

    values: np.ndarray
    right: np.ndarray
    models: list[tuple[str, str]]


def read_probabilities(path: Path) -> Probabilities | None:
    """Return the probabilities of test rows, None if the file has none.

    Args:
        path: a file that `read_predictions` takes.

    Raises:
        FeatxError: if the file can't be read.
    """
    table = read_table(path, REQUIRED)
    columns = [name for name in table.header if name.startswith(_PROBABILITY)]
    if not columns:
        return None
    rows = [row for _, row in table.rows() if row.get("split", "") in ("", "test")]
    return Probabilities(
        np.array([[float(row[name]) for name in columns] for row in rows], np.float32),
        np.array([row["label"] == row["prediction"] for row in rows]),
        [(row.get("seed", ""), row.get("fold", "")) for row in rows],
    )


def read_speakers(path: Path) -> dict[str, str]:
    """Read who speaks each utterance, from a manifest; its audio need not be there.

    Args:
        path: a CSV in UTF-8 with the columns utterance and speaker.

    Returns:
        Speakers by utterance, empty where unknown.

    Raises:
        FeatxError: if the file can't be read or names an utterance twice.
    """
    table = read_table(path, ("utterance", "speaker"))
    check_repeated(list(table.rows()), table)
    table.problems.refuse(path)
    return {row["utterance"]: row["speaker"] for _, row in table.rows()}


_Rows = Sequence[tuple[int, Mapping[str, str]]]


def _check_splits(rows: _Rows, problems: Problems) -> None:
    for line, row in rows:
        split = row.get("split")
        if split and split not in SPLITS:
            text = f"split is {split!r}; it can be {', '.join(SPLITS)} or empty"
            problems.add("unknown splits", line, text)


def _check_filled(rows: _Rows, problems: Problems) -> None:
    for line, row in rows:
        for name in REQUIRED:
            if not row[name]:
                problems.add(f"rows without {name}", line, f"{name} is empty")


def check_repeated(rows: _Rows, table: Table) -> None:
    """Note the utterances that are there twice, for the same seed if there is such a column."""
    seeded = "seed" in table.header
    first: dict[tuple[str, str], int] = {}
    for line, row in rows:
        seed = row.get("seed", "")
        before = first.setdefault((seed, row["utterance"]), line)
        if row["utterance"] and before != line:
            of_seed = f" for seed {seed!r}" if seeded else ""
            text = f"utterance {row['utterance']!r} is already on line {before}{of_seed}"
            table.problems.add("repeated utterances", line, text)


def _count_contradicted(rows: _Rows, table: Table) -> int:
    """Count the rows that predict another class than the most probable, ties allowed."""
    columns = [name for name in table.header if name.startswith(_PROBABILITY)]
    count = 0
    for line, row in rows if columns else ():
        values = {}
        for name in columns:
            try:
                values[name] = float(row[name])
            except ValueError:
                values[name] = math.nan
            if math.isnan(values[name]):
                text = f"{name} is {row[name]!r}, not a number"
                table.problems.add("unusable probabilities", line, text)
        own = values.get(_PROBABILITY + row["prediction"], -math.inf)
        count += own < max(values.values())
    return count


class Outcome(typing.Protocol):
    """What one model, of a seed and a fold, predicted.

    Attributes:
        seed: the seed of the model.
        fold: number of the fold.
        probabilities: "validation" and "test" to (utterances, classes), in the fold's order; a
            part can be absent.
    """

    @property
    def seed(self) -> int:
        """Of the model."""

    @property
    def fold(self) -> int:
        """Number of the fold."""

    @property
    def probabilities(self) -> Mapping[str, Tensor]:
        """By part of the fold."""


def score_outcomes(
    title: str, task: Task, outcomes: Sequence[Outcome], remarks: Sequence[str]
) -> Results:
    """Score the test predictions, the folds of a seed together.

    Args:
        title: what was trained on what.
        task: what was to be learned.
        outcomes: the outcome of each seed and fold.
        remarks: what a reader of the scores must know, in sentences.
    """
    seeds = []
    for seed in sorted({outcome.seed for outcome in outcomes}):
        of_seed = (outcome for outcome in outcomes if outcome.seed == seed)
        rows = [row for outcome in of_seed for row in _tested(task, outcome)]
        labels, predictions, speakers = zip(*rows, strict=True)
        seeds.append(SeedPredictions(np.array(labels), np.array(predictions), speakers))
    results = score_predictions(title, task.classes, seeds, task.speakers_shared, remarks)
    if not task.shares:
        return results
    return replace(results, votes=score_distributions(_seed_shares(task, outcomes)))


def _seed_shares(task: Task, outcomes: Sequence[Outcome]) -> list[SeedShares]:
    seeds = []
    for seed in sorted({outcome.seed for outcome in outcomes}):
        own = [outcome for outcome in outcomes if outcome.seed == seed]
        tested = [u for outcome in own for u in task.folds[outcome.fold].test]
        found = np.concatenate([outcome.probabilities["test"].numpy() for outcome in own])
        speakers = [u.speaker for u in tested]
        seeds.append(SeedShares(task.shared(tested), found, task.labels(tested), speakers))
    return seeds


class PredictionRow(NamedTuple):
    """A row of a prediction file, its columns in their order.

    Attributes:
        utterance: the utterance's id.
        speaker: who speaks, empty if unknown.
        fold: number of the fold, empty if unknown.
        seed: the seed of the model.
        split: "validation" or "test".
        label: the true class.
        prediction: the predicted class.
        probabilities: each class's probability, in the order of the classes.
        votes: each class's share of the annotators' votes; none where utterances have no votes.
    """

    utterance: str
    speaker: str
    fold: int | str
    seed: int | str
    split: str
    label: str
    prediction: str
    probabilities: Sequence[float]
    votes: Sequence[float] = ()


def write_rows(
    path: Path, classes: Sequence[str], rows: Iterable[PredictionRow], votes: bool = False
) -> None:
    """Write a prediction file.

    Args:
        path: the file.
        classes: names of the classes, each of which gets a column of probabilities.
        rows: what it holds.
        votes: whether each gets a column of the true votes as well.
    """
    header = [*PredictionRow._fields[:-2], *(_PROBABILITY + label for label in classes)]
    if votes:
        header += [_VOTES + label for label in classes]
    write_csv(
        path, header, ([*row[:-2], *rounded([*row.probabilities, *row.votes])] for row in rows)
    )


def write_predictions(task: Task, outcomes: Sequence[Outcome], path: Path) -> None:
    """Write a row for every utterance that was validated on or tested, of every model."""
    parts = written_parts(outcomes)
    rows = (
        row
        for outcome, split in parts
        for row in _predicted(task, outcome, task.folds[outcome.fold], split)
    )
    count = sum(len(outcome.probabilities[split]) for outcome, split in parts)
    shown = passing(rows, count, f"Writing {path.name}", "rows")
    write_rows(path, task.classes, shown, votes=bool(task.shares))


def written_parts(outcomes: Sequence[Outcome]) -> list[tuple[Outcome, str]]:
    """Return what a prediction file has rows of, each outcome with a part of its fold."""
    return [
        (outcome, split)
        for outcome in outcomes
        for split in ("validation", "test")
        if split in outcome.probabilities
    ]


def rounded(values: Sequence[Any]) -> list[Any]:
    """Round to seven significant digits: all that float32 holds."""
    return [float(f"{v:.7g}") if isinstance(v, float) else v for v in values]


def _tested(task: Task, outcome: Outcome) -> Iterator[tuple[int, int, str]]:
    predictions = outcome.probabilities["test"].argmax(1).tolist()
    for utterance, prediction in zip(task.folds[outcome.fold].test, predictions, strict=True):
        yield task.classes.index(utterance.label), prediction, utterance.speaker


def _predicted(task: Task, outcome: Outcome, fold: Fold, split: str) -> Iterator[PredictionRow]:
    found = outcome.probabilities[split]
    utterances = fold.parts[split]
    votes = task.shared(utterances).tolist() if task.shares else [()] * len(utterances)
    best = found.argmax(1).tolist()
    for utterance, own, shares, given in zip(utterances, best, found.tolist(), votes, strict=True):
        yield PredictionRow(
            utterance=utterance.utterance,
            speaker=utterance.speaker,
            fold=outcome.fold,
            seed=outcome.seed,
            split=split,
            label=utterance.label,
            prediction=task.classes[own],
            probabilities=shares,
            votes=given,
        )
