"""What several annotators gave an utterance, as columns: their agreement, and soft labels."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from featx.data.label_order import order_labels
from featx.data.manifest import Utterance

_STEPS = 10_000  # of a soft label, from 0 to 1
VOTE = "p_"  # begins the name of a label's column
AGREEMENT = "agreement"
Shares = Mapping[str, Fraction]


def add_votes(utterances: Sequence[Utterance], votes: Mapping[str, Shares]) -> list[Utterance]:
    """Add the columns `agreement` and, for every label that an annotator gave, `p_LABEL`.

    Args:
        utterances: what the columns are added to.
        votes: the share of the votes that each label has, which add up to 1, by the utterance's
            id. Where there are none, the cells stay empty.
    """
    shares = [votes.get(utterance.utterance, {}) for utterance in utterances]
    labels = tuple(order_labels(label for given in shares for label in given))
    return [
        replace(u, extra={**u.extra, **_columns(u.label, tuple(given.items()), labels)})
        if given
        else u
        for u, given in zip(utterances, shares, strict=True)
    ]


def majority(shares: Mapping[str, Fraction] | Mapping[str, float], label: str) -> str:
    """Return the label with the largest share.

    Args:
        shares: the share of the votes that each label has.
        label: the label that is taken of several with the largest share, if it is among them;
            otherwise it is the first in the customary order.
    """
    most = max(shares.values())
    first = [name for name, share in shares.items() if share == most]
    return label if label in first else order_labels(first)[0]


def merge_votes(
    utterances: Sequence[Utterance], classes: Mapping[str, str | None]
) -> list[Utterance]:
    """Add up the shares of labels that became the same class.

    Args:
        utterances: labelled already with what their labels became.
        classes: what each label became; None for those that are left out. Their columns stay,
            and so do those of labels that are not named.
    """
    gone = {
        f"{VOTE}{old}": f"{VOTE}{new}" for old, new in classes.items() if new not in (None, old)
    }
    return [replace(u, extra=_merged(u, gone)) if gone.keys() & u.extra else u for u in utterances]


def _merged(utterance: Utterance, gone: Mapping[str, str]) -> Mapping[str, str]:
    columns: dict[str, str] = {}
    for name, text in utterance.extra.items():
        new = gone.get(name, name)
        if new in columns and columns[new] and text and name.startswith(VOTE):
            text = f"{float(Fraction(columns[new]) + Fraction(text)):g}"
        columns[new] = text or columns.get(new, "")
    own = columns.get(f"{VOTE}{utterance.label}", "")
    if AGREEMENT in columns and own:
        columns[AGREEMENT] = f"{float(own):.2f}"
    return columns


@lru_cache(maxsize=10_000)
def to_shares(ballots: tuple[str, ...]) -> Shares:
    """Return the share of the votes that each label has.

    Args:
        ballots: a label for each annotator.
    """
    return {label: Fraction(ballots.count(label), len(ballots)) for label in dict.fromkeys(ballots)}


@lru_cache(maxsize=10_000)  # large corpora have the same votes again and again
def _columns(
    label: str, given: tuple[tuple[str, Fraction], ...], labels: tuple[str, ...]
) -> Mapping[str, str]:
    shares = dict(given)
    soft = _rounded([shares.get(name, Fraction(0)) for name in labels])
    return {
        AGREEMENT: f"{float(shares.get(label, 0)):.2f}",
        **{f"{VOTE}{name}": text for name, text in zip(labels, soft, strict=True)},
    }


def _rounded(shares: Sequence[Fraction]) -> list[str]:
    """Round shares so that they still add up to 1: those that lose most are rounded up."""
    steps = [int(share * _STEPS) for share in shares]
    lost = [share * _STEPS - step for share, step in zip(shares, steps, strict=True)]
    most = sorted(range(len(shares)), key=lambda index: -lost[index])
    for index in most[: _STEPS - sum(steps)]:
        steps[index] += 1
    return [f"{step / _STEPS:g}" for step in steps]
