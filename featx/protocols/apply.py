"""Choosing a protocol's utterances from a manifest, and saying why one doesn't fit."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from featx.data.labels import order_labels
from featx.data.manifest import Manifest, Utterance
from featx.errors import FeatxError
from featx.protocols.divisions import Speakers
from featx.protocols.folds import make_folds
from featx.protocols.protocol import Protocol
from featx.utils.text import counted


def apply_protocol(manifest: Manifest, protocol: Protocol) -> Manifest:
    """Return the utterances that a protocol is about, under its labels.

    Args:
        manifest: the corpus, in any order.
        protocol: what is kept and renamed.

    Raises:
        FeatxError: if the manifest lacks a column, a value or a label that the protocol needs.
    """
    _check_columns(manifest, protocol)
    chosen = _merged(_selected(manifest.utterances, protocol), protocol)
    absent = set(protocol.labels) - {u.label for u in chosen}
    if absent:
        here = order_labels(u.label for u in chosen)
        raise _unfit(
            manifest,
            protocol,
            f"no utterance has the label {' or '.join(order_labels(absent))}; "
            f"there are {', '.join(here) or 'none'}",
        )
    kept = tuple(u for u in chosen if _is_kept(u, protocol))
    return Manifest(manifest.path, kept)


def notes(manifest: Manifest, protocol: Protocol) -> list[str]:
    """Say what a protocol leaves out of a manifest, and what the manifest lacks.

    Args:
        manifest: the corpus, before `apply_protocol`.
        protocol: one that fits.

    Raises:
        FeatxError: if it doesn't fit or can't divide the manifest.
    """
    applied = apply_protocol(manifest, protocol)
    selected = _selected(manifest.utterances, protocol)
    lines = []
    if len(selected) < len(manifest.utterances):
        count = counted(len(manifest.utterances) - len(selected), "utterance")
        lines.append(f"left out {count} of another {' or '.join(protocol.where)}")
    before = Counter(u.label for u in selected)
    lines += [
        f"merged {counted(before[old], f'{old} utterance')} into {new}"
        for old, new in protocol.merge.items()
        if before[old]
    ]
    other = Counter(u.label for u in _merged(selected, protocol) if not _is_kept(u, protocol))
    if other:
        count = counted(other.total(), "utterance")
        lines.append(f"left out {count} of other labels: {_counts(other)}")
    return lines + _gaps(applied, protocol)


def _gaps(applied: Manifest, protocol: Protocol) -> list[str]:
    """Say where the corpus is not complete."""
    lines = []
    here, whole = len(applied.utterances), protocol.expected.utterances
    if whole and here != whole:
        lines.append(f"{here:,} utterances are here, the complete corpus has {whole:,}")
    if protocol.expected.test:
        (fold,) = make_folds(applied, protocol.division)
        tested = Counter(u.label for u in fold.test)
        wanted = protocol.expected.test.items()
        other = [f"{label} {tested[label]} of {n}" for label, n in wanted if tested[label] != n]
        if other:
            lines.append(f"the test set is not that of the complete corpus: {', '.join(other)}")
    if isinstance(protocol.division, Speakers):
        absent = set(protocol.division.train) - {u.speaker for u in applied.utterances}
        if absent:
            lines.append(f"no utterances of speaker {', '.join(sorted(absent))}, who would train")
    return lines


def _check_columns(manifest: Manifest, protocol: Protocol) -> None:
    """Raise a FeatxError if a column or one of its values is not there."""
    for column, wanted in protocol.where.items():
        here = {_value(u, column) for u in manifest.utterances} - {""}
        if not here:
            raise _unfit(manifest, protocol, f"it has no column {column}")
        absent = [value for value in wanted if value not in here]
        if absent:
            has = f"; there is {_some(sorted(here))}"
            raise _unfit(manifest, protocol, f"no utterance has {column} {_some(absent)}{has}")


def _selected(utterances: Iterable[Utterance], protocol: Protocol) -> list[Utterance]:
    where = protocol.where.items()
    return [u for u in utterances if all(_value(u, column) in wanted for column, wanted in where)]


def _merged(utterances: Iterable[Utterance], protocol: Protocol) -> list[Utterance]:
    return [replace(u, label=protocol.merge.get(u.label, u.label)) for u in utterances]


def _is_kept(utterance: Utterance, protocol: Protocol) -> bool:
    return not protocol.labels or utterance.label in protocol.labels


def _value(utterance: Utterance, column: str) -> str:
    if column in ("utterance", "label", "speaker", "session", "split"):
        return str(getattr(utterance, column))
    return utterance.extra.get(column, "")


def _unfit(manifest: Manifest, protocol: Protocol, reason: str) -> FeatxError:
    name = protocol.name or protocol.title
    made = f" One that fits: {protocol.manifest}" if protocol.manifest else ""
    return FeatxError(f"{manifest.path} doesn't fit the protocol {name}: {reason}.{made}")


def _counts(labels: Counter[str]) -> str:
    return ", ".join(f"{label} ({labels[label]:,})" for label in order_labels(labels))


def _some(values: Sequence[str]) -> str:
    return ", ".join(values[:8]) + (f" and {len(values) - 8} more" if len(values) > 8 else "")
