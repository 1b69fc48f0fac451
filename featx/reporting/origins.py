"""Where a run came from: its corpus, protocol, and the command that repeats it."""

import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

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


class Repeat(NamedTuple):
    """How a run is repeated.

    Attributes:
        command: to give in the working folder; empty if there is none.
        lacking: why there is none, a sentence; empty if that is not known.
    """

    command: str
    lacking: str = ""


def repeat(run: Reported) -> Repeat:
    """Return how a run is repeated from its config, or as it was made if it has no such config.

    The paths in a config are relative to where the run was made, so the command goes there.
    """
    verbs = {"systems": "vote", "mode": "finetune", "head": "fit"}
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


def _made_in(run: Reported) -> Path | None:
    """Return the folder that the paths in a run's config are relative to, if they lead anywhere."""
    systems, manifest = run.config.get("systems"), run.config.get("manifest")
    names = [*(systems if isinstance(systems, list) else ()), manifest]
    names = [name for name in names if isinstance(name, str)]
    name = next((one for one in names if not Path(one).is_absolute()), None)
    if name is None:
        return Path() if names and Path(names[0]).exists() else None
    found = locate(run.folder, name)
    above = run.folder.absolute().parent.parent
    return found and (above if found == above / name else Path())


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
