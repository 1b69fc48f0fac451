"""The files of a vote."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from featx.runs.files import AGREEMENT, ENVIRONMENT, FIGURES, PREDICTIONS, REPORT, SEARCH
from featx.scoring.figures import draw_confusion
from featx.scoring.predictions import PredictionRow, rounded, write_rows
from featx.scoring.results import Results
from featx.utils.files import write_csv, write_json, write_text
from featx.utils.machine import describe_environment
from featx.voting.agreement import Agreement
from featx.voting.config import VoteConfig
from featx.voting.election import Election, Part
from featx.voting.rules import Outcome
from featx.voting.tally import Tally, mean_uar
from featx.voting.text import OPTIMISTIC, to_text

CHOSEN = "chosen on validation"
_AGREEMENT_HEADER = ("first", "second", "kappa", "same", "both_wrong")
_SEARCH_HEADER = ("size", "picked", "members", "combinations", "validation_uar", "test_uar")


def write_files(tally: Tally, results: Results, inputs: str, folder: Path) -> None:
    """Write everything that a finished vote leaves but its config, log and scores.

    Args:
        tally: what was found.
        results: its scores.
        inputs: digest of the config and predictions.
        folder: the run's.
    """
    made = {"inputs_sha256": inputs, "protocol": dict(tally.election.protocol)}
    write_json(folder / ENVIRONMENT, {**describe_environment(), **made})
    _write_predictions(tally, folder / PREDICTIONS)
    pairs = [
        (pair.first, pair.second, *rounded([_kappa(pair, ""), pair.same, pair.both_wrong]))
        for pair in tally.pairs
    ]
    write_csv(folder / AGREEMENT, _AGREEMENT_HEADER, pairs)
    if tally.found:
        write_csv(folder / SEARCH, _SEARCH_HEADER, map(rounded, _search_rows(tally)))
    write_text(folder / REPORT, f"{results.to_text()}\n\n{to_text(tally)}\n")
    draw_confusion(results, folder / FIGURES / "confusion")


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
                "kappa": _kappa(pair, None),
                "same": pair.same,
                "both_wrong": pair.both_wrong,
            }
            for pair in tally.pairs
        ],
        "oracle": tally.oracle.to_json(),
        "search": [dict(zip(_SEARCH_HEADER, row, strict=True)) for row in _search_rows(tally)],
    }


def _search_rows(tally: Tally) -> Iterator[tuple[Any, ...]]:
    names = tally.election.names
    for found in tally.found:
        for picked, best, validation, test in (
            (CHOSEN, found.chosen, 100 * found.chosen.uar, 100 * found.chosen_test),
            (OPTIMISTIC, found.optimistic, None, 100 * found.optimistic.uar),
        ):
            members = "; ".join(names[member] for member in best.members)
            yield found.size, picked, members, best.tried, validation, test


def _kappa(pair: Agreement, undefined: Any) -> Any:
    return undefined if math.isnan(pair.kappa) else pair.kappa


def _write_predictions(tally: Tally, path: Path) -> None:
    """Write the vote's rows as every run does, seed by seed, validation before test."""
    election = tally.election
    rows: list[PredictionRow] = []
    for number, seed in enumerate(election.seeds):
        if election.validation is not None:
            outcome = tally.validation[number]
            rows += _rows(election, seed, "validation", election.validation, outcome)
        rows += _rows(election, seed, "test", election.test, tally.test[number])
    write_rows(path, election.classes, rows)


def _rows(
    election: Election, seed: str, split: str, part: Part, outcome: Outcome
) -> Iterator[PredictionRow]:
    shares = outcome.shares[:, 0].T
    shares = shares / np.maximum(shares.sum(1, keepdims=True), 1e-300)
    winners = outcome.winners[0]
    for (fold, utterance), label, winner, row in zip(
        part.keys, part.labels, winners, shares.tolist(), strict=True
    ):
        yield PredictionRow(
            utterance=utterance,
            speaker=election.speakers.get(utterance, ""),
            fold=fold,
            seed=seed,
            split=split,
            label=election.classes[label],
            prediction=election.classes[winner],
            probabilities=row,
        )
