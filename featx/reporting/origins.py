"""Where a run came from: its corpus, protocol, and the command that repeats it."""

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from featx.reporting.runs import Reported, read_config_text


def protocol(run: Reported) -> str:
    """Return the name or title of a run's protocol; of the first it joins, for a vote."""
    for _, config in _sources(run.folder, run.config):
        table = config.get("protocol")
        if isinstance(table, dict):
            return str(table.get("name") or table.get("title") or "")
    return ""


def manifests(run: Reported) -> Iterator[Path]:
    """Yield the manifests of a run that are at hand; of those it joins, for a vote."""
    for folder, config in _sources(run.folder, run.config):
        if isinstance(config.get("manifest"), str):
            for path in _candidates(folder, config["manifest"]):
                if path.is_file():
                    yield path
                    break


def command(run: Reported) -> str:
    """Return the command that repeats a run, empty if nothing is known of how it was made."""
    config, path = run.config, str(run.folder / "config.toml")
    again = ["--name", f"{run.folder.name}-again"]
    for key, verb in (("systems", "vote"), ("mode", "finetune"), ("head", "fit")):
        if key in config:
            return shlex.join(["featx", verb, "--config", path, *again])
    return str(run.environment.get("command", ""))


def _sources(
    folder: Path, config: Mapping[str, Any], depth: int = 3
) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield a run's folder and config, and those of the runs that it joins, and they."""
    yield folder, config
    for system in config.get("systems", ()) if depth else ():
        for path in _candidates(folder, str(system)):
            path = path.parent if path.is_file() else path
            if (path / "config.toml").is_file():
                yield from _sources(path, read_config_text(path)[1], depth - 1)
                break


def _candidates(folder: Path, name: str) -> list[Path]:
    """Return where a path in a config may lead: from here, or from where the run was made.

    That was the folder above `runs`, unless the run was moved.
    """
    return [Path(name), folder.absolute().parent.parent / name]
