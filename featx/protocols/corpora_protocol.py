"""The protocol of a fit that learns from some corpora and is tested on others."""

from collections.abc import Sequence
from pathlib import Path

from featx.data.joined import JoinedManifest
from featx.data.label_order import order_labels
from featx.data.manifest import Manifest
from featx.errors import FeatxError
from featx.protocols.apply import apply_protocol
from featx.protocols.choices import TaskKind
from featx.protocols.divide_corpora import shared_speakers
from featx.protocols.divisions.manifests import Corpora
from featx.protocols.protocol import Expected, Protocol, choose_protocol, read_protocol

_TITLE = "cross-corpus"


def corpora_protocol(
    joined: JoinedManifest,
    division: Corpora,
    protocol: str | Path | Protocol | None = None,
    target: Sequence[str] = (),
    task: TaskKind | None = None,
) -> Protocol:
    """Return who is learned from and tested, under the labels that all corpora have.

    Args:
        joined: the corpora.
        division: which of them train and which are tested. Its `fold_speakers` allows for folds,
            which are made where speakers are shared.
        protocol: whose columns, merged labels, labels and target are taken, but for its division
            and what it expects of the complete corpus.
        target: the columns that are learned; by default as the protocol says.
        task: how they are learned; by default as the protocol says, or what the columns hold.

    Raises:
        FeatxError: if the protocol can't be used, or the corpora share fewer than two classes.
    """
    given = _with_division(protocol, division)
    chosen = choose_protocol(given, joined, division.count, False, target, task)
    chosen = limit_labels(chosen, [part.manifest for part in joined.parts])
    folds = division.fold_speakers and bool(shared_speakers(joined.utterances, division))
    return chosen.model_copy(
        update={"division": division.model_copy(update={"fold_speakers": folds})}
    )


def _with_division(protocol: str | Path | Protocol | None, division: Corpora) -> Protocol:
    """Return what a protocol says of labels and columns, with another division."""
    if protocol is None:
        return Protocol(title=_TITLE, division=division)
    given = protocol if isinstance(protocol, Protocol) else read_protocol(str(protocol))
    title = f"{_TITLE}, {given.title}"
    changes = {"division": division, "expected": Expected(), "title": title, "manifest": ""}
    return given.model_copy(update=changes)


def limit_labels(protocol: Protocol, manifests: Sequence[Manifest]) -> Protocol:
    """Limit a protocol to the classes that each of several corpora has; the same if all have all.

    Numbers, which a regression learns, are not limited.

    Raises:
        FeatxError: if they share fewer than two.
    """
    if protocol.target.task == "regression":
        return protocol
    shared = shared_classes(protocol, manifests)
    known = {m.name: classes_of(m, protocol) for m in manifests}
    if len(shared) < 2:
        each = "; ".join(f"{name} has {', '.join(order_labels(c))}" for name, c in known.items())
        raise FeatxError(
            f"The corpora share {', '.join(shared) or 'no label'}, and a head needs two: {each}. "
            "Give a `protocol` that merges labels, or manifests with the same words for them."
        )
    if all(classes == shared for classes in known.values()):
        return protocol
    kept = tuple(order_labels(shared))
    if not protocol.target.is_label:
        (column,) = protocol.target.columns
        return protocol.model_copy(update={"where": {**protocol.where, column: kept}})
    merge = {old: new for old, new in protocol.merge.items() if new in shared}
    return protocol.model_copy(update={"labels": kept, "merge": merge})


def shared_classes(protocol: Protocol, manifests: Sequence[Manifest]) -> set[str]:
    """Return the classes that each of several corpora has; raises as `classes_of` does."""
    return set.intersection(*(classes_of(manifest, protocol) for manifest in manifests))


def classes_of(manifest: Manifest, protocol: Protocol) -> set[str]:
    """Return the classes that a corpus has under a protocol, or those of the target.

    Raises:
        FeatxError: if the manifest lacks a column, or a value of it that the protocol needs.
    """
    applied = apply_protocol(manifest, protocol.model_copy(update={"labels": ()}))
    there = {u.label for u in applied.kept.utterances}
    whole = not protocol.labels or not protocol.target.is_label
    return there if whole else there & set(protocol.labels)
