"""Which utterances train, validate and test: a corpus divided into folds."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from featx.data.manifest import Manifest, Utterance
from featx.errors import FeatxError
from featx.protocols.divisions import (
    Division,
    LeaveOneOut,
    ManifestSplit,
    RandomFolds,
    RandomSplit,
    SpeakerFolds,
    Speakers,
)
from featx.protocols.draws import deal, draw
from featx.utils.text import listed

PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class Fold:
    """A division of a corpus into training, validation and test.

    Attributes:
        number: the place of the fold, from 0.
        train: utterances that the model learns from.
        validation: utterances that choose its checkpoint.
        test: utterances that score it.
    """

    number: int
    train: tuple[Utterance, ...]
    validation: tuple[Utterance, ...]
    test: tuple[Utterance, ...]

    @property
    def parts(self) -> dict[str, tuple[Utterance, ...]]:
        """Training, validation and test by name."""
        return {"train": self.train, "validation": self.validation, "test": self.test}


def make_folds(manifest: Manifest, division: Division) -> tuple[Fold, ...]:
    """Divide a corpus.

    The folds depend on the manifest's content only, not on its order.

    Args:
        manifest: the corpus.
        division: how. In cross-validation each group is the test set once, and the next one
            validates unless the division says otherwise.

    Raises:
        FeatxError: if the manifest can't be divided so: too few speakers, sessions or utterances,
            an incomplete split, a part left empty, a label that nothing in training has, or
            speakers in two parts though the division keeps them apart.
    """
    ordered = sorted(manifest.utterances, key=lambda u: u.utterance)
    folds = _divide(manifest, ordered, division)
    for fold in folds:
        check_fold(manifest, fold.number, fold.parts, division.speakers_disjoint)
    return folds


def shares_speakers(fold: Fold) -> bool:
    """Tell whether a speaker, or someone unnamed, is in more than one part of a fold."""
    parts = [{u.speaker for u in part} for part in fold.parts.values()]
    everyone = set().union(*parts)
    return "" in everyone or sum(map(len, parts)) > len(everyone)


def _divide(
    manifest: Manifest, utterances: Sequence[Utterance], division: Division
) -> tuple[Fold, ...]:
    match division:
        case Speakers():
            return (_fold_of_speakers(manifest, utterances, division),)
        case SpeakerFolds():
            return _rotate(_speaker_groups(manifest, utterances, division.count))
        case LeaveOneOut():
            return _rotate(_groups_left_out(manifest, utterances, division.by))
        case RandomFolds():
            return _random_folds(manifest, utterances, division)
        case RandomSplit():
            rest, test = draw(manifest, utterances, division.test, division)
            train, validation = draw(manifest, rest, division.validation, division)
            return (Fold(0, train, validation, test),)
        case ManifestSplit():
            return (_fold_of_split(manifest, utterances),)


def _rotate(groups: Sequence[Sequence[Utterance]]) -> tuple[Fold, ...]:
    """Test on each group in turn, validate on the one after it, train on the rest."""
    folds = []
    for number, test in enumerate(groups):
        following = (number + 1) % len(groups)
        rest = [g for i, g in enumerate(groups) if i not in (number, following)]
        train = tuple(utterance for group in rest for utterance in group)
        folds.append(Fold(number, train, tuple(groups[following]), tuple(test)))
    return tuple(folds)


def _random_folds(
    manifest: Manifest, utterances: Sequence[Utterance], division: RandomFolds
) -> tuple[Fold, ...]:
    groups = deal(manifest, utterances, division)
    if division.validation == "next":
        return _rotate(groups)
    folds = []
    for number, test in enumerate(groups):
        tested = {u.utterance for u in test}
        rest = [u for u in utterances if u.utterance not in tested]
        train, validation = draw(manifest, rest, division.validation, division)
        folds.append(Fold(number, train, validation, test))
    return tuple(folds)


def _fold_of_speakers(
    manifest: Manifest, utterances: Sequence[Utterance], division: Speakers
) -> Fold:
    by_speaker = _by_speaker(manifest, utterances)
    absent = [s for s in (*division.validation, *division.test) if s not in by_speaker]
    if absent:
        raise FeatxError(
            f"{manifest.path}: nothing by speaker {listed(absent)}, who should validate or test; "
            f"there are {listed(list(by_speaker), 30)}."
        )
    named = {*division.train, *division.validation, *division.test}
    unnamed = [speaker for speaker in by_speaker if speaker not in named]
    if unnamed:
        raise FeatxError(
            f"{manifest.path}: the protocol gives speaker {listed(unnamed)} no part. Use the "
            "corpus that it is for, or name them in it."
        )

    def spoken_by(names: Sequence[str]) -> tuple[Utterance, ...]:
        return tuple(u for u in utterances if u.speaker in set(names))

    return Fold(
        0, spoken_by(division.train), spoken_by(division.validation), spoken_by(division.test)
    )


def _speaker_groups(
    manifest: Manifest, utterances: Sequence[Utterance], count: int
) -> list[list[Utterance]]:
    by_speaker = _by_speaker(manifest, utterances)
    _check_enough(manifest, "speaker", by_speaker)
    if len(by_speaker) < count:
        raise FeatxError(f"{manifest.path}: {len(by_speaker)} speakers, too few for {count} folds.")
    # sexes one after the other, so that dealing spreads each of them over the groups
    order = sorted(by_speaker, key=lambda s: (by_speaker[s][0].extra.get("sex", ""), natural(s)))
    return [[u for speaker in order[i::count] for u in by_speaker[speaker]] for i in range(count)]


def _groups_left_out(
    manifest: Manifest, utterances: Sequence[Utterance], by: str
) -> list[list[Utterance]]:
    if by == "speaker":
        groups = _by_speaker(manifest, utterances)
    else:
        without = [u.utterance for u in utterances if not u.session]
        if without:
            raise FeatxError(
                f"{manifest.path}: utterances {listed(without)} have no session, so none can be "
                "left out. Fill in the column, or take a protocol that divides otherwise."
            )
        groups = _grouped(utterances, by)
    _check_enough(manifest, by, groups)
    return list(groups.values())


def _check_enough(manifest: Manifest, what: str, groups: Mapping[str, Sequence[Utterance]]) -> None:
    if len(groups) < 3:
        raise FeatxError(
            f"{manifest.path}: {len(groups)} {what}s; training, validation and test need a {what} "
            f"each. Add {what}s, or divide otherwise; `speaker_dependent` divides utterances."
        )


def _by_speaker(manifest: Manifest, utterances: Sequence[Utterance]) -> dict[str, list[Utterance]]:
    check_speakers_known(manifest, utterances)
    return _grouped(utterances, "speaker")


def _grouped(utterances: Sequence[Utterance], by: str) -> dict[str, list[Utterance]]:
    groups = defaultdict(list)
    for utterance in utterances:
        groups[getattr(utterance, by)].append(utterance)
    return {name: groups[name] for name in sorted(groups, key=natural)}


def _fold_of_split(manifest: Manifest, utterances: Sequence[Utterance]) -> Fold:
    unassigned = [u.utterance for u in utterances if not u.split]
    if len(unassigned) == len(utterances):
        raise FeatxError(
            f"{manifest.path} has no split column, which must give each utterance one of "
            f"{', '.join(PARTS)}."
        )
    if unassigned:
        raise FeatxError(
            f"{manifest.path}: utterances {listed(unassigned)} have no split while others have; "
            f"give each one of {', '.join(PARTS)}."
        )
    parts = {part: tuple(u for u in utterances if u.split == part) for part in PARTS}
    return Fold(0, parts["train"], parts["validation"], parts["test"])


Parts = Mapping[str, Sequence[Utterance]]  # training, validation and test by name


def check_fold(manifest: Manifest, number: int, parts: Parts, disjoint: bool) -> None:
    """Check a fold.

    Args:
        manifest: the corpus that the message names.
        number: the place of the fold, which the message names.
        parts: the utterances of the fold.
        disjoint: whether no speaker may be in two parts.

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
            f"{manifest.path}: utterances {listed(unknown)} have no speaker, so training and test "
            "can't be kept apart by speaker. Fill in the column, or divide otherwise; without a "
            "protocol, `speaker_dependent` divides utterances."
        )


def natural(name: str) -> list[tuple[int, str]]:
    """Return a sort key that puts speaker 2 before speaker 10."""
    parts = re.split(r"(\d+)", name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


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
            "test voices. Divide by speaker; or, without a protocol, give `speaker_dependent` if "
            "that is what you want to measure."
        )
