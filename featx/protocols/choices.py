"""The choices of protocols by name, for configs and the command line."""

from typing import Literal

TaskKind = Literal["classification", "distribution", "multilabel", "regression"]
"""How a target is learned: a single class of each utterance, each class's share of the annotators'
votes, any number of labels, or a number for each column."""
