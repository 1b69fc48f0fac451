"""What is known of a compared system, and of a pair of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from featx.comparison.base import AnySystem
from featx.runs.cost import Cost, folder_bytes, read_cost
from featx.scoring.results_file import RunResults
from featx.scoring.significance import Difference


@dataclass(frozen=True)
class Compared:
    """One of the systems.

    Attributes:
        name: the name of its folder.
        results: its scores.
        cost: what its training cost; None if unknown.
        disk: bytes in its folder; None if the cost is unknown.
        notes: what a reader of the scores must know.
    """

    name: str
    results: RunResults
    cost: Cost | None
    disk: int | None
    notes: Sequence[str]

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        cost = None if self.cost is None else {**self.cost.model_dump(), "run_folder": self.disk}
        return {**self.results.to_json(), "cost": cost, "notes": list(self.notes)}


@dataclass(frozen=True)
class Pair:
    """Two of the systems.

    Attributes:
        first: name of one.
        second: name of the other.
        difference: the first system's foremost score less the second's.
        p: how likely a difference at least so large is if there is none; two-sided.
        holm: the same, adjusted for the number of pairs of systems.
    """

    first: str
    second: str
    difference: Difference
    p: float
    holm: float

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        raise NotImplementedError


def describe_system(system: AnySystem) -> Compared:
    """Return what is known of a system, as it was scored."""
    cost = read_cost(system.folder)
    disk = None if cost is None else folder_bytes(system.folder)
    notes = [*system.results.notes(), *system.notes]
    return Compared(system.name, system.results, cost, disk, notes)
