"""The systems of a vote as their files tell them."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from featx.comparison.systems.classes import System, index_seed
from featx.comparison.systems.files import Seed, split_seeds
from featx.data.label_order import order_labels
from featx.errors import FeatxError
from featx.scoring.classes.predictions import REQUIRED, predictions_in
from featx.scoring.classes.results import score_predictions
from featx.scoring.classes.voted import check_votes, voted_classes
from featx.scoring.predictions import VOTES, Prediction, PredictionFile
from featx.utils.csv_files import Table, read_table
from featx.voting.voters import Voter, fill

_OFF = 0.05  # that rounded probabilities can miss 1 by


@dataclass(frozen=True)
class Row(Prediction):
    """A row with what voting reads beside what scoring does.

    Attributes:
        fold: empty if unknown.
        file: the file that holds it.
        probabilities: the probability of each class, empty without p_ columns.
        votes: each class's share of annotators' votes, empty without true_p_ columns.
    """

    fold: str
    file: Path
    probabilities: Mapping[str, float]
    votes: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class ClassVoter(Voter[System, Row]):
    """A system that votes on classes.

    Attributes:
        classes: those of its p_ columns, empty without.
        no_probabilities: why its probabilities can't be used, empty if they can.
    """

    classes: tuple[str, ...]
    no_probabilities: str


def read_voter(
    name: str, paths: Sequence[Path], speakers: Mapping[str, str], over_seeds: bool
) -> list[ClassVoter]:
    """Read a system.

    Args:
        name: what to call it.
        paths: its files.
        speakers: the speaker of each utterance, where the files don't name them.
        over_seeds: make each seed a system.

    Raises:
        FeatxError: if a file can't be used or the files don't fit together.
    """
    files = [_read_file(path) for path in paths]
    columns = {file.columns for file in files}
    if len(columns) > 1:
        raise FeatxError(f"{name}: its files have different p_ columns.")
    seeds, notes = split_seeds([file.scored for file in files])
    if contradicted := sum(file.scored.contradicted for file in files):
        notes.append(f"{contradicted:,} of its predictions are not its most probable class.")
    validation = [row for file in files for row in file.validation]
    no_probabilities = next(filter(None, (file.no_probabilities for file in files)), "")
    seeds = sorted(seeds, key=lambda seed: seed.order)
    groups = [[seed] for seed in seeds] if over_seeds and len(seeds) > 1 else [seeds]
    numbered = len({seed.number for seed in seeds} - {""}) == len(seeds)
    voters = []
    for number, group in enumerate(groups):
        value = group[0].number if numbered else number
        own = f"{name}, seed {value}" if len(groups) > 1 else name
        system = _score(own, paths[0].parent, group, speakers, notes)
        ballots = [fill(seed, validation) for seed in group]
        voters.append(ClassVoter(system, paths, ballots, files[0].columns, no_probabilities))
    return voters


@dataclass(frozen=True)
class _File:
    scored: PredictionFile
    validation: Sequence[Row]
    columns: tuple[str, ...]
    no_probabilities: str


def _read_file(path: Path) -> _File:
    table = read_table(path, REQUIRED)
    scored = predictions_in(path, table)
    check_votes([(n, row) for n, row in table.rows() if row.get("split") == "validation"], table)
    table.problems.refuse(path)
    names = tuple(name.removeprefix("p_") for name in table.header if name.startswith("p_"))
    rows = list(_rows(path, table, names))
    table.problems.refuse(path)
    test = tuple(row for split, row in rows if split in ("", "test"))
    validation = [row for split, row in rows if split == "validation"]
    no_probabilities = "" if names else f"{path} has no p_ columns"
    unfit = next((row for row in (*test, *validation) if names and not _is_distribution(row)), None)
    if unfit is not None:
        no_probabilities = (
            f"the p_ columns of {path} are no probabilities (those of {unfit.utterance!r} add up "
            f"to {sum(unfit.probabilities.values()):g})"
        )
    return _File(replace(scored, rows=test), validation, names, no_probabilities)


def _rows(path: Path, table: Table, names: Sequence[str]) -> Iterator[tuple[str, Row]]:
    voted = voted_classes(table)
    for line, values in table.rows():
        split = values.get("split", "")
        if split == "train":
            continue
        for column in REQUIRED:
            if not values[column]:
                table.problems.add(f"rows without {column}", line, f"{column} is empty")
        probabilities = {}
        try:
            probabilities = {name: float(values[f"p_{name}"]) for name in names}
        except ValueError:
            table.problems.add("unusable probabilities", line, "a p_ column is not a number")
        yield (
            split,
            Row(
                utterance=values["utterance"],
                label=values["label"],
                prediction=values["prediction"],
                speaker=values.get("speaker", ""),
                seed=values.get("seed", ""),
                fold=values.get("fold", ""),
                file=path,
                probabilities=probabilities,
                votes={name: float(values[VOTES + name]) for name in voted},
            ),
        )


def _is_distribution(row: Row) -> bool:
    values = row.probabilities.values()
    return all(0 <= value <= 1 for value in values) and math.isclose(sum(values), 1, abs_tol=_OFF)


def _score(
    name: str, folder: Path, seeds: Sequence[Seed], manifest: Mapping[str, str], notes: list[str]
) -> System:
    labels = {row.utterance: row.label for row in seeds[0].rows.values()}
    named = {row.utterance: row.speaker for s in seeds for row in s.rows.values() if row.speaker}
    speakers = {
        utterance: named.get(utterance) or manifest.get(utterance, "") for utterance in labels
    }
    predicted = {row.prediction for seed in seeds for row in seed.rows.values()}
    classes = order_labels({*labels.values(), *predicted})
    scored = [index_seed(seed, sorted(labels), classes, speakers) for seed in seeds]
    results = score_predictions(name, classes, scored, speakers_shared=None)
    return System(name, folder, labels, speakers, seeds, results, notes)
