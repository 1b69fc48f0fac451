"""Choosing a protocol's utterances from a manifest, and saying why one doesn't fit."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from featx.data.label_order import order_labels
from featx.data.manifest import Manifest, Utterance
from featx.errors import FeatxError
from featx.protocols.choices import TaskKind
from featx.protocols.divisions.speakers import Speakers
from featx.protocols.fold import Fold
from featx.protocols.labelled import check_labelled
from featx.protocols.numbers import check_columns, decide_task, read_numbers
from featx.protocols.protocol import Protocol
from featx.protocols.shares import Shares, label_by_votes, read_labels, read_votes
from featx.utils.text import counted, listed


@dataclass(frozen=True)
class AppliedProtocol:
    """A corpus under a protocol, before it is divided.

    Attributes:
        corpus: the whole corpus, as its manifest has it.
        protocol: what is kept and renamed.
        kept: the utterances that the protocol is about, under its labels.
        left_out: what the protocol leaves out of the corpus or merges, a phrase for each.
        numbers: of a regression the numbers of each kept utterance, in the order of the target's
            columns; none of classes.
        shares: how much of each kept utterance is of each class, or which labels fit; none where
            each has a single class.
    """

    corpus: Manifest
    protocol: Protocol
    kept: Manifest
    left_out: tuple[str, ...]
    numbers: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    shares: Shares = field(default_factory=dict)


def apply_protocol(manifest: Manifest, protocol: Protocol) -> AppliedProtocol:
    """Choose the utterances that a protocol is about, under its labels.

    Args:
        manifest: the corpus, in any order.
        protocol: what is kept and renamed.

    Raises:
        FeatxError: if the manifest lacks a column, a value or a label that the protocol needs.
    """
    _check_columns(manifest, protocol)
    task = decide_task(manifest, protocol.target)[0]
    everyone = manifest.utterances
    if task == "distribution":
        everyone = tuple(label_by_votes(manifest))
    selected = _selected(everyone, protocol)
    if protocol.labels or (task == "classification" and protocol.target.is_label):
        check_labelled(manifest, selected)
    merged = _merged(selected, protocol)
    _check_labels(manifest, protocol, merged)
    kept = [u for u in merged if _is_kept(u, protocol)]
    left_out = _describe_left_out(manifest, protocol, selected, merged)
    learned = _learned(manifest, protocol, task, kept)
    whole = Manifest(manifest.path, tuple(learned.utterances))
    left_out += learned.left_out
    return AppliedProtocol(manifest, protocol, whole, left_out, learned.numbers, learned.shares)


@dataclass(frozen=True)
class _Learned:
    """What is learned of utterances: of those that have it, and what is said of the others."""

    utterances: Sequence[Utterance]
    numbers: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    shares: Shares = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


def _learned(
    manifest: Manifest, protocol: Protocol, task: TaskKind, kept: Sequence[Utterance]
) -> _Learned:
    columns, is_label = protocol.target.columns, protocol.target.is_label
    if task == "distribution":
        if not is_label:
            raise FeatxError(
                "`task='distribution'` learns the columns p_LABEL of the manifest's labels: leave "
                "`target` out."
            )
        known, shares, phrases = read_votes(manifest, kept, protocol.merge)
        return _Learned(known, shares=shares, left_out=phrases)
    if task == "regression":
        numbers = read_numbers(manifest, kept, columns)
        # no label divides them
        known = [replace(u, label="+".join(columns)) for u in kept if u.utterance in numbers]
        learned = _Learned(known, numbers=numbers)
    elif task == "multilabel":
        known, shares = read_labels(manifest, kept, columns)
        learned = _Learned(known, shares=shares)
    else:
        learned = _Learned(kept if is_label else _with_target(manifest, columns, kept))
    if absent := len(kept) - len(learned.utterances):
        phrase = f"left out {counted(absent, 'utterance')} without {' or '.join(columns)}"
        return replace(learned, left_out=(phrase,))
    return learned


def _with_target(
    manifest: Manifest, columns: Sequence[str], utterances: Sequence[Utterance]
) -> list[Utterance]:
    """Put a column in the labels' place, of utterances that have it."""
    check_columns(manifest, columns)
    if len(columns) > 1:
        raise FeatxError(
            f"{manifest.path}: `target` names {' and '.join(columns)}, which do not all hold "
            "numbers. Classes are learned of a single column."
        )
    return [replace(u, label=u.column(columns[0])) for u in utterances if u.column(columns[0])]


def _describe_left_out(
    manifest: Manifest,
    protocol: Protocol,
    selected: Sequence[Utterance],
    merged: Sequence[Utterance],
) -> tuple[str, ...]:
    phrases = []
    if len(selected) < len(manifest.utterances):
        count = counted(len(manifest.utterances) - len(selected), "utterance")
        phrases.append(f"left out {count} of another {' or '.join(protocol.where)}")
    before = Counter(u.label for u in selected)
    phrases += [
        f"merged {counted(before[old], f'{old} utterance')} into {new}"
        for old, new in protocol.merge.items()
        if before[old]
    ]
    other = Counter(u.label for u in merged if not _is_kept(u, protocol))
    if other:
        count = counted(other.total(), "utterance")
        phrases.append(f"left out {count} of other labels: {_counts(other)}")
    return tuple(phrases)


def find_gaps(applied: AppliedProtocol, folds: Sequence[Fold]) -> tuple[str, ...]:
    """Say where a corpus is not complete.

    Args:
        applied: the corpus under its protocol.
        folds: the kept utterances as the protocol divides them.
    """
    protocol, phrases = applied.protocol, []
    here, whole = len(applied.kept.utterances), protocol.expected.utterances
    if whole and here != whole:
        phrases.append(f"{here:,} utterances are here, the complete corpus has {whole:,}")
    if (
        protocol.expected.test
        and protocol.target.is_label
        and not applied.numbers
        and not applied.shares
    ):
        (fold,) = folds
        tested = Counter(u.label for u in fold.test)
        wanted = protocol.expected.test.items()
        other = [f"{label} {tested[label]} of {n}" for label, n in wanted if tested[label] != n]
        if other:
            phrases.append(f"the test set is not that of the complete corpus: {', '.join(other)}")
    if isinstance(protocol.division, Speakers):
        absent = set(protocol.division.train) - {u.speaker for u in applied.kept.utterances}
        if absent:
            names = ", ".join(sorted(absent))
            phrases.append(f"no utterances of speaker {names}, who would train")
    return tuple(phrases)


def _check_columns(manifest: Manifest, protocol: Protocol) -> None:
    """Raise a FeatxError if a column, or a value that it must have, is not there."""
    for column, wanted in protocol.where.items():
        here = {u.column(column) for u in manifest.utterances} - {""}
        if not here:
            raise _unfit(manifest, protocol, f"it has no column {column}")
        absent = [value for value in wanted if value not in here]
        if absent:
            has = f"; there is {listed(sorted(here), 8)}"
            raise _unfit(manifest, protocol, f"no utterance has {column} {listed(absent, 8)}{has}")


def _check_labels(manifest: Manifest, protocol: Protocol, merged: Sequence[Utterance]) -> None:
    """Raise a FeatxError if nobody has one of the protocol's labels."""
    absent = set(protocol.labels) - {u.label for u in merged}
    if absent:
        here = order_labels(u.label for u in merged)
        raise _unfit(
            manifest,
            protocol,
            f"no utterance has the label {' or '.join(order_labels(absent))}; "
            f"there are {', '.join(here) or 'none'}",
        )


def _selected(utterances: Iterable[Utterance], protocol: Protocol) -> list[Utterance]:
    where = protocol.where.items()
    return [u for u in utterances if all(u.column(column) in wanted for column, wanted in where)]


def _merged(utterances: Iterable[Utterance], protocol: Protocol) -> list[Utterance]:
    return [
        replace(u, label=protocol.merge[u.label]) if u.label in protocol.merge else u
        for u in utterances
    ]


def _is_kept(utterance: Utterance, protocol: Protocol) -> bool:
    return not protocol.labels or utterance.label in protocol.labels


def _unfit(manifest: Manifest, protocol: Protocol, reason: str) -> FeatxError:
    name = protocol.name or protocol.title
    cure = f"This makes a manifest that fits: {protocol.manifest}" if protocol.manifest else None
    return FeatxError(f"{manifest.path} doesn't fit the protocol {name}: {reason}.", cure)


def _counts(labels: Counter[str]) -> str:
    return ", ".join(f"{label} ({labels[label]:,})" for label in order_labels(labels))
