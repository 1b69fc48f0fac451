"""The choices of a vote by name, for configs and the command line."""

from typing import Literal

Rule = Literal["hard", "soft", "weighted", "mean"]
Tie = Literal["probability", "first"]
TieRule = Literal["auto", "probability", "first"]  # auto: which of the two depends on the systems

SelectOn = Literal["validation", "test"]
"""Which utterances choose the members."""

BestBy = Literal["uar", "wa"]
"""By which score members are chosen; "wa" is plain accuracy."""

WITH_CONFIG = {"config", "name", "out", "overwrite"}
"""The arguments that can be given beside an earlier config."""
