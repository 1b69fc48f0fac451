"""Which prediction files are one system, and which of its rows are one seed."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from featx.errors import FeatxError
from featx.runs.files import CONFIG, PREDICTIONS
from featx.runs.read import is_unfinished
from featx.scoring.predictions import Prediction, PredictionFile
from featx.utils.files import AnyPath, as_paths
from featx.utils.text import counted, listed, nearest


@dataclass(frozen=True)
class Seed:
    """What a system predicted in one training: its name for messages, rows by utterance."""

    name: str
    rows: Mapping[str, Prediction]

    @property
    def number(self) -> str:
        """What its rows say in their seed column, empty if nothing."""
        return next(iter(self.rows.values())).seed

    @property
    def order(self) -> tuple[int, str]:
        """Sorts "2" before "10"; seeds without a number stay in the order of their files."""
        return len(self.number), self.number


def find_files(paths: AnyPath | Sequence[AnyPath]) -> dict[str, list[Path]]:
    """Find the prediction files that paths stand for, by system.

    Args:
        paths: one or several of these: files; folders with CSV files, of which only
            `predictions.csv` counts if it is there; folders of such folders.

    Returns:
        The files of each system, named after the folder that holds them; if names clash, with as
        much of the path as tells them apart.

    Raises:
        FeatxError: if there is no path, or one is not there or holds no prediction file.
    """
    given = as_paths(paths)
    if not given:
        raise FeatxError("Nothing is given: give runs, prediction files or folders of either.")
    systems: dict[Path, dict[Path, Path]] = {}
    for path in chain.from_iterable(map(_expand, given)):
        files = systems.setdefault(Path(os.path.normpath(path.absolute())).parent, {})
        files.setdefault(path.resolve(), path)  # a file given twice counts once
    names = shortest_names(list(systems))
    return {names[folder]: sorted(files.values()) for folder, files in systems.items()}


def shortest_names(paths: Sequence[Path]) -> dict[Path, str]:
    """Return as much of the end of each path as tells it from the others.

    Args:
        paths: absolute, normalised, no two alike.
    """
    names = {}
    for path in paths:
        others = [other.parts for other in paths if other != path]
        count = 1
        while any(other[-count:] == path.parts[-count:] for other in others):
            count += 1
        names[path] = str(Path(*path.parts[-count:]))
    return names


def split_seeds(files: Sequence[PredictionFile]) -> tuple[list[Seed], list[str]]:
    """Sort a system's rows into seeds that cover the same utterances.

    A `seed` column says to which seed a row belongs. Files that it does not tell apart are
    different seeds if their utterances are equal, and folds of one seed if they are disjoint.

    Args:
        files: the files of one system.

    Returns:
        The seeds, and notes about how they were found.

    Raises:
        FeatxError: if utterances overlap otherwise, or seeds differ in utterances or labels.
    """
    seeded = {file.has_seeds: file.path for file in files}
    if len(seeded) > 1:
        raise FeatxError(
            f"{seeded[True]} has a seed column and {seeded[False]} beside it has none. "
            "Give it to all files of a folder or to none."
        )
    parts: dict[str, list[Seed]] = {}
    for file in files:
        for part in _parts(file):
            parts.setdefault(part.number, []).append(part)
    seeds, notes = [], []
    for same in parts.values():
        found, paired = _join(same)
        seeds += found
        if paired:
            notes.append(
                "Folds were joined to seeds in the order of their files' names; "
                "a seed column would tell."
            )
    for seed in seeds[1:]:
        _check_same(seeds[0], seed)
    return seeds, list(dict.fromkeys(notes))


def _expand(path: Path) -> list[Path]:
    if not path.is_file() and not path.is_dir():
        there = [str(neighbour) for neighbour in path.parent.glob("[!.]*")]
        raise FeatxError(
            f"{path}: no such file or folder: {nearest(str(path), there)} Give runs, prediction "
            "files or their folders."
        )
    folder = path.parent if path.name == PREDICTIONS else path
    if is_unfinished(folder):
        raise FeatxError(
            f"{folder}: a run that is not finished. Start it again in the same way to finish it."
        )
    if path.is_file():
        return [path]
    folders = sorted(inner for inner in path.iterdir() if inner.is_dir())
    visible = [inner for inner in folders if not inner.name.startswith(".")]
    if begun := next(filter(is_unfinished, visible), None):
        raise FeatxError(
            f"{begun}: a run that is not finished. Start it again in the same way to finish it, or "
            "name the others."
        )
    if files := _files_in(path) or [file for inner in visible for file in _files_in(inner)]:
        return files
    if (path / CONFIG).exists():
        raise FeatxError(
            f"{path}: a run without {PREDICTIONS}; make it again with `overwrite`, or, if it is "
            "from the Hub, ask who pushed it to do so with their predictions."
        )
    raise FeatxError(
        f"{path}: no run and no CSV file in it or its folders. Give run folders, such as "
        "runs/NAME, or prediction files."
    )


def _files_in(folder: Path) -> list[Path]:
    if (folder / CONFIG).exists() or (folder / PREDICTIONS).is_file():  # a run has other tables too
        return [folder / PREDICTIONS] if (folder / PREDICTIONS).is_file() else []
    files = sorted(folder.glob("*.csv"))
    return [file for file in files if file.is_file() and not file.name.startswith(".")]


def _parts(file: PredictionFile) -> Iterator[Seed]:
    """Yield the rows of each seed of a file."""
    seeds: dict[str, dict[str, Prediction]] = {}
    for row in file.rows:
        seeds.setdefault(row.seed, {})[row.utterance] = row
    for value, rows in seeds.items():
        yield Seed(f"{file.path}, seed {value}" if file.has_seeds else str(file.path), rows)


def _join(parts: Sequence[Seed]) -> tuple[list[Seed], bool]:
    """Join folds; say whether files had to be paired by their order."""
    folds: dict[frozenset[str], list[Seed]] = {}
    for part in parts:
        folds.setdefault(frozenset(part.rows), []).append(part)
    _check_disjoint([same[0] for same in folds.values()])
    most, fewest = (pick(folds.values(), key=len) for pick in (max, min))
    if len(most) != len(fewest):
        raise FeatxError(
            f"The utterances of {most[0].name} are in {counted(len(most), 'file')}, "
            f"those of {fewest[0].name} in {len(fewest)}. Every seed must have every fold."
        )
    seeds = []
    for joined in zip(*folds.values(), strict=True):
        rows = {name: row for part in joined for name, row in part.rows.items()}
        seeds.append(Seed(listed([part.name for part in joined], 1), rows))
    return seeds, len(most) > 1 and len(folds) > 1


def _check_disjoint(parts: Sequence[Seed]) -> None:
    owners: dict[str, Seed] = {}
    for part in parts:
        for name in part.rows:
            other = owners.setdefault(name, part)
            if other is not part:
                only, owner = next(
                    (found, having)
                    for having, lacking in ((other, part), (part, other))
                    for found in having.rows
                    if found not in lacking.rows
                )
                raise FeatxError(
                    f"{other.name} and {part.name} share some utterances but not all: both have "
                    f"{name!r}, only {owner.name} has {only!r}. Files of one folder are seeds, "
                    "with the same utterances, or folds, with none in common."
                )


def _check_same(first: Seed, other: Seed) -> None:
    """Refuse seeds with other utterances, labels or speakers."""
    for having, lacking in ((first, other), (other, first)):
        missing = [repr(name) for name in having.rows if name not in lacking.rows]
        if missing:
            raise FeatxError(
                f"{lacking.name} lacks {counted(len(missing), 'utterance')} that {having.name} "
                f"has: {listed(missing)}. Every seed must cover the same utterances."
            )
    for what in ("label", "speaker"):
        pairs = ((row, other.rows[name]) for name, row in first.rows.items())
        values = ((row.utterance, getattr(row, what), getattr(two, what)) for row, two in pairs)
        differing = [
            (name, mine, its) for name, mine, its in values if mine and its and mine != its
        ]
        if differing:
            name, mine, its = differing[0]
            raise FeatxError(
                f"{counted(len(differing), 'utterance')} with another {what} in {other.name} than "
                f"in {first.name}, such as {name!r}: {its!r}, not {mine!r}."
            )
