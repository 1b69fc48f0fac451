"""What several annotators gave an utterance, as columns: their agreement, and soft labels."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from featx.data.labels import order_labels
from featx.data.manifest import Utterance

_STEPS = 10_000  # of a soft label, from 0 to 1
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
        "agreement": f"{float(shares.get(label, 0)):.2f}",
        **{f"p_{name}": text for name, text in zip(labels, soft, strict=True)},
    }


def _rounded(shares: Sequence[Fraction]) -> list[str]:
    """Round shares so that they still add up to 1: those that lose most are rounded up."""
    steps = [int(share * _STEPS) for share in shares]
    lost = [share * _STEPS - step for share, step in zip(shares, steps, strict=True)]
    most = sorted(range(len(shares)), key=lambda index: -lost[index])
    for index in most[: _STEPS - sum(steps)]:
        steps[index] += 1
    return [f"{step / _STEPS:g}" for step in steps]
