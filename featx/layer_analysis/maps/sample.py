"""Some of many utterances, of each label and speaker their share."""

from collections.abc import Sequence

import numpy as np

from featx.data.manifest import Utterance


def draw_shares(utterances: Sequence[Utterance], most: int, seed: int) -> tuple[Utterance, ...]:
    """Draw utterances so that each label and speaker has its share.

    They are put in order of label and speaker, at random within, and taken at even steps from a
    random start (systematic sampling; Cochran 1977, "Sampling Techniques", ch. 8): each has the
    same chance.

    Args:
        utterances: what is drawn from.
        most: how many are drawn; all if there are no more.
        seed: of what is random.

    Returns:
        Those drawn, in the order given.
    """
    if len(utterances) <= most:
        return tuple(utterances)
    random = np.random.default_rng(seed)
    ties = random.permutation(len(utterances)).tolist()
    order = sorted(
        range(len(utterances)),
        key=lambda place: (utterances[place].label, utterances[place].speaker, ties[place]),
    )
    steps = (np.arange(most) + random.random()) * len(utterances) / most
    return tuple(utterances[place] for place in sorted(order[int(step)] for step in steps))
