"""Which utterances train, validate and test: a corpus divided into folds."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from featx.data.manifest import Manifest, Utterance
from featx.data.words import names_nobody
from featx.errors import FeatxError
from featx.protocols.divide_corpora import divide_corpora
from featx.protocols.divisions.columns import Crossed, LeaveOneOut
from featx.protocols.divisions.division import Division
from featx.protocols.divisions.drawn import RandomFolds, RandomSplit
from featx.protocols.divisions.manifests import Corpora, ManifestSplit
from featx.protocols.divisions.speakers import SpeakerFolds, SpeakerGroups, Speakers
from featx.protocols.draws import Utterances, deal, draw
from featx.protocols.groups import (
    by_speaker,
    check_all_named,
    check_speakers_known,
    deal_speakers,
    group_by,
    natural,
)
from featx.protocols.shares import split_labels
from featx.utils.text import listed

PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class Fold:
    """A division of a corpus into training, validation and test.

    A crossed division leaves some of the corpus out of each fold.

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


def make_folds(manifest: Manifest, division: Division, several: bool = False) -> tuple[Fold, ...]:
    """Divide a corpus.

    The folds depend on the manifest's content only, not on its order.

    Args:
        manifest: the corpus.
        division: how. In cross-validation each group is the test set once, and the next one
            validates unless the division says otherwise.
        several: whether an utterance's label is several labels, joined.

    Raises:
        FeatxError: if the manifest can't be divided so: too few speakers, sessions or utterances,
            an incomplete split, a part left empty, a label that nothing in training has, or
            speakers in two parts though the division keeps them apart.
    """
    ordered = sorted(manifest.utterances, key=lambda u: u.utterance)
    folds = _divide(manifest, ordered, division)
    for fold in folds:
        check_fold(manifest, fold.number, fold.parts, division.speakers_disjoint, several)
        if division.tests_new_speakers and shares_speakers(fold):
            learned = {"training or validation": (*fold.train, *fold.validation)}
            _check_disjoint(manifest, {**learned, "test": fold.test})
    return folds


def shares_speakers(fold: Fold) -> bool:
    """Tell whether someone who is tested may be heard in training or validation."""
    tested, learned = _speakers(fold.test), _speakers((*fold.train, *fold.validation))
    return any(map(names_nobody, tested | learned)) or bool(tested & learned)


def known_validate(fold: Fold) -> bool:
    """Tell whether a speaker who is trained on validates."""
    return bool(_speakers(fold.train) & _speakers(fold.validation) - {""})


def _speakers(utterances: Sequence[Utterance]) -> set[str]:
    return {utterance.speaker for utterance in utterances}


def _divide(
    manifest: Manifest, utterances: Sequence[Utterance], division: Division
) -> tuple[Fold, ...]:
    match division:
        case Speakers():
            return (_fold_of_speakers(manifest, utterances, division),)
        case SpeakerFolds():
            return _rotate(deal_speakers(manifest, utterances, division.count))
        case SpeakerGroups(groups=named, validation=share):
            check_all_named(manifest, by_speaker(manifest, utterances), sum(named, ()))
            groups = [[u for u in utterances if u.speaker in group] for group in named]
            return _rotate_or_draw(manifest, groups, share)
        case LeaveOneOut():
            return _leave_one_out(manifest, utterances, division)
        case Crossed():
            return _crossed_folds(manifest, utterances, division)
        case RandomFolds():
            return _random_folds(manifest, utterances, division)
        case RandomSplit(stratified=stratified, random_state=state):
            rest, test = draw(manifest, utterances, division.test, stratified, state)
            train, validation = draw(manifest, rest, division.validation, stratified, state)
            return (Fold(0, train, validation, test),)
        case ManifestSplit():
            return (_fold_of_split(manifest, utterances),)
        case Corpora():
            divided = divide_corpora(manifest, utterances, division)
            return tuple(Fold(number, *parts) for number, parts in enumerate(divided))


def _rotate(groups: Sequence[Sequence[Utterance]]) -> tuple[Fold, ...]:
    """Test on each group in turn, validate on the one after it, train on the rest."""
    folds = []
    for number, test in enumerate(groups):
        following = (number + 1) % len(groups)
        rest = [g for i, g in enumerate(groups) if i not in (number, following)]
        train = tuple(utterance for group in rest for utterance in group)
        folds.append(Fold(number, train, tuple(groups[following]), tuple(test)))
    return tuple(folds)


def _leave_one_out(
    manifest: Manifest, utterances: Sequence[Utterance], division: LeaveOneOut
) -> tuple[Fold, ...]:
    share = division.validation
    groups = group_by(manifest, utterances, division.by, needed=3 if share == "next" else 2)
    return _rotate_or_draw(manifest, groups, share)


def _rotate_or_draw(
    manifest: Manifest, groups: Sequence[Sequence[Utterance]], share: Literal["next"] | float
) -> tuple[Fold, ...]:
    """Test on each group in turn; the next validates, or a share of the others."""
    if share == "next":
        return _rotate(groups)
    return _test_each(groups, partial(draw, manifest, share=share))


def _random_folds(
    manifest: Manifest, utterances: Sequence[Utterance], division: RandomFolds
) -> tuple[Fold, ...]:
    share, groups = division.validation, deal(manifest, utterances, division)
    if share == "next":
        return _rotate(groups)
    stratified, state = division.stratified, division.random_state
    drawn = partial(draw, manifest, share=share, stratified=stratified, random_state=state)
    return _test_each(groups, drawn)


def _test_each(
    groups: Sequence[Sequence[Utterance]],
    split: Callable[[Sequence[Utterance]], tuple[Utterances, Utterances]],
) -> tuple[Fold, ...]:
    """Test on each group in turn; split the others into training and validation."""
    folds = []
    for number, test in enumerate(groups):
        others = [u for i, group in enumerate(groups) if i != number for u in group]
        train, validation = split(sorted(others, key=lambda u: u.utterance))
        folds.append(Fold(number, train, validation, tuple(test)))
    return tuple(folds)


def _crossed_folds(
    manifest: Manifest, utterances: Sequence[Utterance], division: Crossed
) -> tuple[Fold, ...]:
    """Rotate over groups of speakers; test each value of the column, and learn from the others."""
    by = division.by
    folds: list[Fold] = []
    values = [group[0].column(by) for group in group_by(manifest, utterances, by, needed=2)]
    for whole in _rotate(deal_speakers(manifest, utterances, division.count)):
        for value in values:
            train, validation = (
                tuple(u for u in part if u.column(by) != value)
                for part in (whole.train, whole.validation)
            )
            test = tuple(u for u in whole.test if u.column(by) == value)
            if test:  # a group need not speak all
                folds.append(Fold(len(folds), train, validation, test))
    return tuple(folds)


def _fold_of_speakers(
    manifest: Manifest, utterances: Sequence[Utterance], division: Speakers
) -> Fold:
    speakers = by_speaker(manifest, utterances)
    absent = [s for s in (*division.validation, *division.test) if s not in speakers]
    if absent:
        raise FeatxError(
            f"{manifest.path}: nothing by speaker {listed(absent)}, who should validate or test; "
            f"there are {listed(list(speakers), 30)}."
        )
    named = (*division.train, *division.validation, *division.test)
    check_all_named(manifest, speakers, named)

    def spoken_by(names: Sequence[str]) -> tuple[Utterance, ...]:
        return tuple(u for u in utterances if u.speaker in set(names))

    return Fold(
        0, spoken_by(division.train), spoken_by(division.validation), spoken_by(division.test)
    )


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


def check_fold(
    manifest: Manifest, number: int, parts: Parts, disjoint: bool, several: bool = False
) -> None:
    """Check a fold.

    Args:
        manifest: the corpus that the message names.
        number: the place of the fold, which the message names.
        parts: the utterances of the fold.
        disjoint: whether no speaker may be in two parts.
        several: whether an utterance's label is several labels, joined.

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
    heard = labels_among((*parts["validation"], *parts["test"]), several)
    untrained = heard - labels_among(parts["train"], several)
    if untrained:
        raise FeatxError(
            f"{manifest.path}: in fold {number} nothing in training has the label "
            f"{', '.join(sorted(untrained))}. Leave such labels out, or divide otherwise."
        )


def labels_among(utterances: Sequence[Utterance], several: bool) -> set[str]:
    """Return the labels of utterances, each of which has several joined if that is said."""
    labels = {utterance.label for utterance in utterances}
    return {own for label in labels for own in split_labels(label)} if several else labels


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
