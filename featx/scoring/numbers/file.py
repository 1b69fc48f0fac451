"""Prediction files of numbers, read: a row for each utterance and seed, whoever made it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from featx.scoring.predictions import (
    PREDICTED,
    Prediction,
    PredictionFile,
    predicted_dimensions,
    read_figure,
    read_part,
)
from featx.utils.csv_files import Table


@dataclass(frozen=True)
class NumberPrediction(Prediction):
    """A scored row, whose label and prediction are its numbers as text.

    Attributes:
        truth: the true number of each dimension.
        predicted: the predicted ones.
        fold: the fold, empty if unknown.
        file: the file that holds it.
    """

    truth: tuple[float, ...]
    predicted: tuple[float, ...]
    fold: str
    file: Path


def read_number_predictions(path: Path, split: str = "test") -> PredictionFile:
    """Read a file of predicted numbers and check all that is read of it.

    Args:
        path: a CSV in UTF-8 with the columns utterance and, for each dimension, NAME and
            predicted_NAME, and optionally speaker, fold, seed, split. Other columns are ignored.
        split: the part that is read; rows without a split are of the test part.

    Returns:
        What it holds; its rows are `NumberPrediction`s, of which a validation part may have none.

    Raises:
        FeatxError: if the file can't be read, or naming every problem in it with its line.
    """
    dimensions = predicted_dimensions(path)

    def read(table: Table, line: int, row: Mapping[str, str]) -> NumberPrediction:
        truth, predicted = (
            tuple(
                read_figure(table, line, row, begin + name, "cells without a number")
                for name in dimensions
            )
            for begin in ("", PREDICTED)
        )
        return NumberPrediction(
            utterance=row["utterance"],
            label=", ".join(map(str, truth)),
            prediction=", ".join(map(str, predicted)),
            speaker=row.get("speaker", ""),
            seed=row.get("seed", ""),
            truth=truth,
            predicted=predicted,
            fold=row.get("fold", ""),
            file=path,
        )

    return read_part(path, ("utterance",), split, read)
