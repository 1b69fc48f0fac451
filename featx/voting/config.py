"""Everything that determines a vote, as one config."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from featx.errors import FeatxError
from featx.runs.files import PREDICTIONS
from featx.runs.read import find_config
from featx.utils.arguments import as_list
from featx.utils.config import Schema, check_config, read_config
from featx.utils.files import AnyPath
from featx.voting.choices import BestBy, Rule, SelectOn, TieRule

_LONGEST = 80  # letters of members' names in the name of a run


class VoteConfig(Schema):
    """A vote in full, as the `config.toml` of its run has it.

    Attributes:
        systems: run folders, prediction files or folders of seeds; relative to the working folder.
        rule: "hard" counts predictions, "soft" averages probabilities, "weighted" counts
            predictions, each by its system's validation UAR; of numbers "mean" averages them,
            "weighted" each by its system's validation CCC; several labels take "soft" or "hard".
        tie: which of the classes with equally many votes wins: that of the highest summed
            "probability", or that for which the "first"-named system voted; "auto" takes the
            former where all systems have probabilities.
        search: how many members; every combination of so many systems is tried and the best
            votes. All systems vote if empty.
        select_on: the predictions that a search tries combinations on.
        best_by: the score by which it chooses, UAR or accuracy.
        at_least: percent of that score that a system must have alone to be chosen.
        over_seeds: whether every seed of a system is a system of its own.
        manifest: a CSV that names the speakers where the predictions don't.
    """

    systems: Annotated[tuple[Path, ...], Field(min_length=1)]
    rule: Rule = "hard"
    tie: TieRule = "auto"
    search: tuple[Annotated[int, Field(ge=2)], ...] = ()
    select_on: SelectOn = "validation"
    best_by: BestBy = "uar"
    at_least: Annotated[float, Field(ge=1, le=100)] | None = None
    over_seeds: bool = False
    manifest: Path | None = None

    @field_validator("search")
    @classmethod
    def _sizes(cls, sizes: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(sizes)) < len(sizes):
            raise ValueError(f"{', '.join(map(str, sizes))} names a number of members twice")
        return sizes

    @model_validator(mode="after")
    def _only_with_search(self) -> Self:
        if problem := _without_search(self.search, self.select_on, self.best_by, self.at_least):
            raise ValueError(problem)
        return self

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
        parts += ["least", f"{self.at_least:g}"] if self.at_least else []
        parts += ["by", self.best_by] if self.best_by != "uar" else []
        parts += ["on", self.select_on] if self.select_on != "validation" else []
        return "-".join([*parts, *(["seeds"] if self.over_seeds else [])])


def vote_config(
    systems: Sequence[str | Path],
    rule: Rule | None = None,
    tie: TieRule = "auto",
    search: str | int | Sequence[int] = "",
    select_on: SelectOn = "validation",
    best_by: BestBy = "uar",
    at_least: float | None = None,
    over_seeds: bool = False,
    manifest: str | Path | None = None,
) -> VoteConfig:
    """Build a config from the arguments of `featx.vote`.

    Args:
        systems: who votes.
        rule: how votes count; None to leave that open.
        tie: which of the classes with equally many votes wins.
        search: numbers of members, such as "3,5".
        select_on: the predictions that choose the members.
        best_by: by which score.
        at_least: percent of it that a system must have alone to be chosen.
        over_seeds: whether every seed of a system is a system of its own.
        manifest: a CSV that names the speakers.

    Raises:
        FeatxError: if there is no system, or what is said of the search can't be used.
    """
    if not systems:
        raise FeatxError("`systems`: name those that vote, run folders or prediction files.")
    sizes = _sizes(search)
    if problem := _without_search(sizes, select_on, best_by, at_least):
        raise FeatxError(problem)
    if at_least is not None and not 1 <= at_least <= 100:
        raise FeatxError(f"`at_least={at_least:g}`: give percent, from 1 to 100, such as 90.")
    table = {
        "systems": systems,
        **({} if rule is None else {"rule": rule}),
        "tie": tie,
        "search": sizes,
        "select_on": select_on,
        "best_by": best_by,
        "at_least": at_least,
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


def _without_search(
    sizes: Sequence[int], select_on: SelectOn, best_by: BestBy, at_least: float | None
) -> str:
    """Say which setting of a search is given although there is none; nothing if all is well."""
    given = {
        f"select_on={select_on!r}": select_on != "validation",
        f"best_by={best_by!r}": best_by != "uar",
        f"at_least={at_least or 0:g}": at_least is not None,
    }
    setting = next((setting for setting, is_given in given.items() if is_given), None)
    if sizes or setting is None:
        return ""
    return (
        f"`{setting}` is about the systems that a search chooses from, and all vote without "
        "`search`. Give it how many are to vote, such as `search='3,5'`."
    )


def file_config(config: AnyPath) -> VoteConfig:
    """Read an earlier vote's config.

    Args:
        config: the path of the `config.toml`, or the run or its folder.

    Raises:
        FeatxError: if there is none, or the file can't be used.
    """
    path = find_config(config)
    if not path.is_file():
        raise FeatxError(
            f"`config={str(config)!r}`: no such vote. Give an earlier vote's folder, such as "
            "runs/NAME, or its config.toml."
        )
    return read_config(path, VoteConfig)
