"""The files of a vote on classes, and what they say of it."""

import math
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from featx.runs.files import AGREEMENT, FIGURES, PREDICTIONS, SEARCH
from featx.scoring.classes.figures import draw_confusion
from featx.scoring.classes.results import NAMES, Results
from featx.scoring.predictions import PredictionRow, rounded, write_rows
from featx.utils.files import write_csv
from featx.utils.tables import TextTable
from featx.voting.classes.agreement import Agreement
from featx.voting.classes.election import Election
from featx.voting.classes.members import CHOSEN_ON_TEST, Pick, find_candidates
from featx.voting.classes.part import Fold, Part
from featx.voting.classes.rules import Outcome
from featx.voting.classes.search import score_each
from featx.voting.classes.tally import Tally
from featx.voting.classes.text import member_table, search_table, to_text
from featx.voting.config import VoteConfig
from featx.voting.files import parts_of_seeds, write_card, write_environment, write_report
from featx.voting.settings import describe_rule

_AGREEMENT_HEADER = ("first", "second", "kappa", "same", "both_wrong")


def write_files(
    config: VoteConfig, tally: Tally, results: Results, inputs: str, name: str, folder: Path
) -> None:
    """Write everything that a finished vote leaves but its config, log and scores.

    Args:
        config: how it was held.
        tally: what was found.
        results: its scores.
        inputs: digest of the config and predictions.
        name: what the run is called.
        folder: the run's.
    """
    write_environment(tally.election.protocol, inputs, folder)
    _write_predictions(tally, folder / PREDICTIONS)
    pairs = [
        (pair.first, pair.second, *rounded([_kappa(pair, ""), pair.same, pair.both_wrong]))
        for pair in tally.pairs
    ]
    write_csv(folder / AGREEMENT, _AGREEMENT_HEADER, pairs)
    if tally.picks:
        searched = (_search_row(config, tally, pick) for pick in tally.picks)
        rows = [{**row, "votes": "yes" if row["votes"] else "no"} for row in searched]
        write_csv(folder / SEARCH, list(rows[0]), (rounded([*row.values()]) for row in rows))
    write_report(results, to_text(config, tally), folder)
    draw_confusion(results, folder / FIGURES / "confusion")
    about = describe_rule(config.rule, "classes", results.classes)
    write_card(name, about, _sections(config, tally, results), results, folder)


def _sections(config: VoteConfig, tally: Tally, results: Results) -> dict[str, list[str]]:
    """Return what the card has below each heading."""
    rows = [
        (NAMES[metric], str(score), score.interval(".1f"))
        for metric, score in results.scores.items()
    ]
    over = f"95 % interval over {results.resampled}"
    return {
        "Members": member_table(tally).markdown(),
        "Search": search_table(config, tally).markdown() if tally.picks else [],
        "Scores": TextTable(("test, %", results.averaged, over), rows).markdown(),
    }


def describe(config: VoteConfig, tally: Tally) -> dict[str, Any]:
    """Return what only votes have, as JSON values, scores and shares in percent."""
    election, validation = tally.election, tally.election.validation
    test = score_each(election.test).tolist()
    validated = None if validation is None else score_each(validation).tolist()
    return {
        "rule": config.rule,
        "tie": tally.tie,
        "ties": tally.ties,
        "members": [
            {
                "name": election.names[member],
                "files": [str(path) for path in election.voters[member].files],
                "uar": 100 * test[member],
                "validation_uar": None if validated is None else 100 * validated[member],
                "folds": [_fold(fold) for fold, own in tally.by_fold.items() if member in own],
            }
            for member in tally.members
        ],
        "agreement": [{**asdict(pair), "kappa": _kappa(pair, None)} for pair in tally.pairs],
        "oracle": tally.oracle.to_json(),
        "selection": _selection(config, tally),
        "search": [_search_row(config, tally, pick) for pick in tally.picks],
    }


def _selection(config: VoteConfig, tally: Tally) -> dict[str, Any] | None:
    """Return how members were chosen; None without a search."""
    if not config.search:
        return None
    names = tally.election.names
    return {
        "on": config.select_on,
        "by": config.best_by,
        "at_least": config.at_least,
        "warning": CHOSEN_ON_TEST if config.select_on == "test" else None,
        "left_out": [
            {"fold": _fold(candidates.fold), "name": names[member], config.best_by: score}
            for candidates in find_candidates(config, tally.election)
            for member, score in candidates.left_out.items()
        ],
    }


def _search_row(config: VoteConfig, tally: Tally, pick: Pick) -> dict[str, Any]:
    return {
        "fold": _fold(pick.fold),
        "size": pick.size,
        "picked": pick.how,
        "votes": pick.votes,
        "members": "; ".join(tally.election.names[member] for member in pick.members),
        "combinations": pick.combinations,
        f"validation_{config.best_by}": None if pick.validation is None else 100 * pick.validation,
        f"test_{config.best_by}": 100 * pick.test,
    }


def _fold(fold: Fold) -> str:
    return "all" if fold is None else fold


def _kappa(pair: Agreement, undefined: Any) -> Any:
    return undefined if math.isnan(pair.kappa) else pair.kappa


def _write_predictions(tally: Tally, path: Path) -> None:
    """Write the vote's rows as every run does."""
    election = tally.election
    found = {"validation": tally.validation, "test": tally.test}
    rows: list[PredictionRow] = []
    parts = parts_of_seeds(election.seeds, election.validation, election.test)
    for place, seed, split, part in parts:
        rows += _rows(election, seed, split, part, found[split][place])
    write_rows(path, election.classes, rows, votes=bool(election.votes))


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
            votes=election.shares([utterance])[0].tolist() if election.votes else (),
        )
