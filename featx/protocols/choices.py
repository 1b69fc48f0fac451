"""The choices of protocols by name, for configs and the command line."""

from typing import Literal

TaskKind = Literal["classification", "regression"]
"""How a target is learned: a single class of each utterance, or a number for each column."""
