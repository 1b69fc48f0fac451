"""Everything that determines a vote, as one config."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import tomli_w
from pydantic import Field, PositiveFloat, field_validator

from featx.runs.read import RUN_FILE
from featx.utils.config import ConfigError, Schema, check_config, read_config, shipped_config
from featx.utils.text import nearest

_LONGEST = 80  # letters of members' names in the name of a run


class VoteConfig(Schema):
    """A vote in full; the `config.toml` of its run, and the files of `configs/votes/`.

    Attributes:
        systems: run folders, prediction files or folders of seeds; relative to the working folder.
        rule: "hard" counts predictions, "soft" averages probabilities, "weighted" counts
            predictions, each by its system's validation UAR.
        tie: which of the classes with equally many votes wins: that of the highest summed
            "probability", or that for which the "first"-named system voted; "auto" takes the
            former where all systems have probabilities.
        search: how many members; every combination of so many systems is tried on the validation
            predictions and the best votes. All systems vote if empty.
        over_seeds: whether every seed of a system is a system of its own.
        manifest: tells the speakers where the predictions don't.
        title: of a published vote.
        published_wa: its accuracy in percent.
    """

    systems: Annotated[tuple[Path, ...], Field(min_length=1)]
    rule: Literal["hard", "soft", "weighted"] = "hard"
    tie: Literal["auto", "probability", "first"] = "auto"
    search: tuple[Annotated[int, Field(ge=2)], ...] = ()
    over_seeds: bool = False
    manifest: Path | None = None
    title: str = ""
    published_wa: PositiveFloat | None = None

    @field_validator("search")
    @classmethod
    def _sizes(cls, sizes: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(sizes)) < len(sizes):
            raise ValueError(f"{', '.join(map(str, sizes))} names a number of members twice")
        return sizes

    @property
    def folders(self) -> list[Path]:
        """The systems, run folders where their predictions are named."""
        return [path.parent if path.name == RUN_FILE else path for path in self.systems]

    def to_toml(self) -> str:
        """Return the config as it is written to a file."""
        return tomli_w.dumps(self.model_dump(mode="json", exclude_none=True))

    @property
    def name(self) -> str:
        """How the run is called: vote, rule, members, or how many if their names are long."""
        members = "+".join(path.absolute().name.removesuffix(".csv") for path in self.folders)
        parts = ["vote", self.rule, members if len(members) <= _LONGEST else f"{len(self.systems)}"]
        parts += ["search", *map(str, self.search)] if self.search else []
        return "-".join([*parts, *(["seeds"] if self.over_seeds else [])])


def vote_config(systems: Sequence[Path], search: str = "", **options: object) -> VoteConfig:
    """Build a config from what a command line says.

    Args:
        systems: who votes.
        search: numbers of members, such as "3,5".
        options: other keys of `VoteConfig`.

    Raises:
        ConfigError: if there is no system, or a number of members can't be used.
    """
    if not systems:
        raise ConfigError("Name the systems that vote: run folders or prediction files.")
    try:
        sizes = [int(size) for size in search.split(",")] if search else []
    except ValueError:
        raise ConfigError(f"--search {search}: give numbers of members, such as 3,5.") from None
    if any(size < 2 for size in sizes):
        raise ConfigError(f"--search {search}: a vote takes two members or more.")
    return check_config({**options, "systems": systems, "search": sizes}, VoteConfig, "vote")


def vote_names() -> list[str]:
    """Return the votes that come with featx."""
    return sorted(path.stem for path in shipped_config("votes").glob("*.toml"))


def file_config(name: str) -> VoteConfig:
    """Read a vote.

    Args:
        name: a shipped one's, or the path of a TOML, such as an earlier run's.

    Raises:
        ConfigError: if there is no such vote, or the file can't be used.
    """
    path = shipped_config(f"votes/{name}.toml") if name in vote_names() else Path(name)
    if not path.is_file():
        raise ConfigError(
            f"--config {name}: no such vote or file: {nearest(name, vote_names())} The config.toml "
            "of an earlier vote will do too."
        )
    return read_config(path, VoteConfig)
