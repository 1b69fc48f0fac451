"""Where a run came from: its corpus, protocol, and the command that repeats it."""

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from featx.reporting.runs import Reported
from featx.run_reading import CONFIG, locate, read_config


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
            path = locate(folder, config["manifest"])
            if path is not None and path.is_file():
                yield path


def command(run: Reported) -> str:
    """Return the command that repeats a run, empty if nothing is known of how it was made."""
    config, path = run.config, str(run.folder / CONFIG)
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
    systems = config.get("systems")
    for name in systems if depth and isinstance(systems, list) else ():
        path = locate(folder, str(name))
        if path is not None:
            member = path.parent if path.is_file() else path
            yield from _sources(member, read_config(member), depth - 1)
