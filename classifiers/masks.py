"""SpecAugment on stored features: runs of frames and of features that a head does not see.

Park, Chan, Zhang, Chiu, Zoph, Cubuk and Le 2019, "SpecAugment: A Simple Data Augmentation Method
for Automatic Speech Recognition" (Interspeech), section 2, without its warping of time. There the
dimensions are the bands of a spectrogram; those of a hidden layer have no order that means
anything, so that a run of them is as good as any other choice.
"""

from dataclasses import replace
from typing import Annotated

import numpy as np
import torch
from pydantic import Field, NonNegativeInt
from torch import Tensor

from classifiers.batch import Input, Part
from classifiers.settings import Settings

Share = Annotated[float, Field(gt=0, lt=1)]
_APART = 0x53504543  # from the seeds of dropout


class MaskSettings(Settings):
    """What of every training utterance is masked, anew each time it is seen.

    Attributes:
        times: how many runs of frames are masked.
        time_share: the longest of them, as a share of the utterance's frames. Lengths are drawn
            evenly from none to that, and runs may overlap.
        features: how many runs of features are masked, the same in all layers.
        feature_share: the longest of them, as a share of all features.
    """

    times: NonNegativeInt = 0
    time_share: Share = 0.1
    features: NonNegativeInt = 0
    feature_share: Share = 0.1


def add_noise(part: Part, noise: int, settings: MaskSettings | None) -> Part:
    """Return a part as it is trained on: with dropout, and masked if that is asked for.

    Args:
        part: the utterances.
        noise: the seed of all that is random.
        settings: how much is masked; nothing if None.
    """
    if settings is None:
        return replace(part, noise=noise)
    inputs = [
        replace(given, mask=draw_mask(settings, given, noise + place))
        for place, given in enumerate(part.inputs)
    ]
    return replace(part, inputs=inputs, noise=noise)


def draw_mask(settings: MaskSettings, given: Input, noise: int) -> Tensor:
    """Return 0 where a value is masked, and 1 elsewhere.

    Args:
        settings: how much is masked.
        given: the features of some utterances.
        noise: the seed of the random numbers.

    Returns:
        (frames, dim) float32, the utterances' frames one after another, where the features are.
    """
    generator = np.random.default_rng([noise, _APART])
    dim = given.features[0].shape[2]
    masks = [np.ones((length, dim), np.float32) for length in given.lengths.tolist()]
    for mask in masks:
        for _ in range(settings.times):
            mask[_run(generator, len(mask), settings.time_share)] = 0
        for _ in range(settings.features):
            mask[:, _run(generator, dim, settings.feature_share)] = 0
    return torch.from_numpy(np.concatenate(masks)).to(given.features[0].device)


def _run(generator: np.random.Generator, size: int, share: float) -> slice:
    """Return a run within so many places; its length is drawn first, then where it begins."""
    length = int(generator.integers(int(share * size) + 1))
    begin = int(generator.integers(size - length + 1))
    return slice(begin, begin + length)
