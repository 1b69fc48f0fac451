"""The features that a trained head takes, as its file describes them."""

import math
from pathlib import PureWindowsPath
from typing import Annotated

from pydantic import Field, field_validator

from cache import FeatureIdentity
from classifiers.shape import InputShape
from featx.utils.config import Schema


class HeadInput(Schema):
    """The features of one store, as a head takes them.

    Attributes:
        layers: the names of the chosen layers, in order.
        dim: features a frame.
        step: seconds from one frame to the next; 0 for one frame an utterance.
        features: the identity of the store that the heads were trained on.
    """

    layers: Annotated[tuple[str, ...], Field(min_length=1, max_length=1_000)]
    dim: Annotated[int, Field(gt=0, le=1_000_000)]
    step: Annotated[float, Field(ge=0, le=3_600)]
    features: FeatureIdentity

    @field_validator("features")
    @classmethod
    def _can_be_computed(cls, features: FeatureIdentity) -> FeatureIdentity:
        """Refuse an encoder elsewhere on this machine: it has a Hub id, or a folder's name."""
        name = PureWindowsPath(features.encoder)  # splits at both kinds of slashes
        if name.drive or name.root or ".." in name.parts:
            raise ValueError(f"its encoder is {features.encoder!r}, a path")
        if features.trimmed_to is not None and not 0 < features.trimmed_to < math.inf:
            raise ValueError(f"its trimmed_to is {features.trimmed_to}")
        return features

    @property
    def shape(self) -> InputShape:
        """What a head is built for."""
        return InputShape(len(self.layers), self.dim, self.step)

    @property
    def encoder(self) -> str:
        """The name of the encoder or of the acoustic features."""
        return self.features.encoder
