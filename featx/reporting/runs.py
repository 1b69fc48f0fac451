"""The runs that a report is about, read from their folders."""

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from featx.comparison.evaluate import evaluate
from featx.comparison.systems.classes import System
from featx.comparison.systems.labels import LabelSystem
from featx.comparison.systems.numbers import NumberSystem
from featx.comparison.systems.scored import AnySystem
from featx.runs.changes import describe_changes
from featx.runs.cost import Cost, read_cost
from featx.runs.files import CONFIG
from featx.runs.read import locate, read_config, read_config_text, read_environment, read_run_scores
from featx.runs.sources import sources
from featx.scoring.classes.results import Results
from featx.scoring.groups.scores import GroupScores
from featx.scoring.labels.results import LabelResults
from featx.scoring.numbers.results import NumberResults
from featx.scoring.results_file import RunResults

S = TypeVar("S", bound=AnySystem)
R = TypeVar("R", bound=RunResults)


@dataclass(frozen=True)
class ReportedRun(Generic[S, R]):
    """A run, or a system of which only predictions are known.

    Attributes:
        system: its predictions.
        results: its scores, with what the run itself says of them.
        cost: what its training cost; None if unknown.
        config_text: the text of its `config.toml`, empty if there is none.
        config: the content of the run's config.toml.
        environment: its `environment.json`, empty if there is none.
    """

    system: S
    results: R
    cost: Cost | None
    config_text: str
    config: Mapping[str, Any]
    environment: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.system.name

    @property
    def folder(self) -> Path:
        """The folder of the run."""
        return self.system.folder

    @property
    def notes(self) -> list[str]:
        """What a reader of the scores must know."""
        of_files = () if self.config else self.system.notes  # a run's own are as they should be
        changes = describe_changes(self.config, self.environment)
        return [*self.results.notes(), *changes, *of_files]


Reported = ReportedRun[System, Results]
NumberReported = ReportedRun[NumberSystem, NumberResults]
LabelReported = ReportedRun[LabelSystem, LabelResults]
AnyReported = ReportedRun[Any, Any]


def read_runs(paths: Sequence[Path], by: str | Sequence[str] = ()) -> list[AnyReported]:
    """Read runs, prediction files, or folders of either, which all predict the same kind of thing.

    Args:
        paths: their files and folders.
        by: columns of their manifests by which they are scored, as well as by those that their
            files hold scores by.

    Raises:
        FeatxError: naming what is not finished, is no run, or can't be used, or lacks a column.
    """
    return list(map(_read, evaluate(paths, by=by).systems))


def _groups(asked: Sequence[GroupScores], stored: Sequence[GroupScores]) -> list[GroupScores]:
    """Return the scores by columns that are asked for, behind the others that a run has."""
    columns = [scores.column for scores in asked]
    return [*(scores for scores in stored if scores.column not in columns), *asked]


def _read(system: AnySystem) -> AnyReported:
    stored, folder = read_run_scores(system.folder), system.folder
    if type(stored) is not type(system.results):
        # predictions of another tool; what else lies there is not about them
        return ReportedRun(system, system.results, None, "", {}, {})
    assert stored is not None, "results are something"
    scored: Any = system.results
    results = replace(
        scored,
        title=stored.title,
        speakers_shared=stored.speakers_shared,
        remarks=stored.remarks,
        groups=_groups(scored.groups, stored.groups),
    )
    texts = read_config_text(folder), read_config(folder), read_environment(folder)
    return ReportedRun(system, results, read_cost(folder), *texts)


def protocol(run: AnyReported) -> str:
    """Return the name or title of a run's protocol; of the first it joins, for a vote."""
    for _, config in sources(run.folder, run.config):
        table = config.get("protocol")
        if isinstance(table, dict):
            return str(table.get("name") or table.get("title") or "")
    return ""


class Repeat(NamedTuple):
    """How a run is repeated.

    Attributes:
        command: the command to give in the working folder; empty if there is none.
        lacking: a sentence that says why there is none; empty if that is not known.
    """

    command: str
    lacking: str = ""


def repeat(run: AnyReported) -> Repeat:
    """Return how a run is repeated from its config, or as it was made if it has no such config.

    The paths in a config are relative to where the run was made, so the command goes there.
    """
    verbs = {"systems": "vote", "mode": "finetune", "search": "tune", "head": "fit"}
    verb = next((verb for key, verb in verbs.items() if key in run.config), None)
    if verb is None:
        return Repeat(str(run.environment.get("command", "")))
    base = _made_in(run)
    if base is None:
        what = "The runs that it joins are" if verb == "vote" else "Its corpus is"
        return Repeat("", f"{what} not at hand, neither where the run lies nor here.")
    config = os.path.relpath(run.folder / CONFIG, base)
    command = shlex.join(["featx", verb, "--config", config, "--name", f"{run.folder.name}-again"])
    there = os.path.relpath(base)
    return Repeat(command if there == "." else f"cd {shlex.quote(there)} && {command}")


def _made_in(run: AnyReported) -> Path | None:
    """Return the folder that the paths in a run's config are relative to, if they lead anywhere."""
    systems, manifest = run.config.get("systems"), run.config.get("manifest")
    names = [*(systems if isinstance(systems, list) else ()), manifest]
    names = [name for name in names if isinstance(name, str)]
    name = next((path for path in names if not Path(path).is_absolute()), None)
    if name is None:
        return Path() if names and Path(names[0]).exists() else None
    found = locate(run.folder, name)
    above = run.folder.absolute().parent.parent
    return found and (above if found == above / name else Path())
