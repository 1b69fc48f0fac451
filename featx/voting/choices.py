"""The choices of a vote."""

from typing import Literal

Rule = Literal["hard", "soft", "weighted"]
Tie = Literal["probability", "first"]
TieRule = Literal["auto", "probability", "first"]  # auto: which of the two depends on the systems
