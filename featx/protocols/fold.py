"""A fold of a corpus: training, validation and test, and what must hold of them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from featx.data.manifest import Manifest, Utterance
from featx.data.words import names_nobody
from featx.errors import FeatxError
from featx.protocols.groups import check_speakers_known, natural
from featx.protocols.shares import split_labels

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


def shares_speakers(fold: Fold) -> bool:
    """Tell whether someone who is tested may be heard in training or validation."""
    tested, learned = _speakers(fold.test), _speakers((*fold.train, *fold.validation))
    return any(map(names_nobody, tested | learned)) or bool(tested & learned)


def known_validate(fold: Fold) -> bool:
    """Tell whether a speaker who is trained on validates."""
    return bool(_speakers(fold.train) & _speakers(fold.validation) - {""})


def _speakers(utterances: Sequence[Utterance]) -> set[str]:
    return {utterance.speaker for utterance in utterances}


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
        check_disjoint(manifest, parts)
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


def check_disjoint(manifest: Manifest, parts: Parts) -> None:
    """Check that no speaker is in two parts.

    Raises:
        FeatxError: naming one who is, or utterances of unknown speakers.
    """
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
