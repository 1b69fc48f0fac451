"""The shape of what a head is given."""

from dataclasses import dataclass


@dataclass(frozen=True)
class InputShape:
    """Of the features of one store.

    Attributes:
        layers: how many.
        dim: features a frame.
        step: from one frame to the next, in seconds; 0 for one frame an utterance.
    """

    layers: int
    dim: int
    step: float


def part_size(dim: int) -> int:
    """Return how many utterances a core computes together: their frames should fit its cache."""
    return 8 if dim > 300 else 32
