"""What utterances to predict are standardised by where that is their speaker's or corpus's own."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from classifiers.statistics import Statistics, add_up, statistics_of
from featx.errors import FeatxError
from featx.fitting.inputs.selection import Selection


@dataclass(frozen=True)
class Groups:
    """What utterances are standardised by where that is each speaker's own.

    Attributes:
        statistics: the statistics of each speaker.
        owners: (utterances,) int64, the speaker of each utterance.
    """

    statistics: Statistics
    owners: Tensor


def measure_groups(
    selection: Selection, utterances: Sequence[str], speakers: Sequence[str]
) -> Groups:
    """Return each speaker's mean and deviation over all frames of the utterances.

    Raises:
        FeatxError: if a speaker has a single frame.
    """
    spoken: dict[str, list[str]] = {}
    for utterance, speaker in sorted(zip(utterances, speakers, strict=True)):
        spoken.setdefault(speaker, []).append(utterance)
    names = sorted(spoken)
    moments = [add_up(map(selection.measure, spoken[name])) for name in names]
    single = [name for name, own in zip(names, moments, strict=True) if own.frames == 1]
    if single:
        raise FeatxError(
            f"The heads standardise features by speaker or corpus, and the utterances of "
            f"{single[0]!r} have a single frame, which has no deviation. Give more utterances."
        )
    owners = torch.tensor([names.index(speaker) for speaker in speakers])
    return Groups(statistics_of(moments), owners)
