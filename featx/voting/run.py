"""A vote as a run folder, from its config to its results."""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from featx.comparison.columns import read_columns
from featx.errors import FeatxError
from featx.runs.files import CARD, CONFIG, SCORES
from featx.runs.folder import open_run
from featx.runs.making import making
from featx.runs.read import read_config, read_run_scores
from featx.runs.sources import manifests
from featx.scoring.classes.distributions import (
    DistributionScores,
    SeedShares,
    score_distributions,
)
from featx.scoring.classes.results import NAMES, Results, SeedPredictions, score_predictions
from featx.scoring.groups.grouping import AUTOMATIC, group_automatically
from featx.scoring.groups.measure import Classified
from featx.scoring.groups.scores import GroupScores
from featx.scoring.results_file import RunResults
from featx.utils.text import counted
from featx.voting.card import write_card
from featx.voting.config import VoteConfig
from featx.voting.election import Election, hold
from featx.voting.files import describe, write_files
from featx.voting.label_run import run_label_vote
from featx.voting.label_voters import label_systems
from featx.voting.members import BEST_ON_TEST, CHOSEN_ON_TEST, describe_left_out
from featx.voting.number_run import run_number_vote
from featx.voting.number_voters import number_systems
from featx.voting.remarks import SEEN_TESTS, remarks_of, speakers_shared
from featx.voting.tally import Tally, VoteResults, check, count

TIE_WORDS = {
    "probability": "the highest summed probability",
    "first": "the first-named system among those that voted for one of them",
}
log = logging.getLogger("featx")


def run_vote(config: VoteConfig, folder: Path, overwrite: bool = False) -> RunResults:
    """Vote into a run folder, or return the results of the same vote held before.

    Args:
        config: who votes, and how.
        folder: where the run is to be.
        overwrite: replace the run that the folder holds, once the new one is finished.

    Raises:
        FeatxError: if the folder holds a run of another config, or no run at all, or another
            process votes into it, or the systems can't vote together.
    """
    if folder.resolve() in {path.resolve() for path in config.folders}:
        raise FeatxError(f"{folder} is one of the systems. Choose another `name` or `out`.")
    numbers = number_systems(config.systems)
    labelled = {} if numbers else label_systems(config.systems)
    with making(folder, "voting", overwrite):
        if numbers:
            return run_number_vote(config, numbers, folder, overwrite)
        if labelled:
            return run_label_vote(config, labelled, folder, overwrite)
        return _run_vote(config, folder, overwrite)


def _run_vote(config: VoteConfig, folder: Path, overwrite: bool) -> Results:
    if config.rule == "mean":
        raise FeatxError(
            "`rule='mean'` averages numbers, and these systems predict classes. `rule='soft'` "
            "averages their probabilities."
        )
    election = hold(config)
    tie = check(config, election)  # refuses before anything is written, as does this:
    stored = {voter.name: read_run_scores(voter.run) for voter in election.voters if voter.run}
    inputs = _digest(config, election)

    with open_run(config.to_toml(), inputs, folder, overwrite) as run:
        if run.results is None:
            tally = count(config, election, tie)
            run.results = results = _score(config, tally, stored)
            log.debug("%s", results.title)
            for remark in results.remarks:
                log.debug("%s", remark)
            write_files(config, tally, results, inputs, run.folder)
            write_card(config, tally, results, folder.name, run.folder / CARD)
    assert isinstance(run.results, Results), "votes are for classes"
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
    config: VoteConfig, tally: Tally, of_voters: Mapping[str, RunResults | None]
) -> VoteResults:
    election = tally.election
    speakers = [election.speakers[utterance] for _, utterance in election.test.keys]
    labels = election.test.labels
    seeds = [SeedPredictions(labels, outcome.winners[0], speakers) for outcome in tally.test]
    stored = {name: found for name in tally.names if (found := of_voters.get(name))}
    shared = speakers_shared(stored, len(tally.members))
    warning = f"{CHOSEN_ON_TEST}: " if config.search and config.select_on == "test" else ""
    title = f"{warning}{config.rule} vote of {_size(tally)}: {', '.join(tally.names)}"
    remarks = [*_own_remarks(config, tally), *remarks_of(stored)]
    results = score_predictions(title, election.classes, seeds, shared, remarks)
    results = replace(results, groups=_groups(config, tally, speakers), votes=_votes(tally, seeds))
    return VoteResults.add(results, describe(config, tally))


def _votes(tally: Tally, seeds: Sequence[SeedPredictions]) -> DistributionScores | None:
    """Score the vote's shares of classes against annotators' votes; None if there are none."""
    election = tally.election
    if not election.votes:
        return None
    truth = election.shares([utterance for _, utterance in election.test.keys])
    return score_distributions(
        [
            SeedShares(truth, outcome.shares[:, 0].T, seed.labels, seed.speakers)
            for outcome, seed in zip(tally.test, seeds, strict=True)
        ]
    )


def _groups(config: VoteConfig, tally: Tally, speakers: Sequence[str]) -> list[GroupScores]:
    """Score the vote by columns of its members' manifests; none if no manifest is at hand."""
    election = tally.election
    runs = [voter.run for voter in election.voters if voter.run]
    paths = [path for run in runs for path in manifests(run, read_config(run))]
    paths += [config.manifest] if config.manifest else []
    columns = read_columns(list(dict.fromkeys(paths)))
    utterances = [utterance for _, utterance in election.test.keys]
    predictions = np.stack([outcome.winners[0] for outcome in tally.test])
    measure = Classified(election.classes, election.test.labels, predictions)
    values = {column: columns.values(column, utterances) for column in AUTOMATIC}
    return group_automatically(values, speakers, measure)


def _own_remarks(config: VoteConfig, tally: Tally) -> list[str]:
    votes = sum(outcome.tied.size for outcome in tally.test)
    how = TIE_WORDS[tally.tie]
    if config.rule == "soft":
        how = "the first-named system that finds one of them more probable"
    decided = f", decided by {how}" if tally.ties else ""
    remarks = [f"Ties: {tally.ties:,} of {counted(votes, 'test vote')}{decided}."]
    if config.search:
        remarks = [*_search_remarks(config, tally), *remarks]
    on_validation = config.rule == "weighted" or (config.search and config.select_on != "test")
    if on_validation and tally.election.validates_on_tests:
        remarks.append(SEEN_TESTS)
    remarks += tally.election.pairing
    for voter in (tally.election.voters[member] for member in tally.members):
        remarks += [f"{voter.name}: {note}" for note in voter.system.notes]
    return remarks


def _size(tally: Tally) -> str:
    """Say how many vote."""
    if len(set(tally.by_fold.values())) == 1:
        return str(len(tally.members))
    sizes = sorted({len(members) for members in tally.by_fold.values()})
    return f"{' or '.join(map(str, sizes))} chosen in each fold"


def _search_remarks(config: VoteConfig, tally: Tally) -> list[str]:
    """Say how the members were chosen, and which systems could not be."""
    name = NAMES[config.best_by]
    chosen = [pick for pick in tally.picks if pick.how != BEST_ON_TEST]
    tried = [
        sum(pick.combinations for pick in chosen if pick.fold == fold) for fold in tally.by_fold
    ]
    most = "" if min(tried) == max(tried) else "up to "
    of = f"of {most}{counted(max(tried), 'combination')}"
    if config.select_on == "test":
        how = (
            f"{CHOSEN_ON_TEST}: the members are those {of} with the highest {name} on the very "
            "utterances that they are scored on, as in some papers. The scores are too high for "
            "new utterances."
        )
    elif None in tally.by_fold:
        how = f"The members are those {of} with the highest {name} on validation data."
    else:
        how = (
            f"The members were chosen in each of {len(tally.by_fold)} folds: those {of} with the "
            f"highest {name} on the fold's own validation data."
        )
    return [how, *describe_left_out(config, tally.election)]
