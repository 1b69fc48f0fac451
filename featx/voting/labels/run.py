"""A vote of systems that predict several labels at once, as a run folder."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from featx.runs.files import PREDICTIONS
from featx.runs.folder import open_run
from featx.scoring.labels.groups import Labelled
from featx.scoring.labels.predictions import choose_labels, write_label_rows
from featx.scoring.labels.results import NAMES, LabelResults, score_label_predictions
from featx.scoring.labels.scores import SeedLabels, count_labels, label_f1
from featx.scoring.predictions import PredictionRow
from featx.scoring.results_file import RunResults
from featx.scoring.text import WIDE, draw_table, render
from featx.utils.tables import TextTable
from featx.voting.config import VoteConfig
from featx.voting.files import write_card, write_environment, write_report
from featx.voting.labels.voters import LabelElection, LabelPart, hold_labels
from featx.voting.remarks import file_remarks, remarks_of, speakers_shared
from featx.voting.settings import check_settings, describe_rule
from featx.voting.sources import digest_sources, group_vote, read_stored

log = logging.getLogger("featx")


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
            log.debug("%s", results.title)
            _write(config, election, results, inputs, folder.name, run.folder)
    return run.results


def share(part: LabelPart, seed: int, rule: str) -> np.ndarray:
    """Return what a vote finds for a seed: a label is predicted from 0.5 on.

    Args:
        part: what systems say.
        seed: the place of the seed.
        rule: "soft" for the mean probability, "hard" for the share of systems that predict it.

    Returns:
        (utterances, labels) from 0 to 1.
    """
    said = part.probabilities[seed] if rule == "soft" else part.found[seed]
    mean: np.ndarray = said.mean(0)
    return mean


def _score(config: VoteConfig, election: LabelElection) -> LabelResults:
    voters, part, names = election.voters, election.test, election.names
    utterances = [utterance for _, utterance in part.keys]
    speakers = [election.speakers.get(utterance, "") for utterance in utterances]
    seeds = [
        SeedLabels.at(part.fits, share(part, seed, config.rule), speakers)
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


def _write(
    config: VoteConfig,
    election: LabelElection,
    results: LabelResults,
    inputs: str,
    name: str,
    folder: Path,
) -> None:
    """Write everything that a finished vote leaves but its config, log and scores."""
    write_environment(election.protocol, inputs, folder)
    write_label_rows(folder / PREDICTIONS, election.labels, _rows(config, election))
    members = _members(results)
    write_report(results, render(draw_table(members), width=WIDE), folder)
    scores = [f"- {NAMES[name]}: {own} %" for name, own in results.scores.items()]
    about = describe_rule(config.rule, "labels", election.labels)
    sections = {"Members": members.markdown(), "Scores": scores}
    write_card(name, about, sections, results, folder)


def _members(results: LabelResults) -> TextTable:
    """Return a row for each member: its scores on validation and test data."""
    rows = []
    for member in results.vote["members"]:
        alone = member["validation_macro_f1"]
        scores = [f"{member[name]:.1f}" for name in NAMES]
        rows.append((member["name"], "–" if alone is None else f"{alone:.1f}", *scores))
    header = ("member", "validation macro F1, %", *(f"{name}, %" for name in NAMES.values()))
    return TextTable(header, rows)


def _rows(config: VoteConfig, election: LabelElection) -> Iterator[PredictionRow]:
    """Yield the rows of predictions, seed by seed, validation before test."""
    parts = {"validation": election.validation, "test": election.test}
    for place, seed in enumerate(election.seeds):
        for split, part in parts.items():
            if part is None:
                continue
            shares = share(part, place, config.rule).tolist()
            for (fold, utterance), row, own in zip(part.keys, part.rows, shares, strict=True):
                yield PredictionRow(
                    utterance=utterance,
                    speaker=election.speakers.get(utterance, ""),
                    fold=fold,
                    seed=seed,
                    split=split,
                    label=row.label,
                    prediction=choose_labels(election.labels, own),
                    probabilities=own,
                )
