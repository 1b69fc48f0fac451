"""Everything that determines a vote, as one config."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field, PositiveFloat, field_validator

from featx.errors import FeatxError
from featx.runs.files import PREDICTIONS
from featx.runs.read import find_config
from featx.utils.arguments import as_list
from featx.utils.config import Schema, check_config, read_config, shipped_config
from featx.utils.files import AnyPath
from featx.utils.text import nearest
from featx.voting.choices import Rule, TieRule

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
        manifest: a CSV that names the speakers where the predictions don't.
        title: the title of a published vote.
        published_wa: its accuracy in percent.
    """

    systems: Annotated[tuple[Path, ...], Field(min_length=1)]
    rule: Rule = "hard"
    tie: TieRule = "auto"
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
        return [path.parent if path.name == PREDICTIONS else path for path in self.systems]

    @property
    def name(self) -> str:
        """How the run is called: vote, rule, members, or how many if their names are long."""
        members = "+".join(path.absolute().name.removesuffix(".csv") for path in self.folders)
        parts = ["vote", self.rule, members if len(members) <= _LONGEST else f"{len(self.systems)}"]
        parts += ["search", *map(str, self.search)] if self.search else []
        return "-".join([*parts, *(["seeds"] if self.over_seeds else [])])


def vote_config(
    systems: Sequence[str | Path],
    rule: Rule = "hard",
    tie: TieRule = "auto",
    search: str | int | Sequence[int] = "",
    over_seeds: bool = False,
    manifest: str | Path | None = None,
) -> VoteConfig:
    """Build a config from the arguments of `featx.vote`.

    Args:
        systems: who votes.
        rule: how votes count.
        tie: which of the classes with equally many votes wins.
        search: numbers of members, such as "3,5".
        over_seeds: whether every seed of a system is a system of its own.
        manifest: a CSV that names the speakers.

    Raises:
        FeatxError: if there is no system, or a number of members can't be used.
    """
    if not systems:
        raise FeatxError("`systems`: name those that vote, run folders or prediction files.")
    table = {
        "systems": systems,
        "rule": rule,
        "tie": tie,
        "search": _sizes(search),
        "over_seeds": over_seeds,
        "manifest": manifest,
    }
    return check_config(table, VoteConfig, "vote")


def _sizes(search: str | int | Sequence[int]) -> list[int]:
    """Return the numbers of members that a search is to try."""
    shown = search if isinstance(search, str) else ",".join(map(str, as_list(search)))
    try:
        sizes = [int(size) for size in shown.split(",") if shown]
    except ValueError:
        raise FeatxError(f"`search={shown!r}`: give numbers of members, such as 3,5.") from None
    if any(size < 2 for size in sizes):
        raise FeatxError(f"`search={shown!r}`: a vote takes two members or more.")
    return sizes


def vote_names() -> list[str]:
    """Return the votes that come with featx."""
    return sorted(path.stem for path in shipped_config("votes").glob("*.toml"))


def file_config(name: AnyPath) -> VoteConfig:
    """Read a vote.

    Args:
        name: a shipped one's, or the path of a TOML, or an earlier run or its folder.

    Raises:
        FeatxError: if there is no such vote, or the file can't be used.
    """
    shipped = str(name) in vote_names()
    path = shipped_config(f"votes/{name}.toml") if shipped else find_config(name)
    if not path.is_file():
        raise FeatxError(
            f"`config={str(name)!r}`: no such vote or file; {nearest(str(name), vote_names())} The "
            "config.toml of an earlier vote will do too."
        )
    return read_config(path, VoteConfig)
