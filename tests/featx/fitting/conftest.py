"""Fits that take a second, and a look at what they leave."""

import csv

import pytest

import featx

EPOCHS = ("training.epochs=3", "training.learning_rate=0.01")


@pytest.fixture
def fit_quickly():
    """Fit a head for three epochs on three folds, unless told otherwise."""

    def fit(*arguments, settings=EPOCHS, **options) -> featx.Run:
        if "config" not in options and "protocol" not in options:
            options = {"folds": 3, **options}
        return featx.fit(*arguments, settings=settings, **options)

    return fit


@pytest.fixture
def read_rows():
    """Read a CSV of a run."""

    def read(run: featx.Run, name: str = "predictions.csv") -> list[dict[str, str]]:
        with (run.folder / name).open(newline="") as file:
            return list(csv.DictReader(file))

    return read
