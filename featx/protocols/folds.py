"""Which utterances train, validate and test: a corpus divided into folds."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

from featx.data.manifest import Manifest, Utterance
from featx.errors import FeatxError
from featx.protocols.divide_corpora import divide_corpora
from featx.protocols.divisions.columns import Crossed, LeaveOneOut
from featx.protocols.divisions.division import Division
from featx.protocols.divisions.drawn import RandomFolds, RandomSplit
from featx.protocols.divisions.manifests import Corpora, ManifestSplit
from featx.protocols.divisions.speakers import SpeakerFolds, SpeakerGroups, Speakers
from featx.protocols.draws import Utterances, deal, draw
from featx.protocols.fold import PARTS, Fold, check_disjoint, check_fold, shares_speakers
from featx.protocols.groups import by_speaker, check_all_named, deal_speakers, group_by
from featx.utils.text import listed


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
            check_disjoint(manifest, {**learned, "test": fold.test})
    return folds


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
