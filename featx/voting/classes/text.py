"""What a vote found, as tables for the terminal and the card."""

import math

import numpy as np

from featx.scoring.classes.results import NAMES
from featx.scoring.text import WIDE, draw_table, render
from featx.utils.tables import TextTable
from featx.voting.classes.agreement import Agreement
from featx.voting.classes.members import Pick
from featx.voting.classes.search import score_each
from featx.voting.classes.tally import Tally
from featx.voting.config import VoteConfig

_PAIRS = 15  # shown: those of six systems


def to_text(config: VoteConfig, tally: Tally) -> str:
    """Return the members, their agreement and the search."""
    parts = [_drawn(member_table(tally))]
    if tally.election.validation is None:
        parts[0] += f"\nThe vote has no validation rows: {tally.election.no_validation}."
    parts.append(_agreement(tally))
    if tally.picks:
        parts.append(f"{_drawn(search_table(config, tally))}\n{_reading(config, tally)}")
    return "\n\n".join(parts)


def member_table(tally: Tally) -> TextTable:
    """Return the scores of every member alone, and in how many folds it votes if not in all."""
    election, validation = tally.election, tally.election.validation
    alone = None if validation is None else 100 * score_each(validation)
    header = ("member", "UAR, %", "WA, %", "validation UAR, %", "votes in folds")
    columns = len(header) - (None in tally.by_fold)
    rows = []
    for member in tally.members:
        scores = election.voters[member].system.results.scores
        known = "–" if alone is None else f"{alone[member]:.1f}"
        folds = sum(member in members for members in tally.by_fold.values())
        row = (election.names[member], str(scores["uar"]), str(scores["wa"]), known)
        rows.append((*row, f"{folds} of {len(tally.by_fold)}")[:columns])
    return TextTable(header[:columns], rows)


def search_table(config: VoteConfig, tally: Tally) -> TextTable:
    """Return what the search picked; of a choice for each fold, what votes there alone."""
    name = NAMES[config.best_by]
    header = ("search", "combinations", f"validation {name}, %", f"test {name}, %", "members")
    rows, short = [], tally.election.short_names
    for pick in tally.picks:
        if pick.fold is None or pick.votes:
            members = ", ".join(short[tally.election.names[member]] for member in pick.members)
            known = "–" if pick.validation is None else f"{100 * pick.validation:.1f}"
            row = (_picked(pick), f"{pick.combinations:,}", known, f"{100 * pick.test:.1f}")
            rows.append((*row, members))
    return TextTable(header, rows)


def _picked(pick: Pick) -> str:
    where = "" if pick.fold is None else f"fold {pick.fold}: "
    return f"{where}{pick.size}, {pick.how}"


def _reading(config: VoteConfig, tally: Tally) -> str:
    if config.select_on == "test":
        return (
            f"This run is the {len(tally.members)} that are best on test, picked by the labels "
            "they are scored on, so too high for new utterances."
        )
    if None in tally.by_fold:
        run = f"This run is the {len(tally.members)} chosen on validation."
    else:
        run = "In this run each fold is voted by those chosen for it on its own validation data."
    return (
        f"{run} The best on test is picked as published ensembles were: by the labels it is "
        "scored on, so too high for new utterances."
    )


def _agreement(tally: Tally) -> str:
    shown = tally.pairs if len(tally.pairs) <= _PAIRS else []
    short = tally.election.short_names
    rows = [
        (
            f"{short[pair.first]}, {short[pair.second]}",
            _kappa(pair),
            f"{pair.same:.1f}",
            f"{pair.both_wrong:.1f}",
        )
        for pair in shown
    ]
    header = ("pair", "Cohen's kappa", "same prediction, %", "neither right, %")
    lines = [_drawn(TextTable(header, rows))] if shown else []
    known = [pair.kappa for pair in tally.pairs if not math.isnan(pair.kappa)]
    if len(tally.pairs) > 1 and known:
        low, high = min(known), max(known)
        lines.append(
            f"Kappa of {len(tally.pairs)} pairs: mean {np.mean(known):.3f}, {low:.3f} to "
            f"{high:.3f} (agreement.csv)."
        )
    oracle = tally.oracle
    lines.append(
        f"Oracle: at least one member recognises {oracle.share:.1f} % of the utterances, "
        f"UAR {oracle.uar:.1f} %; no choice among their predictions is better."
    )
    return "\n".join(lines)


def _drawn(table: TextTable) -> str:
    return render(draw_table(table), width=WIDE).strip("\n")


def _kappa(pair: Agreement) -> str:
    return "–" if math.isnan(pair.kappa) else f"{pair.kappa:.3f}"
