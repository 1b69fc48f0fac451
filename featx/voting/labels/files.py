"""The files of a vote of systems that predict several labels at once."""

from collections.abc import Iterator
from pathlib import Path

from featx.runs.files import PREDICTIONS
from featx.scoring.labels.predictions import choose_labels, write_label_rows
from featx.scoring.labels.results import NAMES, LabelResults
from featx.scoring.predictions import PredictionRow
from featx.scoring.text import WIDE, draw_table, render
from featx.utils.tables import TextTable
from featx.voting.choices import Rule
from featx.voting.files import parts_of_seeds, write_card, write_environment, write_report
from featx.voting.labels.voters import LabelElection
from featx.voting.settings import describe_rule


def write_files(
    rule: Rule,
    election: LabelElection,
    results: LabelResults,
    inputs: str,
    name: str,
    folder: Path,
) -> None:
    """Write everything that a finished vote leaves but its config, log and scores.

    Args:
        rule: by which labels are predicted.
        election: the systems.
        results: its scores.
        inputs: digest of the config and predictions.
        name: what the run is called.
        folder: the run's.
    """
    write_environment(election.protocol, inputs, folder)
    write_label_rows(folder / PREDICTIONS, election.labels, _rows(rule, election))
    members = _members(results)
    write_report(results, render(draw_table(members), width=WIDE), folder)
    scores = [f"- {NAMES[name]}: {own} %" for name, own in results.scores.items()]
    about = describe_rule(rule, "labels", election.labels)
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


def _rows(rule: str, election: LabelElection) -> Iterator[PredictionRow]:
    parts = parts_of_seeds(election.seeds, election.validation, election.test)
    for place, seed, split, part in parts:
        shares = part.shares(place, rule).tolist()
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
