"""The choices of a vote."""

from typing import Literal

Rule = Literal["hard", "soft", "weighted"]
Tie = Literal["probability", "first"]
TieRule = Literal["auto", "probability", "first"]  # auto: which of the two depends on the systems

BESIDE_CONFIG = {"config", "name", "out", "overwrite"}
"""The arguments that can be given beside an earlier config."""
