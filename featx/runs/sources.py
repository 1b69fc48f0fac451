"""The runs that a run joins, and the manifests that all of them were made from."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from featx.runs.read import locate, read_config


def sources(
    folder: Path, config: Mapping[str, Any], depth: int = 3
) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield a run's folder and config, then those of the runs that it joins, and so on.

    Args:
        folder: the run's.
        config: what its `config.toml` holds.
        depth: how many votes may join each other.
    """
    yield folder, config
    systems = config.get("systems")
    for name in systems if depth and isinstance(systems, list) else ():
        path = locate(folder, str(name))
        if path is not None:
            member = path.parent if path.is_file() else path
            yield from sources(member, read_config(member), depth - 1)


def manifests(folder: Path, config: Mapping[str, Any]) -> list[Path]:
    """Return the manifests of a run that are at hand; of those it joins, for a vote."""
    found = [
        locate(of, config["manifest"])
        for of, config in sources(folder, config)
        if isinstance(config.get("manifest"), str)
    ]
    return list(dict.fromkeys(path for path in found if path is not None and path.is_file()))
