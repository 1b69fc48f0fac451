"""The values that the settings of augmentation take."""

from typing import Annotated

from pydantic import AfterValidator, Field

Probability = Annotated[float, Field(ge=0, le=1)]
"""How often something is done."""


def _ascending(values: tuple[float, float]) -> tuple[float, float]:
    """Return a range as it is.

    Raises:
        ValueError: if its first value is above its second.
    """
    if values[0] > values[1]:
        raise ValueError(f"the lower value comes first (got {values[0]:g}, {values[1]:g})")
    return values


Decibels = Annotated[float, Field(ge=-100, le=100)]
Semitones = Annotated[float, Field(ge=-12, le=12)]
Factor = Annotated[float, Field(ge=0.5, le=2)]

DecibelRange = Annotated[tuple[Decibels, Decibels], AfterValidator(_ascending)]
SemitoneRange = Annotated[tuple[Semitones, Semitones], AfterValidator(_ascending)]
FactorRange = Annotated[tuple[Factor, Factor], AfterValidator(_ascending)]
