"""The members of a vote, and where their models are."""

import re
from dataclasses import dataclass
from pathlib import Path

from featx.errors import FeatxError
from featx.inference.model import Model
from featx.runs.files import PREDICTIONS
from featx.runs.read import locate
from featx.utils.config import Schema

_SEED = re.compile(r", seed (\d+)$")  # of a member that is a seed of a run


@dataclass(frozen=True)
class Seat:
    """A member of a vote.

    Attributes:
        model: what votes.
        seed: whose models of it do; None for those of all seeds.
    """

    model: Model
    seed: int | None


class Member(Schema, extra="ignore"):
    """What a vote's scores say of a member: its name, and the files that it voted with."""

    name: str
    files: tuple[Path, ...]

    @property
    def seed(self) -> int | None:
        """The seed that it is, by its name; None if it is a whole run."""
        found = _SEED.search(self.name)
        return int(found[1]) if found else None

    def run(self, folder: Path) -> Path:
        """Return its run folder.

        Args:
            folder: the vote's.

        Raises:
            FeatxError: if it is no run, or not here.
        """
        file = self.files[0]
        if len(self.files) > 1 or file.name != PREDICTIONS:
            raise FeatxError(
                f"{folder}: its member {self.name} is a file of predictions ({file}), which has no "
                "model. A vote of runs can be loaded."
            )
        run = locate(folder, str(file.parent))
        if run is None:
            raise FeatxError(
                f"{folder}: its member {file.parent} is not here. Put the run there, or vote again."
            )
        return run

    def trained_again(self, folder: Path, differs: str) -> FeatxError:
        """Return the refusal of a vote whose member is another than it was.

        Args:
            folder: the vote's.
            differs: in what, such as "has other classes".
        """
        return FeatxError(
            f"{folder}: its member {self.name} {differs} than the vote: it was trained again "
            "since. Vote again with `overwrite`."
        )
