"""The shape of what a head is given."""

from dataclasses import dataclass

_USUAL_STEP = 0.02  # seconds, of most encoders


@dataclass(frozen=True)
class InputShape:
    """The shape of a store's features.

    Attributes:
        layers: how many layers there are.
        dim: how many features a frame has.
        step: seconds from a frame to the next; 0 where an utterance has a single frame.
    """

    layers: int
    dim: int
    step: float


def part_size(shape: InputShape) -> int:
    """Return how many utterances a core computes together: their frames should fit its cache."""
    usual = 8 if shape.dim > 300 else 32
    return usual * max(1, round(shape.step / _USUAL_STEP))
