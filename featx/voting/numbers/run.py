"""A vote of systems that predict numbers, as a run folder: their mean."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from featx.errors import FeatxError
from featx.runs.folder import open_run
from featx.scoring.numbers.groups import Numbered
from featx.scoring.numbers.results import NumberResults, score_dimensions
from featx.scoring.numbers.scores import SeedNumbers
from featx.scoring.results_file import RunResults
from featx.voting.config import VoteConfig
from featx.voting.joining import validates_on_tests
from featx.voting.numbers.averaging import average_part, concordances, weigh
from featx.voting.numbers.files import Averaged, write_files
from featx.voting.numbers.voters import NumberElection, hold_numbers
from featx.voting.remarks import SEEN_TESTS, file_remarks, log_results, remarks_of, speakers_shared
from featx.voting.settings import check_settings
from featx.voting.sources import digest_sources, group_vote, read_stored


def run_number_vote(
    config: VoteConfig, files: Mapping[str, Sequence[Path]], folder: Path, overwrite: bool
) -> RunResults:
    """Average systems into a run folder, or return the results of the same vote held before.

    Args:
        config: who votes, and how.
        files: the files of each system, by its name.
        folder: where the run is to be.
        overwrite: replace the run that the folder holds, once the new one is finished.

    Raises:
        FeatxError: if the folder holds another run, or the systems can't be averaged so.
    """
    check_settings(config, "numbers", next(iter(files)))
    election = hold_numbers(config, files)
    if config.rule == "weighted" and election.validation is None:
        raise FeatxError(
            "`rule='weighted'` needs validation predictions of every system, and "
            f"{election.no_validation}. Take `rule='mean'`."
        )
    inputs = digest_sources(config, election.voters)
    with open_run(config.to_toml(), inputs, folder, overwrite) as run:
        if run.results is None:
            averaged = _average(config, election)
            run.results = results = _score(config, election, averaged)
            log_results(results)
            write_files(config.rule, election, averaged, results, inputs, folder.name, run.folder)
    return run.results


def _by_fold(election: NumberElection) -> bool:
    """Tell whether each tested fold has validation rows, whose CCC can weigh systems there."""
    assert election.validation is not None, "checked before"
    tested, validated = ({fold for fold, _ in p.keys} for p in (election.test, election.validation))
    return tested <= validated


def _average(config: VoteConfig, election: NumberElection) -> Averaged:
    validation, by_fold = election.validation, False
    weights = []
    if config.rule == "weighted" and validation is not None:
        by_fold = _by_fold(election)
        weights = weigh(validation, by_fold)
    return Averaged(
        average_part(election.test, weights, by_fold),
        [] if validation is None else average_part(validation, weights, by_fold),
    )


def _score(config: VoteConfig, election: NumberElection, averaged: Averaged) -> NumberResults:
    voters, part, names = election.voters, election.test, election.names
    utterances = [utterance for _, utterance in part.keys]
    speakers = [election.speakers.get(utterance, "") for utterance in utterances]
    seeds = [SeedNumbers(part.truth, found, speakers) for found in averaged.test]
    stored = read_stored(voters)
    remarks = [*remarks_of(stored, names), *file_remarks(voters, stored)]
    if config.rule == "weighted" and _seen_tests(election):
        remarks.insert(0, SEEN_TESTS)
    results = score_dimensions(
        f"{config.rule} of {len(names)}: {', '.join(names)}",
        election.dimensions,
        seeds,
        speakers_shared(stored, len(names)),
        remarks,
    )
    groups = group_vote(config, voters, utterances, speakers, Numbered.of(seeds))
    return replace(results, groups=groups, vote=_describe(config, election))


def _seen_tests(election: NumberElection) -> bool:
    """Tell whether weights have seen what is true of test utterances."""
    assert election.validation is not None, "checked before"
    return validates_on_tests(election.validation.keys, election.test.keys, _by_fold(election))


def _describe(config: VoteConfig, election: NumberElection) -> dict[str, Any]:
    """Return what only votes have, as JSON values."""
    test = concordances(election.test)
    validated = None if election.validation is None else concordances(election.validation)
    return {
        "rule": config.rule,
        "members": [
            {
                "name": voter.name,
                "files": [str(path) for path in voter.files],
                "ccc": dict(zip(election.dimensions, test[place].tolist(), strict=True)),
                "validation_ccc": None
                if validated is None
                else dict(zip(election.dimensions, validated[place].tolist(), strict=True)),
            }
            for place, voter in enumerate(election.voters)
        ],
    }
