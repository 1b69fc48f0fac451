"""Systems as voters, whatever they predict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from featx.comparison.systems.files import Seed
from featx.comparison.systems.scored import AnySystem
from featx.errors import FeatxError
from featx.runs.files import PREDICTIONS

Key = tuple[str, str]  # fold and utterance
S = TypeVar("S", bound=AnySystem)
R = TypeVar("R")  # a row of a prediction file, with `file`, `fold`, `seed` and `utterance`


@dataclass(frozen=True)
class Ballot(Generic[R]):
    """What one training of a system predicted.

    Attributes:
        seed: its number, empty if unknown.
        test: the test rows by utterance.
        validation: the validation rows by fold and utterance, empty if there are none.
    """

    seed: str
    test: Mapping[str, R]
    validation: Mapping[Key, R]


@dataclass(frozen=True)
class Voter(Generic[S, R]):
    """A system that votes.

    Attributes:
        system: its name, what is true, and its scores.
        files: the files that hold it.
        ballots: one a seed, in the order of their numbers.
    """

    system: S
    files: Sequence[Path]
    ballots: Sequence[Ballot[R]]

    @property
    def name(self) -> str:
        """What it is called."""
        return self.system.name

    @property
    def run(self) -> Path | None:
        """Its folder if it is a run or laid out as one, else None."""
        return self.files[0].parent if self.files[0].name == PREDICTIONS else None


AnyVoter = Voter[Any, Any]


def fill(seed: Seed, validation: Sequence[Any]) -> Ballot[Any]:
    """Give a seed its validation rows: those of the files, and of the number, that it is of.

    Raises:
        FeatxError: if an utterance has two.
    """
    test: Mapping[str, Any] = seed.rows
    origins = {(row.file, row.seed) for row in test.values()}
    rows: dict[Key, Any] = {}
    for row in validation:
        if (row.file, row.seed) in origins:
            other = rows.setdefault((row.fold, row.utterance), row)
            if other is not row:
                raise FeatxError(
                    f"{row.file}: {row.utterance!r} is validated on twice in one fold and seed. "
                    "A fold column tells folds apart."
                )
    return Ballot(seed.number, test, rows)
