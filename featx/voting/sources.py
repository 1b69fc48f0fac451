"""What a vote reads: its members' files, what their runs say of themselves, and their manifests."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from featx.comparison.columns import read_columns
from featx.runs.files import CONFIG, SCORES
from featx.runs.read import read_config, read_run_scores
from featx.runs.sources import manifests
from featx.scoring.groups.grouping import AUTOMATIC, group_automatically
from featx.scoring.groups.measure import Measure
from featx.scoring.groups.scores import GroupScores
from featx.scoring.results_file import RunResults
from featx.voting.config import VoteConfig
from featx.voting.voters import AnyVoter


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
