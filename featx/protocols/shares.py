"""Utterances with more than a single class: votes for several, or several labels at once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from featx.data.label_order import order_labels
from featx.data.listing.labels.votes import VOTE, majority
from featx.data.manifest import Manifest, Utterance
from featx.errors import FeatxError
from featx.protocols.numbers import check_columns, read_number
from featx.utils.text import counted, listed

Shares = Mapping[str, Mapping[str, float]]
"""By an utterance's id how much of it is of each class, which 0 may be left out of."""
NOTHING = "(none)"  # the label of an utterance that no label fits
JOINED = "|"  # stands between labels where featx writes several
_SEPARATORS = (JOINED, ";", ",")
_OFF = 0.02  # that rounded shares can miss their sum by


def label_by_votes(manifest: Manifest) -> list[Utterance]:
    """Return a corpus whose utterances without a label have the one that most voted for.

    Raises:
        FeatxError: if a cell holds no share.
    """
    columns = [name for name in manifest.columns if name.startswith(VOTE)]
    labelled = []
    for utterance in manifest.utterances:
        votes = {} if utterance.label else _votes(manifest, utterance, columns, {})
        labelled.append(replace(utterance, label=majority(votes, "")) if votes else utterance)
    return labelled


def read_votes(
    manifest: Manifest, utterances: Sequence[Utterance], merge: Mapping[str, str]
) -> tuple[list[Utterance], Shares, tuple[str, ...]]:
    """Read how annotators voted from the columns `p_LABEL`.

    Votes for what is no utterance's label are left out.

    Args:
        manifest: the corpus.
        utterances: those that may be used, under the protocol's labels.
        merge: labels that are renamed, old to new.

    Returns:
        The utterances that have votes, each with the label that most voted for (their own, or else
        the first in the customary order, where several are equal); their votes; and what was left
        out or changed, a phrase for each.

    Raises:
        FeatxError: if there are no such columns, or a cell holds no share.
    """
    columns = _vote_columns(manifest)
    labels = {utterance.label for utterance in utterances} - {""}
    known, shares, dropped, odd = [], {}, 0.0, 0
    for utterance in utterances:
        given = _votes(manifest, utterance, columns, merge)
        own = {label: share for label, share in given.items() if label in labels}
        total = sum(own.values())
        odd += not _adds_up(sum(given.values()))
        if total:
            dropped += 1 - total / sum(given.values())
            shares[utterance.utterance] = {label: own[label] / total for label in own}
            known.append(replace(utterance, label=majority(own, utterance.label)))
    if not known:
        raise FeatxError(
            f"{manifest.path}: no utterance has votes for {', '.join(order_labels(labels))} in "
            f"the columns {listed(columns, 20)}."
        )
    phrases = _describe_votes(utterances, known, dropped / len(known), odd)
    return known, shares, phrases


def _vote_columns(manifest: Manifest) -> list[str]:
    columns = [name for name in manifest.columns if name.startswith(VOTE)]
    if not columns:
        raise FeatxError(
            f"{manifest.path}: no columns p_LABEL with each label's share of the annotators' "
            "votes, which `task='distribution'` learns. Make the manifest with `votes`, a table "
            "of a row for each annotator and utterance, or with a corpus that has votes."
        )
    return columns


def _describe_votes(
    utterances: Sequence[Utterance], known: Sequence[Utterance], dropped: float, odd: int
) -> tuple[str, ...]:
    """Say what was left out or changed.

    Args:
        utterances: those that may be used.
        known: those of them that have votes, under the label that most voted for.
        dropped: the share of an utterance's votes that is for other labels, on average.
        odd: how many utterances had votes that did not add up.
    """
    before = {utterance.utterance: utterance.label for utterance in utterances}
    changed = sum(before[utterance.utterance] != utterance.label for utterance in known)
    phrases = []
    if absent := len(utterances) - len(known):
        phrases.append(f"left out {counted(absent, 'utterance')} without votes for these labels")
    if changed:
        phrases.append(f"changed {counted(changed, 'label')} to what most annotators gave")
    if percent := 100 * dropped:
        phrases.append(f"left out {percent:.1f} % of the votes, which are for other labels")
    if odd:
        of = counted(odd, "utterance")
        phrases.append(f"scaled the votes of {of}, which added up to neither 1 nor a whole number")
    return tuple(phrases)


def _adds_up(total: float) -> bool:
    """Tell whether shares add up to 1, or to 100 or a number of annotators, but for rounding."""
    return abs(total - round(total)) <= _OFF and (total == 0 or round(total) > 0)


def _votes(
    manifest: Manifest, utterance: Utterance, columns: Sequence[str], merge: Mapping[str, str]
) -> dict[str, float]:
    votes: dict[str, float] = {}
    for name in columns:
        text = utterance.column(name).strip() or "0"
        try:
            share = read_number(text)
            if share < 0:
                raise ValueError(text)
        except ValueError:
            raise FeatxError(
                f"{manifest.path}, utterance {utterance.utterance}: {name} is {text!r}, which is "
                "no share of votes. It must be a number from 0 up, or empty."
            ) from None
        label = name.removeprefix(VOTE)
        label = merge.get(label, label)
        if share:
            votes[label] = votes.get(label, 0.0) + share
    return votes


def read_labels(
    manifest: Manifest, utterances: Sequence[Utterance], columns: Sequence[str]
) -> tuple[list[Utterance], Shares]:
    """Read which labels fit each utterance; those of which a cell is empty are left out.

    Args:
        manifest: the corpus.
        utterances: those that may be used.
        columns: several columns of 0 and 1, named like their labels; or a column of labels that
            are joined by "|", ";" or ",".

    Returns:
        The utterances, whose labels are those that fit, joined; and the same as shares of 1.

    Raises:
        FeatxError: if a column is not there, or a cell of several columns is neither 0 nor 1.
    """
    check_columns(manifest, columns)
    known, shares = [], {}
    for utterance in utterances:
        cells = {name: utterance.column(name).strip() for name in columns}
        if not all(cells.values()):
            continue
        if len(columns) > 1:
            fitting = [name for name, text in cells.items() if _fits(manifest, utterance, name)]
        else:
            fitting = split_labels(cells[columns[0]])
        fitting = order_labels(fitting)
        shares[utterance.utterance] = dict.fromkeys(fitting, 1.0)
        known.append(replace(utterance, label=join_labels(fitting)))
    return known, shares


def _fits(manifest: Manifest, utterance: Utterance, name: str) -> bool:
    text = utterance.column(name).strip()
    try:
        return bool(("0", "1").index(f"{float(text):g}"))
    except ValueError:
        raise FeatxError(
            f"{manifest.path}, utterance {utterance.utterance}: {name} is {text!r}. Columns that "
            "are learned by `task='multilabel'` hold 1 where their label fits and 0 where not."
        ) from None


def split_labels(text: str) -> list[str]:
    """Return the labels that are joined in a text."""
    separator = next((sign for sign in _SEPARATORS if sign in text), JOINED)
    labels = [label.strip() for label in text.split(separator)]
    return [label for label in labels if label and label != NOTHING]


def join_labels(labels: Sequence[str]) -> str:
    """Return labels as the text of a cell."""
    return JOINED.join(labels) or NOTHING
