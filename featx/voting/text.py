"""What a vote found, as tables for the terminal."""

import math

import numpy as np

from featx.scoring.results import WIDE, plain_table, render
from featx.voting.agreement import Agreement
from featx.voting.tally import Tally, mean_uar

OPTIMISTIC = "best on test: OPTIMISTIC"
_PAIRS = 15  # shown: those of six systems


def to_text(tally: Tally) -> str:
    """Return the members, their agreement and the search."""
    parts = [_members(tally), _agreement(tally)]
    if tally.found:
        parts.append(_search(tally))
    return "\n\n".join(parts)


def _members(tally: Tally) -> str:
    election, validation = tally.election, tally.election.validation
    table = plain_table("member", "UAR, %", "WA, %", "validation UAR, %")
    for member in tally.members:
        scores = election.voters[member].system.results.scores
        known = "–" if validation is None else f"{100 * mean_uar(validation, member):.1f}"
        table.add_row(election.names[member], str(scores["uar"]), str(scores["wa"]), known)
    lines = [_drawn(table)]
    if validation is None:
        lines.append(f"No validation rows of the vote: {election.no_validation}.")
    return "\n".join(lines)


def _agreement(tally: Tally) -> str:
    table = plain_table("pair", "Cohen's kappa", "same prediction, %", "neither right, %")
    shown = tally.pairs if len(tally.pairs) <= _PAIRS else []
    for pair in shown:
        same, wrong = f"{pair.same:.1f}", f"{pair.both_wrong:.1f}"
        table.add_row(f"{pair.first}, {pair.second}", _kappa(pair), same, wrong)
    lines = [_drawn(table)] if shown else []
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


def _search(tally: Tally) -> str:
    names = tally.election.names
    table = plain_table("search", "combinations", "validation UAR, %", "test UAR, %", "members")
    for found in tally.found:
        for picked, best, validation, test in (
            (
                f"{found.size}, chosen on validation",
                found.chosen,
                found.chosen.uar,
                found.chosen_test,
            ),
            (f"{found.size}, {OPTIMISTIC}", found.optimistic, None, found.optimistic.uar),
        ):
            known = "–" if validation is None else f"{100 * validation:.1f}"
            members = ", ".join(names[member] for member in best.members)
            table.add_row(picked, f"{best.tried:,}", known, f"{100 * test:.1f}", members)
    return (
        f"{_drawn(table)}\n"
        f"This run is the {len(tally.members)} chosen on validation. The best on test is picked as "
        "published ensembles were: by the labels it is scored on, so too high for new utterances."
    )


def _drawn(table: object) -> str:
    return render(table, width=WIDE).strip("\n")  # type: ignore[arg-type]


def _kappa(pair: Agreement) -> str:
    return "–" if math.isnan(pair.kappa) else f"{pair.kappa:.3f}"
