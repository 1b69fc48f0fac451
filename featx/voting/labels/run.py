"""A vote of systems that predict several labels at once, as a run folder."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from featx.errors import FeatxError
from featx.runs.files import CARD, ENVIRONMENT, PREDICTIONS, REPORT
from featx.runs.folder import open_run
from featx.scoring.labels.groups import Labelled
from featx.scoring.labels.predictions import choose_labels, write_label_rows
from featx.scoring.labels.results import NAMES, LabelResults, score_label_predictions
from featx.scoring.labels.scores import SeedLabels, count_labels, label_f1
from featx.scoring.predictions import PredictionRow
from featx.scoring.results_file import RunResults
from featx.scoring.text import WIDE, draw_table, render
from featx.utils.files import write_json, write_text
from featx.utils.machine import describe_environment
from featx.utils.tables import TextTable, markdown_table, plain
from featx.voting.config import VoteConfig
from featx.voting.labels.voters import LabelElection, LabelPart, hold_labels
from featx.voting.remarks import remarks_of, speakers_shared
from featx.voting.sources import digest_sources, group_vote, read_stored

RULES = {
    "soft": "a label is predicted from a mean probability of 0.5 on",
    "hard": "a label is predicted that half of the members predict, or more",
}
log = logging.getLogger("featx")


@dataclass(frozen=True)
class LabelVoteResults(LabelResults):
    """Results with what only votes have.

    Attributes:
        vote: rule and members, as JSON values.
    """

    vote: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {**super().to_json(), "vote": self.vote}


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
    _check(config, list(files))
    election = hold_labels(config, files)
    inputs = digest_sources(config, election.voters)
    with open_run(config.to_toml(), inputs, folder, overwrite) as run:
        if run.results is None:
            run.results = results = _score(config, election)
            log.debug("%s", results.title)
            _write(config, election, results, inputs, run.folder)
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


def _check(config: VoteConfig, names: Sequence[str]) -> None:
    """Raise a FeatxError if a setting has no meaning for several labels."""
    if config.rule not in RULES:
        raise FeatxError(
            f"`rule={config.rule!r}`: {names[0]} predicts several labels at once. `rule='soft'` "
            "averages the probability of each, `rule='hard'` counts the systems that predict it."
        )
    given = {"search": bool(config.search), "tie": config.tie != "auto"}
    if setting := next((name for name, is_given in given.items() if is_given), ""):
        raise FeatxError(
            f"`{setting}` is for votes on a class of each utterance, and {names[0]} predicts "
            "several labels at once."
        )


def _score(config: VoteConfig, election: LabelElection) -> LabelVoteResults:
    part = election.test
    speakers = [election.speakers.get(utterance, "") for _, utterance in part.keys]
    seeds = [
        SeedLabels.at(part.fits, share(part, seed, config.rule), speakers)
        for seed in range(len(election.seeds))
    ]
    stored = read_stored(election.voters)
    names = [voter.name for voter in election.voters]
    title = f"{config.rule} vote of {len(names)}: {', '.join(names)}"
    remarks = remarks_of(stored)
    remarks += [f"{voter.name}: {note}" for voter in election.voters for note in voter.system.notes]
    shared = speakers_shared(stored, len(names))
    results = score_label_predictions(title, election.labels, seeds, shared, remarks)
    utterances = [utterance for _, utterance in election.test.keys]
    groups = group_vote(config, election.voters, utterances, speakers, Labelled(seeds))
    results = replace(results, groups=groups)
    own = {item.name: getattr(results, item.name) for item in fields(LabelResults)}
    return LabelVoteResults(**own, vote=_describe(config, election))


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
    results: LabelVoteResults,
    inputs: str,
    folder: Path,
) -> None:
    """Write everything that a finished vote leaves but its config, log and scores."""
    made = {"inputs_sha256": inputs, "protocol": dict(election.protocol)}
    write_json(folder / ENVIRONMENT, {**describe_environment(), **made})
    write_label_rows(folder / PREDICTIONS, election.labels, _rows(config, election))
    table = _members(results)
    members = render(draw_table(table), width=WIDE)
    write_text(folder / REPORT, f"{results.to_text()}\n\n{members}\n")
    lines = markdown_table(table.header, table.rows, table.columns)
    parts = [
        f"# {plain(folder.name)}",
        f"A vote on {', '.join(map(plain, election.labels))}: {RULES[config.rule]}.",
        "## Members",
        "\n".join(lines),
        "## Scores",
        "\n".join(f"- {NAMES[name]}: {own} %" for name, own in results.scores.items()),
        "\n".join(f"- {plain(note)}" for note in results.notes()),
    ]
    write_text(folder / CARD, "\n\n".join(filter(None, parts)) + "\n")


def _members(results: LabelVoteResults) -> TextTable:
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
