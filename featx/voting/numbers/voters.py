"""Systems that predict numbers, as voters, and what they say of the same utterances."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from featx.comparison.systems.numbers import NumberSystem
from featx.scoring.numbers.file import NumberPrediction, read_number_predictions
from featx.scoring.predictions import predicted_dimensions
from featx.voting.config import VoteConfig
from featx.voting.holding import Held, Rows, hold, in_order, systems_of
from featx.voting.voters import Key


@dataclass(frozen=True)
class NumberPart:
    """What systems say of the validation or test part, utterances in one order.

    Attributes:
        keys: fold, empty if nobody tells it, and utterance.
        truth: (utterances, dimensions).
        predictions: (systems, utterances, dimensions) of each seed.
    """

    keys: Sequence[Key]
    truth: np.ndarray
    predictions: Sequence[np.ndarray]


class NumberElection(Held[NumberSystem, NumberPrediction, NumberPart]):
    """Systems whose numbers can be averaged."""

    @property
    def dimensions(self) -> list[str]:
        """The columns that all predict."""
        return self.voters[0].system.predicted


def number_systems(paths: Sequence[Path]) -> dict[str, list[Path]]:
    """Return the files of each system by its name if all predict numbers, nothing if none does.

    Raises:
        FeatxError: as `systems_of`.
    """
    apart = (
        "{these} predicts numbers, {others} predicts none. Numbers are averaged and classes voted "
        "for: let them vote apart."
    )
    return systems_of(paths, predicted_dimensions, apart)


def hold_numbers(config: VoteConfig, files: Mapping[str, Sequence[Path]]) -> NumberElection:
    """Read systems and join them by utterance.

    Args:
        config: the vote's.
        files: those of each system, by its name.

    Raises:
        FeatxError: as `hold`.
    """
    return NumberElection(**hold(config, files, read_number_predictions).drawn_up(_join))


def _join(parts: Rows[NumberPrediction]) -> NumberPart:
    """Join the rows of each system and seed."""
    first = parts[0][0]
    keys = in_order(first)
    predictions = [
        np.array([[part[seed][key].predicted for key in keys] for part in parts])
        for seed in range(len(parts[0]))
    ]
    return NumberPart(keys, np.array([first[key].truth for key in keys]), predictions)
