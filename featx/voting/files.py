"""The files of a vote."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from featx.environment import describe_environment
from featx.figures import draw_confusion
from featx.files import write_csv, write_json, write_text
from featx.outcomes import rounded
from featx.results import Results
from featx.voting.config import VoteConfig
from featx.voting.election import Part
from featx.voting.rules import Outcome
from featx.voting.tally import Tally, mean_uar
from featx.voting.text import OPTIMISTIC, to_text

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
