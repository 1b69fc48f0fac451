"""A vote as a run folder, from its config to its figures."""

import hashlib
import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from featx.errors import FeatxError
from featx.runs.folder import MEMBERS, Job, do
from featx.runs.read import CONFIG, SCORES, read_scores
from featx.scoring.figures import draw_confusion
from featx.scoring.predictions import rounded
from featx.scoring.results import Results, score_predictions
from featx.utils.files import write_csv, write_json, write_text
from featx.utils.machine import describe_environment
from featx.utils.text import counted
from featx.voting.config import VoteConfig
from featx.voting.election import Election, Part, hold
from featx.voting.rules import Outcome
from featx.voting.tally import Tally, VoteResults, check, count, mean_uar
from featx.voting.text import OPTIMISTIC, to_text

TIE_WORDS = {
    "probability": "the highest summed probability",
    "first": "the first-named system among those that voted for one of them",
}
log = logging.getLogger("featx")


def run_vote(config: VoteConfig, folder: Path, overwrite: bool = False) -> Results:
    """Vote into a run folder, or return the results of the same vote held before.

    Args:
        config: who votes, and how.
        folder: of the run.
        overwrite: replace the run that the folder holds, once the new one is finished.

    Raises:
        FeatxError: if the folder holds a run of another config, or no run at all, or the systems
            can't vote together.
    """
    if folder.resolve() in {path.resolve() for path in config.folders}:
        raise FeatxError(f"{folder} is one of the systems. Choose another --name or --out.")
    election = hold(config)
    tie = check(config, election)  # refuses before anything is written, as does this:
    stored = {voter.name: read_scores(voter.run) for voter in election.voters if voter.run}
    inputs = _digest(config, election)

    def work(folder: Path) -> Results:
        (folder / MEMBERS).mkdir(exist_ok=True)  # as of every run, though a vote trains none
        tally = count(config, election, tie)
        results = _score(config, tally, stored)
        log.debug("%s", results.title)
        for remark in results.remarks:
            log.debug("%s", remark)
        write_files(tally, results, inputs, folder)
        return results

    return do(Job(config.to_toml(), inputs, work), folder, overwrite)


def _digest(config: VoteConfig, election: Election) -> str:
    """Digest the config and the content of every file that is read."""
    digest = hashlib.sha256(config.to_toml().encode())
    runs = [voter.run for voter in election.voters if voter.run]
    told = [run / name for run in runs for name in (CONFIG, SCORES)]
    files = [
        *(path for voter in election.voters for path in voter.files),
        *([config.manifest] if config.manifest else []),
        *told,
    ]
    for path in dict.fromkeys(files):
        if path.is_file():
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _score(
    config: VoteConfig, tally: Tally, of_voters: Mapping[str, Results | None]
) -> VoteResults:
    election = tally.election
    speakers = [election.speakers[utterance] for _, utterance in election.test.keys]
    seeds = [(election.test.labels, one.winners[0], speakers) for one in tally.test]
    stored = {name: found for name in tally.names if (found := of_voters.get(name))}
    told = {name: one.speakers_shared for name, one in stored.items()}
    unknown = len(told) < len(tally.members) or None in told.values()
    shared = True if True in told.values() else (None if unknown else False)
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
        tried = sum(one.chosen.tried for one in tally.found)
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
    """Return what members' results say of themselves, each once, with their names at its end.

    How it begins tells a warning.
    """
    names: dict[str, list[str]] = {}
    for name, results in stored.items():
        for remark in results.remarks:
            names.setdefault(remark, []).append(name)
    return [f"{remark.removesuffix('.')} ({', '.join(of)})." for remark, of in names.items()]


REPORT = "report.txt"
CHOSEN = "chosen on validation"
_AGREEMENT = ("first", "second", "kappa", "same", "both_wrong")
_SEARCH = ("size", "picked", "members", "combinations", "validation_uar", "test_uar")


def write_files(tally: Tally, results: Results, inputs: str, folder: Path) -> None:
    """Write everything that a finished vote leaves but its config, log and scores.

    Args:
        tally: what was found.
        results: its scores.
        inputs: digest of the config and predictions.
        folder: of the run.
    """
    made = {"inputs_sha256": inputs, "protocol": dict(tally.election.protocol)}
    write_json(folder / "environment.json", {**describe_environment(), **made})
    _write_predictions(tally, folder / "predictions.csv")
    pairs = [
        (p.first, p.second, "" if math.isnan(p.kappa) else p.kappa, p.same, p.both_wrong)
        for p in tally.pairs
    ]
    write_csv(folder / "agreement.csv", _AGREEMENT, map(rounded, pairs))
    if tally.found:
        write_csv(folder / "search.csv", _SEARCH, map(rounded, _search_rows(tally)))
    write_text(folder / REPORT, f"{results.to_text()}\n\n{to_text(tally)}\n")
    draw_confusion(results, folder / "figures/confusion")


def describe(config: VoteConfig, tally: Tally) -> dict[str, Any]:
    """Return what only votes have, as JSON values, scores and shares in percent."""
    election, validation = tally.election, tally.election.validation
    return {
        "rule": config.rule,
        "tie": tally.tie,
        "ties": tally.ties,
        "members": [
            {
                "name": election.names[member],
                "files": [str(path) for path in election.voters[member].files],
                "uar": 100 * mean_uar(election.test, member),
                "validation_uar": None
                if validation is None
                else 100 * mean_uar(validation, member),
            }
            for member in tally.members
        ],
        "agreement": [
            {
                "first": pair.first,
                "second": pair.second,
                "kappa": None if math.isnan(pair.kappa) else pair.kappa,
                "same": pair.same,
                "both_wrong": pair.both_wrong,
            }
            for pair in tally.pairs
        ],
        "oracle": tally.oracle.to_json(),
        "search": [dict(zip(_SEARCH, row, strict=True)) for row in _search_rows(tally)],
    }


def _search_rows(tally: Tally) -> Iterator[tuple[Any, ...]]:
    names = tally.election.names
    for one in tally.found:
        for picked, best, validation, test in (
            (CHOSEN, one.chosen, 100 * one.chosen.uar, 100 * one.chosen_test),
            (OPTIMISTIC, one.optimistic, None, 100 * one.optimistic.uar),
        ):
            members = "; ".join(names[member] for member in best.members)
            yield one.size, picked, members, best.tried, validation, test


def _write_predictions(tally: Tally, path: Path) -> None:
    """Write the vote's rows as every run does, seed by seed, validation before test."""
    election = tally.election
    header = ["utterance", "speaker", "fold", "seed", "split", "label", "prediction"]
    header += [f"p_{label}" for label in election.classes]
    rows: list[Sequence[Any]] = []
    for number, seed in enumerate(election.seeds):
        if election.validation is not None:
            outcome = tally.validation[number]
            rows += _rows(tally, seed, "validation", election.validation, outcome)
        rows += _rows(tally, seed, "test", election.test, tally.test[number])
    write_csv(path, header, rows)


def _rows(tally: Tally, seed: str, split: str, part: Part, outcome: Outcome) -> Iterator[list[Any]]:
    election = tally.election
    shares = outcome.shares[:, 0].T
    shares = shares / np.maximum(shares.sum(1, keepdims=True), 1e-300)
    winners = outcome.winners[0]
    for (fold, name), label, winner, row in zip(
        part.keys, part.labels, winners, shares.tolist(), strict=True
    ):
        yield [
            *(name, election.speakers.get(name, ""), fold, seed, split),
            *(election.classes[label], election.classes[winner], *rounded(row)),
        ]
