"""Columns of numbers, such as arousal and valence: how they are read, and when they are meant."""

import math
from collections.abc import Mapping, Sequence

from featx.data.manifest import Manifest, Utterance
from featx.errors import FeatxError
from featx.protocols.choices import TaskKind
from featx.protocols.target import Target
from featx.utils.csv_files import read_table
from featx.utils.text import counted, listed

TAKEN = ("utterance", "speaker", "fold", "seed", "split")  # columns of every prediction file
FEW = 10  # whole numbers that may be classes, such as the points of a scale


def read_number(text: str) -> float:
    """Return the number that a cell holds.

    Raises:
        ValueError: if it holds none, or an infinite one.
    """
    value = float(text)
    if not math.isfinite(value) or "_" in text:  # which Python alone takes
        raise ValueError(text)
    return value


def check_columns(manifest: Manifest, columns: Sequence[str]) -> None:
    """Raise a FeatxError if a manifest lacks a column that is to be learned."""
    for column in columns:
        if column not in manifest.columns:
            raise FeatxError(
                f"{manifest.path}: no column {column!r}, which `target` names; there is "
                f"{listed(manifest.columns, 20)}."
            )


def decide_task(manifest: Manifest, target: Target) -> tuple[TaskKind, str]:
    """Decide whether columns are learned as numbers or as classes.

    Numbers are several columns of numbers, or a column with fractions or with more than `FEW`
    different values.

    Args:
        manifest: the corpus.
        target: the columns, and the task if it is known.

    Returns:
        The task, and why in a few words.

    Raises:
        FeatxError: if a column is not there.
    """
    if target.task:
        return target.task, "as asked"
    if target.is_label:
        return "classification", "labels are classes"
    check_columns(manifest, target.columns)
    different = {u.column(name) for u in manifest.utterances for name in target.columns} - {""}
    try:
        numbers = set(map(read_number, different))
    except ValueError:
        return "classification", "not all values are numbers"
    if any(not number.is_integer() for number in numbers):
        return "regression", "there are numbers with fractions"
    if len(numbers) > FEW:
        return "regression", f"there are {len(numbers):,} different numbers"
    if len(target.columns) > 1:
        return "regression", "several columns hold numbers"
    few = counted(len(numbers), "whole number")
    return "classification", f"{few} may be classes (`task='regression'` learns them as numbers)"


def read_numbers(
    manifest: Manifest, utterances: Sequence[Utterance], columns: Sequence[str]
) -> dict[str, tuple[float, ...]]:
    """Return the numbers of utterances that have one in each column, by their ids.

    Args:
        manifest: the corpus, for messages.
        utterances: those that may be used.
        columns: which columns.

    Raises:
        FeatxError: if a column is not there, a cell that is not empty holds no number, or no
            utterance has all.
    """
    check_columns(manifest, columns)
    if taken := [name for name in columns if name in TAKEN]:
        raise FeatxError(
            f"`target={taken[0]!r}`: numbers can't be learned under that name, which prediction "
            "files have a column of. Give the column another name."
        )
    numbers: dict[str, tuple[float, ...]] = {}
    unread: list[tuple[str, str]] = []
    for utterance in utterances:
        cells = {name: utterance.column(name).strip() for name in columns}
        found = []
        for name, text in cells.items():
            try:
                found.append(read_number(text) if text else None)
            except ValueError:
                unread.append((utterance.utterance, name))
        known = [value for value in found if value is not None]
        if len(known) == len(columns):
            numbers[utterance.utterance] = tuple(known)
    if unread:
        raise _no_number(manifest, unread)
    if not numbers:
        raise FeatxError(
            f"{manifest.path}: no utterance has a number in {' and '.join(columns)}, which "
            "`target` names."
        )
    return numbers


def _no_number(manifest: Manifest, unread: Sequence[tuple[str, str]]) -> FeatxError:
    name, column = unread[0]
    text = next(u.column(column) for u in manifest.utterances if u.utterance == name)
    where = _lines(manifest).get(name)
    place = f"{manifest.path}, line {where}" if where else f"{manifest.path}, utterance {name}"
    more = f", as are {counted(len(unread) - 1, 'other value')}" if len(unread) > 1 else ""
    return FeatxError(
        f"{place}: {column} is {text!r}, which is not a number{more}. Leave a cell empty where "
        "nothing is known; `task='classification'` learns the values of a column as classes."
    )


def _lines(manifest: Manifest) -> Mapping[str, int]:
    """Return the line of each utterance, none if the file can't be read again."""
    try:
        table = read_table(manifest.path, ("utterance",))
    except FeatxError:
        return {}
    return {row["utterance"]: line for line, row in table.rows()}
