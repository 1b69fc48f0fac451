"""The runs that a report is about, read from their folders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from featx.cost import Cost, read_cost
from featx.evaluate import System, evaluate
from featx.results import Results
from featx.run_reading import (
    read_config,
    read_config_text,
    read_environment,
    read_scores,
)


@dataclass(frozen=True)
class Reported:
    """A run, or a system of which only predictions are known.

    Attributes:
        system: its predictions.
        results: its scores, with what the run itself says of them.
        cost: of its training; None if unknown.
        config_text: its `config.toml`, empty if there is none.
        config: the same as a table.
        environment: its `environment.json`, empty if there is none.
    """

    system: System
    results: Results
    cost: Cost | None
    config_text: str
    config: Mapping[str, Any]
    environment: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Of its folder."""
        return self.system.name

    @property
    def folder(self) -> Path:
        """That holds it."""
        return self.system.folder

    @property
    def notes(self) -> list[str]:
        """What a reader of the scores must know."""
        of_files = () if self.config else self.system.notes  # a run's own are as they should be
        return [*self.results.notes(), *of_files]


def read_runs(paths: Sequence[Path]) -> list[Reported]:
    """Read runs, prediction files, or folders of either.

    Raises:
        FeatxError: naming what is not finished, is no run, or can't be used.
    """
    return [_read(system) for system in evaluate(paths).systems]


def _read(system: System) -> Reported:
    stored, results = read_scores(system.folder), system.results
    if stored is None:  # predictions of another tool; what else lies there is not about them
        return Reported(system, results, None, "", {}, {})
    results = replace(
        results,
        title=stored.title,
        speakers_shared=stored.speakers_shared,
        remarks=stored.remarks,
    )
    return Reported(
        system,
        results,
        read_cost(system.folder),
        read_config_text(system.folder),
        read_config(system.folder),
        read_environment(system.folder),
    )
