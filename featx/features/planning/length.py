"""How long an utterance may be to be extracted."""

import math
from dataclasses import dataclass

from featx.data.audio import SAMPLE_RATE
from featx.errors import FeatxError

MAX_SECONDS = 60.0  # attention's cost grows with the square of the length


@dataclass(frozen=True)
class LengthLimit:
    """How long an utterance may be, and what becomes of a longer one.

    Attributes:
        seconds: the length of the longest utterance that is taken whole.
        trim: keep the beginning of a longer utterance, as Pepino et al. (2021) did at 15 s;
            otherwise it is refused.
    """

    seconds: float = MAX_SECONDS
    trim: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.seconds < math.inf:
            raise FeatxError(f"`max_seconds={self.seconds:g}`: give a number of seconds above 0.")

    @property
    def samples(self) -> int:
        """The limit at 16 kHz."""
        return round(self.seconds * SAMPLE_RATE)


USUAL_LIMIT = LengthLimit()
