"""What cross-validation chose: for how long to train, or how strongly to regularise."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from classifiers.history import Epoch
from classifiers.linear import LinearSettings
from featx.fitting.config import FitConfig
from featx.runs.files import HISTORY
from featx.runs.read import damaged
from featx.utils.csv_files import read_table

Histories = Mapping[tuple[int, int], Sequence[Epoch]]  # by seed and fold
COLUMNS = ("seed", "fold", "epoch", "train_loss", "validation_loss", "validation_score", "seconds")


def choose(config: FitConfig, histories: Histories) -> dict[int, int]:
    """Return how each seed's final head is trained.

    Args:
        config: what was fitted.
        histories: how the heads of cross-validation trained.

    Returns:
        By seed the number of epochs: the median of the best epochs of the seed's folds, rounded,
        a half up. Of linear classifiers the place of the strength, from 1, which all seeds share.
    """
    seeds = range(config.seeds)
    if isinstance(config.head, LinearSettings):
        return dict.fromkeys(seeds, best_strength(config.head.strengths, histories))
    assert config.training is not None, "only linear classifiers train without settings"
    monitor = config.training.monitor
    best = {key: max(epochs, key=lambda e: e.worth(monitor)) for key, epochs in histories.items()}
    return {
        seed: math.floor(median(own.epoch for (of, _), own in best.items() if of == seed) + 0.5)
        for seed in seeds
    }


def best_strength(strengths: Sequence[float], histories: Histories) -> int:
    """Return the place, from 1, of the strength with the highest mean UAR on validation data.

    The mean is over seeds and folds. Of equal ones the stronger regularisation is taken, which is
    the lower C.
    """
    recalls: dict[int, list[float]] = {}
    for epochs in histories.values():
        for row in epochs:
            recalls.setdefault(row.epoch, []).append(row.validation_score)
    # exact sums, so that equal means are equal whatever the order of the folds
    return max(recalls, key=lambda place: (math.fsum(recalls[place]), -strengths[place - 1]))


def read_histories(folder: Path, seeds: int, folds: int) -> Histories:
    """Read how the heads of a run trained.

    Args:
        folder: the run's folder.
        seeds: how many seeds it has.
        folds: how many folds it has.

    Raises:
        FeatxError: if the file is missing or damaged, or lacks a head.
    """
    path = folder / HISTORY
    histories: dict[tuple[int, int], list[Epoch]] = {}
    for line, row in read_table(path, COLUMNS).rows():
        try:
            key = int(row["seed"]), int(row["fold"])
            epoch = Epoch(int(row["epoch"]), *(float(row[name]) for name in COLUMNS[3:]))
        except ValueError as error:
            raise damaged(path, f"line {line}: {error}") from None
        histories.setdefault(key, []).append(epoch)
    expected = {(seed, fold) for seed in range(seeds) for fold in range(folds)}
    if set(histories) != expected:
        raise damaged(path, f"it is not of {seeds} seeds and {folds} folds")
    return histories
