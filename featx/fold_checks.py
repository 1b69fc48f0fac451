"""What every division must keep: nothing empty, no label untaught, no speaker in two parts."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from featx.errors import FeatxError
from featx.manifest import Manifest, Utterance

Parts = Mapping[str, Sequence[Utterance]]  # training, validation and test by name


def check_fold(manifest: Manifest, number: int, parts: Parts, disjoint: bool) -> None:
    """Check one fold.

    Args:
        manifest: the corpus, for the message.
        number: the fold's.
        parts: its utterances.
        disjoint: whether speakers must be apart.

    Raises:
        FeatxError: if the fold breaks a rule.
    """
    empty = [part for part, utterances in parts.items() if not utterances]
    if empty:
        raise FeatxError(
            f"{manifest.path}: fold {number} has no {' and no '.join(empty)} utterances. "
            "A head needs all three: validation chooses its checkpoint, test only scores it."
        )
    if disjoint:
        _check_disjoint(manifest, parts)
    heard = {u.label for u in (*parts["validation"], *parts["test"])}
    untrained = heard - {u.label for u in parts["train"]}
    if untrained:
        raise FeatxError(
            f"{manifest.path}: in fold {number} nothing in training has the label "
            f"{', '.join(sorted(untrained))}. Leave such labels out, or divide otherwise."
        )


def check_speakers_known(manifest: Manifest, utterances: Iterable[Utterance]) -> None:
    """Raise a FeatxError if an utterance has no speaker."""
    unknown = [u.utterance for u in utterances if not u.speaker]
    if unknown:
        raise FeatxError(
            f"{manifest.path}: utterances {some(unknown)} have no speaker, so training and test "
            "can't be kept apart by speaker. Fill in the column, or divide otherwise; without a "
            "protocol, --speaker-dependent divides utterances."
        )


def natural(name: str) -> list[tuple[int, str]]:
    """Return a sort key that puts speaker 2 before speaker 10."""
    parts = re.split(r"(\d+)", name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def some(names: Sequence[str], shown: int = 3) -> str:
    """Join the first few names, and count the rest."""
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return f"{', '.join(names[:shown])}{more}"


def _check_disjoint(manifest: Manifest, parts: Parts) -> None:
    check_speakers_known(manifest, [u for utterances in parts.values() for u in utterances])
    owners: dict[str, list[str]] = defaultdict(list)
    for part, utterances in parts.items():
        for speaker in {u.speaker for u in utterances}:
            owners[speaker].append(part)
    shared = sorted((s for s, where in owners.items() if len(where) > 1), key=natural)
    if shared:
        raise FeatxError(
            f"{manifest.path}: {len(shared)} speakers are in more than one part of the split, "
            f"such as {shared[0]} in {' and '.join(owners[shared[0]])}. The head would know its "
            "test voices. Divide by speaker; or, without a protocol, give --speaker-dependent if "
            "that is what you want to measure."
        )
