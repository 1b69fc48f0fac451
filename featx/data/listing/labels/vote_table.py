"""Votes in a table of their own, a row for each annotator and utterance."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from featx.data.listing.corpus import Found
from featx.data.listing.files import CorpusError
from featx.data.listing.labels.votes import Shares, add_votes, majority
from featx.utils.csv_files import read_table
from featx.utils.text import counted, listed

COLUMNS = ("utterance", "annotator", "label")


def read_votes(path: Path) -> dict[str, Shares]:
    """Read what annotators gave each utterance.

    Args:
        path: a CSV with the columns utterance, annotator and label. An annotator who gives an
            utterance several labels, each in a row, splits the vote evenly.

    Returns:
        The share of the votes that each label has, by the utterance's id.

    Raises:
        FeatxError: if the file can't be read, or naming every problem in it with its line.
    """
    table = read_table(path, COLUMNS)
    ballots: dict[str, dict[str, dict[str, int]]] = {}
    for line, row in table.rows():
        empty = [name for name in COLUMNS if not row[name]]
        if empty:
            table.problems.add("rows that are not filled", line, f"{listed(empty)} is empty")
            continue
        given = ballots.setdefault(row["utterance"], {}).setdefault(row["annotator"], {})
        before = given.setdefault(row["label"], line)
        if before != line:
            text = (
                f"annotator {row['annotator']} already gives {row['utterance']} the label "
                f"{row['label']} on line {before}"
            )
            table.problems.add("repeated votes", line, text)
    table.problems.refuse(path)
    return {utterance: _shares(list(given.values())) for utterance, given in ballots.items()}


def take_votes(found: Found, votes: Mapping[str, Shares], path: Path) -> Found:
    """Give utterances the label that most annotators gave them, and the columns of all votes.

    Of labels with as many votes the utterance's own is kept, if it is among them, or else the
    first in the customary order is taken. Utterances without votes keep their labels.

    Args:
        found: what the corpus holds.
        votes: from `read_votes`.
        path: the file that they are from.

    Raises:
        CorpusError: if no utterance has votes.
    """
    names = [utterance.utterance for utterance in found.utterances]
    without = [name for name in names if name not in votes]
    if len(without) == len(names):
        raise CorpusError(
            f"{path}: none of its {counted(len(votes), 'utterance')} is in the corpus. Its ids are "
            f"such as {next(iter(votes), '')!r}, those of the corpus {next(iter(names), '')!r}."
        )
    labelled = [
        replace(u, label=majority(votes[u.utterance], u.label)) if u.utterance in votes else u
        for u in found.utterances
    ]
    changed = sum(a.label != b.label for a, b in zip(labelled, found.utterances, strict=True))
    notes = [f"{counted(changed, 'label')} of {len(names):,} changed to what most annotators gave"]
    if without:
        notes.append(f"{counted(len(without), 'utterance')} without votes: {listed(without)}")
    here = set(names)
    if strangers := [name for name in votes if name not in here]:
        count = counted(len(strangers), "utterance")
        notes.append(f"{path.name} has votes for {count} not in the corpus: {listed(strangers)}")
    return Found(add_votes(labelled, votes), found.notes + notes)


def _shares(ballots: Sequence[Mapping[str, int]]) -> Shares:
    """Return the share of the votes that each label has, of a ballot for each annotator."""
    shares: dict[str, Fraction] = {}
    for labels in ballots:
        for label in labels:
            share = Fraction(1, len(labels) * len(ballots))
            shares[label] = shares.get(label, Fraction(0)) + share
    return shares
