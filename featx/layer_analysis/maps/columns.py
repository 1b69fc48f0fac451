"""The columns of a manifest that put utterances into groups."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from featx.data.label_order import order_labels
from featx.data.manifest import Manifest, Utterance
from featx.errors import FeatxError
from featx.utils.text import listed

_USUAL = ("label", "speaker", "corpus", "sex")


@dataclass(frozen=True)
class Column:
    """A column of a manifest, as groups.

    Attributes:
        name: the column's name.
        values: the values that are there, in order; an empty cell is none.
        places: (utterances,) the place of each utterance's value, -1 if its cell is empty.
    """

    name: str
    values: tuple[str, ...]
    places: np.ndarray


def choose_columns(manifest: Manifest, asked: Sequence[str]) -> list[Column]:
    """Return the columns to group by: label, speaker, corpus and sex if they can be, and others.

    Args:
        manifest: the utterances that are grouped.
        asked: columns that must be among them.

    Raises:
        FeatxError: if a column that is asked for is not there or makes no groups, or none does.
    """
    known = manifest.columns
    for name in asked:
        if name not in known:
            raise FeatxError(
                f"`columns={name}`: {manifest.path} has no such column. It has {listed(known, 20)}."
            )
    columns = {name: _read(name, manifest.utterances) for name in dict.fromkeys([*_USUAL, *asked])}
    faults = {name: _fault(column) for name, column in columns.items()}
    for name in asked:
        if faults[name]:
            raise FeatxError(f"`columns={name}`: {faults[name]} Choose another column.")
    found = [column for name, column in columns.items() if not faults[name]]
    if not found:
        raise FeatxError(
            f"{manifest.path}: neither label nor speaker makes groups. {faults['label']} Name "
            "another column with `columns`."
        )
    return found


def _read(name: str, utterances: Sequence[Utterance]) -> Column:
    cells = [utterance.column(name) for utterance in utterances]
    values = order_values(name, cells)
    places = {value: place for place, value in enumerate(values)}
    return Column(name, tuple(values), np.array([places.get(cell, -1) for cell in cells]))


def order_values(name: str, cells: Iterable[str]) -> list[str]:
    """Return the values in a column's cells: labels in the order of all tables, s2 before s10."""
    present = set(cells) - {""}
    return order_labels(present) if name == "label" else sorted(present, key=_natural)


def _natural(text: str) -> list[tuple[bool, int, str]]:
    """Return what sorts "s2" before "s10"."""
    parts = re.split(r"([0-9]+)", text)
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]


def _fault(column: Column) -> str:
    """Say why a column makes no groups; empty if it does."""
    filled = int((column.places >= 0).sum())
    if not filled:
        return "No utterance has anything in it."
    if len(column.values) == 1:
        return f"It has a single value, {column.values[0]}, so there is nothing to tell apart."
    if len(column.values) == filled:
        return (
            f"Each of its {filled:,} utterances has a value of its own, so there are no groups to "
            "compare."
        )
    return ""
