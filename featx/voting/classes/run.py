"""A vote on a class of each utterance, as a run folder."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from featx.runs.folder import open_run
from featx.scoring.classes.distributions import DistributionScores, SeedShares, score_distributions
from featx.scoring.classes.groups import Classified
from featx.scoring.classes.results import NAMES, Results, SeedPredictions, score_predictions
from featx.scoring.results_file import RunResults
from featx.utils.text import counted
from featx.voting.classes.election import hold
from featx.voting.classes.files import describe, write_files
from featx.voting.classes.members import BEST_ON_TEST, CHOSEN_ON_TEST, describe_left_out
from featx.voting.classes.tally import Tally, check, count
from featx.voting.config import VoteConfig
from featx.voting.remarks import SEEN_TESTS, log_results, remarks_of, speakers_shared
from featx.voting.settings import check_settings
from featx.voting.sources import digest_sources, group_vote, read_stored

TIE_WORDS = {
    "probability": "the highest summed probability",
    "first": "the first-named system among those that voted for one of them",
}


def run_class_vote(config: VoteConfig, folder: Path, overwrite: bool) -> RunResults:
    """Vote into a run folder, or return the results of the same vote held before.

    Args:
        config: who votes, and how.
        folder: where the run is to be.
        overwrite: replace the run that the folder holds, once the new one is finished.

    Raises:
        FeatxError: if the folder holds another run, or the systems can't vote so.
    """
    check_settings(config, "classes", config.folders[0].name)
    election = hold(config)
    tie = check(config, election)  # refuses before anything is written, as does this:
    stored = read_stored(election.voters)
    inputs = digest_sources(config, election.voters)

    with open_run(config.to_toml(), inputs, folder, overwrite) as run:
        if run.results is None:
            tally = count(config, election, tie)
            run.results = results = _score(config, tally, stored)
            log_results(results)
            write_files(config, tally, results, inputs, folder.name, run.folder)
    return run.results


def _score(config: VoteConfig, tally: Tally, of_voters: Mapping[str, RunResults]) -> Results:
    election = tally.election
    speakers = [election.speakers[utterance] for _, utterance in election.test.keys]
    labels = election.test.labels
    seeds = [SeedPredictions(labels, outcome.winners[0], speakers) for outcome in tally.test]
    stored = {name: of_voters[name] for name in tally.names if name in of_voters}
    shared = speakers_shared(stored, len(tally.members))
    warning = f"{CHOSEN_ON_TEST}: " if config.search and config.select_on == "test" else ""
    title = f"{warning}{config.rule} vote of {_size(tally)}: {', '.join(tally.names)}"
    remarks = [*_own_remarks(config, tally), *remarks_of(stored, tally.names)]
    results = score_predictions(title, election.classes, seeds, shared, remarks)
    groups = group_vote(
        config,
        election.voters,
        [utterance for _, utterance in election.test.keys],
        speakers,
        Classified.of(election.classes, seeds),
    )
    vote = describe(config, tally)
    return replace(results, groups=groups, votes=_votes(tally, seeds), vote=vote)


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
