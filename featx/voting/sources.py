"""What a vote reads: its members' files, what their runs say of themselves, and their manifests."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from featx.comparison.manifest_columns import read_columns
from featx.comparison.systems.files import find_files, shortest_names
from featx.errors import FeatxError
from featx.runs.files import CONFIG, PREDICTIONS, SCORES
from featx.runs.read import read_config, read_run_scores
from featx.runs.sources import manifests
from featx.scoring.groups.grouping import AUTOMATIC, group_automatically
from featx.scoring.groups.measure import Measure
from featx.scoring.groups.scores import GroupScores
from featx.scoring.results_file import RunResults
from featx.voting.config import VoteConfig
from featx.voting.voters import AnyVoter


def find_systems(paths: Sequence[Path]) -> dict[str, list[Path]]:
    """Return the files of each system by its name; a file that is given is a system of its own.

    Raises:
        FeatxError: if a path is not there, is a run that is not finished or several systems, or
            a file is given twice.
    """
    found: dict[Path, list[Path]] = {}
    owners: dict[Path, Path] = {}
    for path in paths:
        systems = find_files([path])
        if len(systems) > 1:
            raise FeatxError(
                f"{path} holds {len(systems)} systems: {', '.join(systems)}. Name each that is to "
                f"vote, such as {next(iter(systems.values()))[0].parent}."
            )
        (files,) = systems.values()
        for file in files:
            if (owner := owners.setdefault(file.resolve(), path)) is not path:
                where = "" if owner == path else f", in {owner} and in {path}"
                raise FeatxError(f"{file} is given twice{where}; it votes once.")
        place = files[0].parent if files[0].name == PREDICTIONS or path.is_dir() else files[0]
        found[Path(os.path.normpath(place.absolute()))] = files
    names = shortest_names(list(found))
    bare = Counter(name.removesuffix(".csv") for name in names.values())
    for place, name in names.items():
        if bare[name.removesuffix(".csv")] == 1:
            names[place] = name.removesuffix(".csv")
    return {names[place]: files for place, files in found.items()}


def digest_sources(config: VoteConfig, voters: Iterable[AnyVoter]) -> str:
    """Digest the config and the content of every file that is read."""
    digest = hashlib.sha256(config.to_toml().encode())
    for path in dict.fromkeys([*_files(voters), *filter(None, [config.manifest])]):
        if path.is_file():
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def read_stored(voters: Iterable[AnyVoter]) -> dict[str, RunResults]:
    """Return what members that are runs say of themselves, by their names."""
    found = {voter.name: read_run_scores(voter.run) for voter in voters if voter.run}
    return {name: results for name, results in found.items() if results}


def group_vote(
    config: VoteConfig,
    voters: Iterable[AnyVoter],
    utterances: Sequence[str],
    speakers: Sequence[str],
    measure: Measure,
) -> list[GroupScores]:
    """Score a vote by columns of its members' manifests; none if no manifest is at hand.

    Args:
        config: names another manifest, perhaps.
        voters: the members.
        utterances: those tested.
        speakers: who speaks each.
        measure: what they are scored by.
    """
    runs = [voter.run for voter in voters if voter.run]
    paths = [path for run in runs for path in manifests(run, read_config(run))]
    columns = read_columns(list(dict.fromkeys([*paths, *filter(None, [config.manifest])])))
    values = {column: columns.values(column, utterances) for column in AUTOMATIC}
    return group_automatically(values, speakers, measure)


def _files(voters: Iterable[AnyVoter]) -> list[Path]:
    files = []
    for voter in voters:
        files += [*voter.files, *([voter.run / CONFIG, voter.run / SCORES] if voter.run else [])]
    return files
