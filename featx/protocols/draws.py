"""Drawing utterances at random, the same ones on every machine."""

from collections import Counter
from collections.abc import Sequence

from featx.data.manifest import Manifest, Utterance
from featx.errors import FeatxError
from featx.protocols.divisions.drawn import RandomFolds

Utterances = tuple[Utterance, ...]


def deal(
    manifest: Manifest, utterances: Sequence[Utterance], division: RandomFolds
) -> list[Utterances]:
    """Deal utterances into groups.

    Args:
        manifest: the corpus that the message names.
        utterances: what is dealt, in a fixed order.
        division: how many groups there are, and how they are drawn.

    Raises:
        FeatxError: if there are too few utterances, or too few of a label when stratifying.
    """
    from sklearn.model_selection import KFold, StratifiedKFold  # here, as it takes a second

    labels = [u.label for u in utterances]
    label, rarest = min(Counter(labels).items(), key=lambda item: (item[1], item[0]))
    if division.stratified and rarest < division.count:
        raise FeatxError(
            f"{manifest.path}: a label, {label}, has only {rarest} utterances, fewer than the "
            f"{division.count} folds. Divide into fewer, or leave that label out."
        )
    if len(labels) < division.count:
        raise FeatxError(
            f"{manifest.path}: {len(labels)} utterances, too few for {division.count} folds."
        )
    method = StratifiedKFold if division.stratified else KFold
    splitter = method(division.count, shuffle=True, random_state=division.random_state)
    return [tuple(utterances[i] for i in test) for _, test in splitter.split(labels, labels)]


def draw(
    manifest: Manifest,
    utterances: Sequence[Utterance],
    share: float,
    stratified: bool = True,
    random_state: int = 0,
) -> tuple[Utterances, Utterances]:
    """Draw a share of the utterances.

    Args:
        manifest: the corpus that the message names.
        utterances: what is drawn from, in a fixed order.
        share: how much is drawn, between 0 and 1.
        stratified: whether it has its share of each label.
        random_state: the seed of the shuffle.

    Returns:
        The utterances left and the utterances drawn, each in the order given.

    Raises:
        FeatxError: if there are too few.
    """
    from sklearn.model_selection import train_test_split  # here, as above

    try:
        left, drawn = train_test_split(
            range(len(utterances)),
            test_size=share,
            stratify=[u.label for u in utterances] if stratified else None,
            random_state=random_state,
        )
    except ValueError as error:
        raise FeatxError(
            f"{manifest.path}: {share:.0%} of {len(utterances)} utterances can't be drawn "
            f"({error})."
        ) from error
    return tuple(utterances[i] for i in sorted(left)), tuple(utterances[i] for i in sorted(drawn))
