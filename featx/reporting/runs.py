"""The runs that a report is about, read from their folders."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from featx.compare import read_stored
from featx.cost import Cost, read_cost
from featx.errors import FeatxError
from featx.evaluate import System, evaluate
from featx.results import Results
from featx.systems import RUN_FILE


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
    for path in paths:
        _check_finished(path)
    return [_read(system) for system in evaluate(paths).systems]


def read_config_text(folder: Path) -> tuple[str, dict[str, Any]]:
    """Return a folder's `config.toml` as text and as a table, both empty if there is none.

    Raises:
        FeatxError: if it is not TOML.
    """
    path = folder / "config.toml"
    if not path.is_file():
        return "", {}
    try:
        text = path.read_text("utf-8")
        return text, tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FeatxError(f"{path}: not valid TOML: {error}. Train the run again.") from None


def _check_finished(path: Path) -> None:
    """Refuse a run that is not finished, itself or in a folder of runs."""
    if not path.is_dir():
        return
    visible = [one for one in sorted(path.iterdir()) if one.is_dir() and one.name[0] != "."]
    for folder in (path, *visible):
        if (folder / "config.toml").is_file() and not (folder / "metrics.json").is_file():
            raise FeatxError(
                f"{folder}: a run that is not finished. Give its command again to end it, "
                "or report the others."
            )
    if not any((folder / RUN_FILE).is_file() or any(folder.glob("*.csv")) for folder in visible):
        _check_predictions(path)


def _check_predictions(folder: Path) -> None:
    run = (folder / "config.toml").is_file()
    if run and not (folder / RUN_FILE).is_file():
        raise FeatxError(f"{folder}: a run without {RUN_FILE}; there is nothing to report.")
    if not run and not any(folder.glob("*.csv")):
        raise FeatxError(
            f"{folder}: no run and no prediction file in it. Give run folders, such as runs/NAME."
        )


def _read(system: System) -> Reported:
    stored, results = read_stored(system.folder), system.results
    if stored is None:  # predictions of another tool; what else lies there is not about them
        return Reported(system, results, None, "", {}, {})
    results = replace(
        results,
        title=stored.title,
        speakers_shared=stored.speakers_shared,
        remarks=stored.remarks,
    )
    text, config = read_config_text(system.folder)
    environment = _read_environment(system.folder)
    return Reported(system, results, read_cost(system.folder), text, config, environment)


def _read_environment(folder: Path) -> dict[str, Any]:
    path = folder / "environment.json"
    if not path.is_file():
        return {}
    try:
        value = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise FeatxError(f"{path}: damaged, not JSON ({error}). Train the run again.") from None
    return value if isinstance(value, dict) else {}
