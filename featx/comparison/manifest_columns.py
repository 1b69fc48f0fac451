"""What the manifest of a system says of its utterances, and its scores by that."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from featx.errors import FeatxError
from featx.runs.files import CONFIG
from featx.runs.read import read_config
from featx.runs.sources import manifests
from featx.scoring.groups.grouping import score_groups
from featx.scoring.groups.measure import Measure
from featx.scoring.groups.scores import GroupScores
from featx.scoring.predictions import check_repeated
from featx.utils.csv_files import read_table
from featx.utils.text import counted, listed

_MOST = 100  # groups of a column


@dataclass(frozen=True)
class Columns:
    """What manifests say of utterances.

    Attributes:
        paths: the files.
        names: their columns.
        rows: by utterance; of an utterance in several files, the first's.
    """

    paths: Sequence[Path]
    names: Sequence[str]
    rows: Mapping[str, Mapping[str, str]]

    def values(self, column: str, utterances: Sequence[str]) -> list[str]:
        """Return what a column says of utterances, empty where it says nothing."""
        return [self.rows.get(name, {}).get(column, "") for name in utterances]


def read_columns(paths: Sequence[Path]) -> Columns:
    """Read manifests, or other CSVs with a column `utterance`.

    Raises:
        FeatxError: if one can't be read or names an utterance twice.
    """
    names: dict[str, None] = {}
    rows: dict[str, Mapping[str, str]] = {}
    for path in paths:
        table = read_table(path, ("utterance",))
        own = list(table.rows())
        check_repeated(own, table)
        table.problems.refuse(path)
        names.update(dict.fromkeys(table.header))
        rows = {row["utterance"]: row for _, row in own} | rows
    return Columns(paths, list(names), rows)


def find_columns(system: str, folder: Path, manifest: Path | None) -> Columns:
    """Read the manifest of a system: the given one, or those that its run was made from.

    Args:
        system: its name, for messages.
        folder: where its predictions are.
        manifest: the given one.

    Raises:
        FeatxError: if there is none, or it can't be read.
    """
    paths = [manifest] if manifest else manifests(folder, read_config(folder))
    if paths:
        return read_columns(paths)
    why = "its manifest is not where its config says" if (folder / CONFIG).exists() else "no run"
    raise FeatxError(
        f"{system}: {why}, so what `by` names is unknown. Give `manifest`, a CSV with the column "
        "utterance and those to score by."
    )


def score_by(
    by: Sequence[str],
    system: str,
    columns: Columns,
    speakers: Mapping[str, str],
    measure: Measure,
) -> Iterator[GroupScores]:
    """Score a system by columns of its manifest.

    Args:
        by: names of the columns.
        system: its name, for messages.
        columns: what the manifest says.
        speakers: who speaks each utterance that was tested, empty if unknown.
        measure: how these are scored.

    Raises:
        FeatxError: if the manifest lacks a column or an utterance, or a column has no values or
            a hundred.
    """
    utterances = list(speakers)
    for column in by:
        values = columns.values(column, utterances)
        _check(column, values, system, columns, utterances)
        yield score_groups(column, values, list(speakers.values()), measure)


def _check(
    column: str,
    values: Sequence[str],
    system: str,
    columns: Columns,
    utterances: Sequence[str],
) -> None:
    where, by = listed(list(map(_shortly, columns.paths))), f"`by={column}`"
    if column not in columns.names:
        others = [name for name in columns.names if name not in ("utterance", "path")]
        raise FeatxError(f"{by}: {where} has no such column; there is {listed(others, 30)}.")
    absent = [name for name in utterances if name not in columns.rows]
    if absent:
        raise FeatxError(
            f"{system}: {counted(len(absent), 'utterance')} of {len(utterances):,} not in {where}, "
            f"such as {absent[0]!r}. Give `manifest`, one that lists all of them."
        )
    different = len(set(values) - {""})
    if not different:
        raise FeatxError(f"{by}: {where} says nothing of the tested utterances in that column.")
    if different > _MOST:
        raise FeatxError(
            f"{by}: {different:,} different values; groups take a column of at most {_MOST}."
        )


def _shortly(path: Path) -> Path:
    """Return the path as seen from the working folder, if it is inside."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
