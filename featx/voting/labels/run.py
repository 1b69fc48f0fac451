"""A vote of systems that predict several labels at once, as a run folder."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from featx.runs.folder import open_run
from featx.scoring.labels.groups import Labelled
from featx.scoring.labels.results import LabelResults, score_label_predictions
from featx.scoring.labels.scores import SeedLabels, count_labels, label_f1
from featx.scoring.results_file import RunResults
from featx.voting.config import VoteConfig
from featx.voting.labels.files import write_files
from featx.voting.labels.voters import LabelElection, LabelPart, hold_labels
from featx.voting.remarks import file_remarks, log_results, remarks_of, speakers_shared
from featx.voting.settings import check_settings
from featx.voting.sources import digest_sources, group_vote, read_stored


def run_label_vote(
    config: VoteConfig, files: Mapping[str, Sequence[Path]], folder: Path, overwrite: bool
) -> RunResults:
    """Vote into a run folder, or return the results of the same vote held before.

    Args:
        config: who votes, and how.
        files: the files of each system, by its name.
        folder: where the run is to be.
        overwrite: replace the run that the folder holds, once the new one is finished.

    Raises:
        FeatxError: if the folder holds another run, or the systems can't vote so.
    """
    check_settings(config, "labels", next(iter(files)))
    election = hold_labels(config, files)
    inputs = digest_sources(config, election.voters)
    with open_run(config.to_toml(), inputs, folder, overwrite) as run:
        if run.results is None:
            run.results = results = _score(config, election)
            log_results(results)
            write_files(config.rule, election, results, inputs, folder.name, run.folder)
    return run.results


def _score(config: VoteConfig, election: LabelElection) -> LabelResults:
    voters, part, names = election.voters, election.test, election.names
    utterances = [utterance for _, utterance in part.keys]
    speakers = [election.speakers.get(utterance, "") for utterance in utterances]
    seeds = [
        SeedLabels.at(part.fits, part.shares(seed, config.rule), speakers)
        for seed in range(len(election.seeds))
    ]
    stored = read_stored(voters)
    results = score_label_predictions(
        f"{config.rule} vote of {len(names)}: {', '.join(names)}",
        election.labels,
        seeds,
        speakers_shared(stored, len(names)),
        [*remarks_of(stored, names), *file_remarks(voters, stored)],
    )
    groups = group_vote(config, voters, utterances, speakers, Labelled(seeds))
    return replace(results, groups=groups, vote=_describe(config, election))


def _describe(config: VoteConfig, election: LabelElection) -> dict[str, Any]:
    """Return what only votes have, as JSON values, scores in percent."""
    alone = None if election.validation is None else _macro_f1(election.validation)
    members = [
        {
            "name": voter.name,
            "files": [str(path) for path in voter.files],
            **{name: score.mean for name, score in voter.system.results.scores.items()},
            "validation_macro_f1": None if alone is None else float(alone[place]),
        }
        for place, voter in enumerate(election.voters)
    ]
    return {"rule": config.rule, "members": members}


def _macro_f1(part: LabelPart) -> np.ndarray:
    """Return the macro F1 of each system in percent, (systems,), mean over seeds."""
    once = np.zeros(len(part.keys), int)
    each = [
        [
            label_f1(count_labels(SeedLabels(part.fits, found, shares, ()), once))["macro_f1"][0]
            for found, shares in zip(founds, every, strict=True)
        ]
        for founds, every in zip(part.found, part.probabilities, strict=True)
    ]
    mean: np.ndarray = 100 * np.mean(each, 0)
    return mean
