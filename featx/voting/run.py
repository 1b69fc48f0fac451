"""A vote as a run folder, from its config to its results."""

import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path

from featx.errors import FeatxError
from featx.runs.files import CONFIG, SCORES
from featx.runs.folder import open_run
from featx.runs.read import read_scores
from featx.scoring.results import Results, SeedPredictions, score_predictions
from featx.utils.text import counted
from featx.voting.config import VoteConfig
from featx.voting.election import Election, hold
from featx.voting.files import describe, write_files
from featx.voting.tally import Tally, VoteResults, check, count

TIE_WORDS = {
    "probability": "the highest summed probability",
    "first": "the first-named system among those that voted for one of them",
}
log = logging.getLogger("featx")


def run_vote(config: VoteConfig, folder: Path, overwrite: bool = False) -> Results:
    """Vote into a run folder, or return the results of the same vote held before.

    Args:
        config: who votes, and how.
        folder: where the run is to be.
        overwrite: replace the run that the folder holds, once the new one is finished.

    Raises:
        FeatxError: if the folder holds a run of another config, or no run at all, or the systems
            can't vote together.
    """
    if folder.resolve() in {path.resolve() for path in config.folders}:
        raise FeatxError(f"{folder} is one of the systems. Choose another `name` or `out`.")
    election = hold(config)
    tie = check(config, election)  # refuses before anything is written, as does this:
    stored = {voter.name: read_scores(voter.run) for voter in election.voters if voter.run}
    inputs = _digest(config, election)

    with open_run(config.to_toml(), inputs, folder, overwrite) as run:
        if run.results is None:
            tally = count(config, election, tie)
            run.results = _score(config, tally, stored)
            log.debug("%s", run.results.title)
            for remark in run.results.remarks:
                log.debug("%s", remark)
            write_files(tally, run.results, inputs, run.folder)
    return run.results


def _digest(config: VoteConfig, election: Election) -> str:
    """Digest the config and the content of every file that is read."""
    digest = hashlib.sha256(config.to_toml().encode())
    runs = [voter.run for voter in election.voters if voter.run]
    files = [path for voter in election.voters for path in voter.files]
    files += [config.manifest] if config.manifest else []
    files += [run / name for run in runs for name in (CONFIG, SCORES)]
    for path in dict.fromkeys(files):
        if path.is_file():
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _score(
    config: VoteConfig, tally: Tally, of_voters: Mapping[str, Results | None]
) -> VoteResults:
    election = tally.election
    speakers = [election.speakers[utterance] for _, utterance in election.test.keys]
    labels = election.test.labels
    seeds = [SeedPredictions(labels, outcome.winners[0], speakers) for outcome in tally.test]
    stored = {name: found for name in tally.names if (found := of_voters.get(name))}
    shares = [results.speakers_shared for results in stored.values()]
    unknown = len(shares) < len(tally.members) or None in shares
    shared = True if True in shares else (None if unknown else False)
    title = f"{config.rule} vote of {len(tally.members)}: {', '.join(tally.names)}"
    remarks = [*_own_remarks(config, tally), *_remarks(stored)]
    results = score_predictions(title, election.classes, seeds, shared, remarks)
    return VoteResults.add(results, describe(config, tally))


def _own_remarks(config: VoteConfig, tally: Tally) -> list[str]:
    votes = sum(outcome.tied.size for outcome in tally.test)
    how = TIE_WORDS[tally.tie]
    if config.rule == "soft":
        how = "the first-named system that finds one of them more probable"
    decided = f", decided by {how}" if tally.ties else ""
    remarks = [f"Ties: {tally.ties:,} of {counted(votes, 'test vote')}{decided}."]
    if config.published_wa is not None:
        remarks.append(f"{config.title or 'The paper'}: {config.published_wa:g} % WA.")
    if tally.found:
        tried = sum(of_size.chosen.tried for of_size in tally.found)
        remarks.append(
            f"The members are those of {counted(tried, 'combination')} with the highest UAR on "
            "validation data."
        )
    pooled = config.rule == "weighted" and not tally.election.validates_every_fold
    if (tally.found or pooled) and _validates_on_tests(tally.election):
        remarks.append(
            "Validation utterances of one fold are tested in another, so what was chosen or "
            "weighted by all of them has seen labels of the test utterances."
        )
    remarks += tally.election.pairing
    for voter in (tally.election.voters[member] for member in tally.members):
        remarks += [f"{voter.name}: {note}" for note in voter.system.notes]
    return remarks


def _validates_on_tests(election: Election) -> bool:
    keys = [] if election.validation is None else election.validation.keys
    return bool({name for _, name in keys} & {name for _, name in election.test.keys})


def _remarks(stored: dict[str, Results]) -> list[str]:
    """Return what members' results say of themselves, each remark once, with their names after it.

    A remark keeps its beginning, by which readers know a warning.
    """
    names: dict[str, list[str]] = {}
    for name, results in stored.items():
        for remark in results.remarks:
            names.setdefault(remark, []).append(name)
    return [
        f"{remark.removesuffix('.')} ({', '.join(members)})." for remark, members in names.items()
    ]
