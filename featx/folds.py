"""Which utterances train, validate and test: by the manifest's split, or cross-validation."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import StratifiedKFold

from featx.errors import FeatxError
from featx.manifest import Manifest, Utterance

PARTS = ("train", "validation", "test")
_SHUFFLE_SEED = 0  # of speaker-dependent folds: the same for every run, so runs compare


@dataclass(frozen=True)
class Fold:
    """One division of a corpus.

    Attributes:
        number: from 0.
        train: utterances that the head learns from.
        validation: utterances that choose its checkpoint.
        test: utterances that score it.
    """

    number: int
    train: tuple[Utterance, ...]
    validation: tuple[Utterance, ...]
    test: tuple[Utterance, ...]


def make_folds(
    manifest: Manifest, count: int = 5, speaker_dependent: bool = False
) -> tuple[Fold, ...]:
    """Divide a corpus as its `split` column says, else by cross-validation.

    Cross-validation deals the speakers, sexes in turn, into `count` groups; each is the test
    set once, with the next one for validation and the others for training. It depends on the
    manifest's content only, not on its order.

    Args:
        manifest: the corpus.
        count: folds of the cross-validation, at most one a speaker.
        speaker_dependent: allow the same speakers in training and test. Cross-validation then
            divides utterances instead, stratified by label.

    Raises:
        FeatxError: if the split is incomplete or shares speakers between its parts, or there are
            too few speakers.
    """
    utterances = sorted(manifest.utterances, key=lambda u: u.utterance)
    folds: tuple[Fold, ...]
    if any(u.split for u in utterances):
        folds = (_fold_from_split(manifest, utterances),)
    elif speaker_dependent:
        folds = _rotate(_stratified_groups(manifest, utterances, count))
    else:
        folds = _rotate(_speaker_groups(manifest, utterances, count))
    if not speaker_dependent:
        for fold in folds:
            _check_disjoint(manifest, fold)
    for fold in folds:
        _check_labels(manifest, fold)
    return folds


def shares_speakers(fold: Fold) -> bool:
    """Tell whether a speaker, or someone unnamed, is in more than one part of a fold."""
    parts = [{u.speaker for u in part} for part in (fold.train, fold.validation, fold.test)]
    everyone = set().union(*parts)
    return "" in everyone or sum(map(len, parts)) > len(everyone)


def _rotate(groups: Sequence[Sequence[Utterance]]) -> tuple[Fold, ...]:
    """Test on each group in turn, validate on the one after it, train on the rest."""
    folds = []
    for number, test in enumerate(groups):
        following = (number + 1) % len(groups)
        rest = [g for i, g in enumerate(groups) if i not in (number, following)]
        train = tuple(utterance for group in rest for utterance in group)
        folds.append(Fold(number, train, tuple(groups[following]), tuple(test)))
    return tuple(folds)


def _speaker_groups(
    manifest: Manifest, utterances: Sequence[Utterance], count: int
) -> list[list[Utterance]]:
    _check_speakers_known(manifest, utterances)
    by_speaker = defaultdict(list)
    for utterance in utterances:
        by_speaker[utterance.speaker].append(utterance)
    if len(by_speaker) < 3:
        raise FeatxError(
            f"{manifest.path}: {len(by_speaker)} speakers; training, validation and test need "
            "one each. Add speakers, or give --speaker-dependent to divide utterances instead."
        )
    # sexes one after the other, so that dealing spreads each of them over the groups
    order = sorted(by_speaker, key=lambda s: (by_speaker[s][0].extra.get("sex", ""), _natural(s)))
    count = min(_checked_count(count), len(order))
    return [[u for speaker in order[i::count] for u in by_speaker[speaker]] for i in range(count)]


def _stratified_groups(
    manifest: Manifest, utterances: Sequence[Utterance], count: int
) -> list[list[Utterance]]:
    labels = np.array([u.label for u in utterances])
    rarest = min(np.unique(labels, return_counts=True)[1])
    if rarest < _checked_count(count):
        raise FeatxError(
            f"{manifest.path}: a label has only {rarest} utterances, fewer than the {count} folds. "
            "Give a smaller --folds, or leave that label out of the manifest."
        )
    divide = StratifiedKFold(count, shuffle=True, random_state=_SHUFFLE_SEED)
    return [[utterances[i] for i in test] for _, test in divide.split(labels, labels)]


def _checked_count(count: int) -> int:
    if count < 3:
        raise FeatxError(f"--folds {count}: training, validation and test need at least 3.")
    return count


def _fold_from_split(manifest: Manifest, utterances: Sequence[Utterance]) -> Fold:
    parts = {part: tuple(u for u in utterances if u.split == part) for part in PARTS}
    unassigned = [u.utterance for u in utterances if not u.split]
    if unassigned:
        raise FeatxError(
            f"{manifest.path}: {_some(unassigned)} have no split while others have; "
            f"give each one of {', '.join(PARTS)}."
        )
    absent = [part for part in PARTS if not parts[part]]
    if absent:
        raise FeatxError(
            f"{manifest.path}: the split column has no {' and no '.join(absent)} utterances. "
            "A head needs all three: validation chooses its checkpoint, test only scores it."
        )
    return Fold(0, parts["train"], parts["validation"], parts["test"])


def _check_disjoint(manifest: Manifest, fold: Fold) -> None:
    _check_speakers_known(manifest, [*fold.train, *fold.validation, *fold.test])
    owners: dict[str, set[str]] = defaultdict(set)
    for part, utterances in zip(PARTS, (fold.train, fold.validation, fold.test), strict=True):
        for utterance in utterances:
            owners[utterance.speaker].add(part)
    shared = sorted((s for s, parts in owners.items() if len(parts) > 1), key=_natural)
    if shared:
        where = sorted(owners[shared[0]], key=PARTS.index)
        raise FeatxError(
            f"{manifest.path}: {len(shared)} speakers are in more than one part of the split, "
            f"such as {shared[0]} in {' and '.join(where)}. The head would know its test voices. "
            "Divide by speaker, or give --speaker-dependent if that is what you want to measure."
        )


def _check_speakers_known(manifest: Manifest, utterances: Iterable[Utterance]) -> None:
    unknown = [u.utterance for u in utterances if not u.speaker]
    if unknown:
        raise FeatxError(
            f"{manifest.path}: {_some(unknown)} have no speaker, so training and test can't be "
            "kept apart by speaker. Fill in the column, or give --speaker-dependent."
        )


def _check_labels(manifest: Manifest, fold: Fold) -> None:
    untrained = {u.label for u in (*fold.validation, *fold.test)} - {u.label for u in fold.train}
    if untrained:
        raise FeatxError(
            f"{manifest.path}: in fold {fold.number} nothing in training has the label "
            f"{', '.join(sorted(untrained))}. Leave such labels out, or divide otherwise."
        )


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort key that puts speaker 2 before speaker 10."""
    parts = re.split(r"(\d+)", name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"utterances {', '.join(names[:3])}{more}"
