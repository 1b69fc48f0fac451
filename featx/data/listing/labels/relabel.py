"""Choosing and merging labels, the same way in every corpus and never by default."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from featx.data.listing.corpus import Found
from featx.data.listing.files import CorpusError
from featx.data.listing.labels.votes import VOTE, merge_votes
from featx.errors import FeatxError
from featx.utils.text import counted


def choose_labels(found: Found, merge: Mapping[str, str], labels: Sequence[str]) -> Found:
    """Rename labels, all at once, then keep only some.

    Args:
        found: what the corpus holds.
        merge: labels to rename, each to its new name.
        labels: the labels to keep after merging; all if empty.

    Returns:
        The utterances that remain, with a note on every change.

    Raises:
        CorpusError: if there is no such label, naming those there are.
    """
    before = Counter(utterance.label for utterance in found.utterances)
    _require("merge", [label for label in merge if not _has_votes(found, label)], before)
    renamed = [replace(u, label=merge.get(u.label, u.label)) for u in found.utterances]
    merged = merge_votes(renamed, merge)
    notes = [
        f"merged {counted(before[old], f'{old} utterance')} into {new}"
        for old, new in merge.items()
    ]
    after = Counter(utterance.label for utterance in merged)
    _require("labels", labels, after)
    if not labels:
        return Found(merged, found.notes + notes)
    kept = [utterance for utterance in merged if utterance.label in labels]
    dropped = Counter({label: n for label, n in after.items() if label not in labels})
    if dropped:
        notes.append(
            f"left out {counted(dropped.total(), 'utterance')} of other labels: {_list(dropped)}"
        )
    return Found(kept, found.notes + notes)


def _has_votes(found: Found, label: str) -> bool:
    """Tell whether annotators may have given a label that no utterance has."""
    return any(f"{VOTE}{label}" in utterance.extra for utterance in found.utterances)


def read_merges(texts: Sequence[str]) -> dict[str, str]:
    """Read `OLD=NEW` pairs.

    Raises:
        FeatxError: if a text is not a pair, or a label would become two others.
    """
    merges: dict[str, str] = {}
    for text in texts:
        old, _, new = (part.strip() for part in text.partition("="))
        if not old or not new:
            raise FeatxError(f"`merge={text}`: must be OLD=NEW, such as excited=happy.")
        if merges.setdefault(old, new) != new:
            raise FeatxError(f"`merge={text}`: {old} already becomes {merges[old]}.")
    return merges


def _require(argument: str, labels: Sequence[str] | Mapping[str, str], known: Counter[str]) -> None:
    unknown = [label for label in labels if label not in known]
    if unknown:
        raise CorpusError(f"`{argument}`: no label {', '.join(unknown)}; there are: {_list(known)}")


def _list(counts: Counter[str]) -> str:
    return ", ".join(f"{label} ({counts[label]:,})" for label in sorted(counts))
