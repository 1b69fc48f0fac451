"""Systems that predict several labels at once, as voters, and what they say of utterances."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from featx.comparison.systems.labels import LabelSystem
from featx.scoring.labels.file import LabelPrediction, read_label_predictions
from featx.scoring.predictions import predicted_labels
from featx.voting.config import VoteConfig
from featx.voting.holding import Held, Rows, hold, in_order, systems_of
from featx.voting.voters import Key


@dataclass(frozen=True)
class LabelPart:
    """What systems say of the validation or test part, utterances in one order.

    Attributes:
        keys: fold, empty if nobody tells it, and utterance.
        rows: a row of each utterance, for what is true of it.
        fits: (utterances, labels) which labels fit.
        found: (systems, utterances, labels) of each seed, which are predicted.
        probabilities: (systems, utterances, labels) of each seed.
    """

    keys: Sequence[Key]
    rows: Sequence[LabelPrediction]
    fits: np.ndarray
    found: Sequence[np.ndarray]
    probabilities: Sequence[np.ndarray]

    def shares(self, seed: int, rule: str) -> np.ndarray:
        """Return what a vote finds for a seed: a label is predicted from 0.5 on.

        Args:
            seed: its place.
            rule: "soft" for the mean probability, "hard" for the share of systems that predict it.

        Returns:
            (utterances, labels) from 0 to 1.
        """
        said = self.probabilities[seed] if rule == "soft" else self.found[seed]
        mean: np.ndarray = said.mean(0)
        return mean


class LabelElection(Held[LabelSystem, LabelPrediction, LabelPart]):
    """Systems that can vote together."""

    @property
    def labels(self) -> list[str]:
        """The labels that all predict."""
        return self.voters[0].system.predicted


def label_systems(paths: Sequence[Path]) -> dict[str, list[Path]]:
    """Return the files of each system by its name if all predict several labels, else nothing.

    Raises:
        FeatxError: as `systems_of`.
    """
    apart = "{these} predicts several labels at once, {others} does not. Let them vote apart."
    return systems_of(paths, predicted_labels, apart)


def hold_labels(config: VoteConfig, files: Mapping[str, Sequence[Path]]) -> LabelElection:
    """Read systems and join them by utterance.

    Args:
        config: the vote's.
        files: those of each system, by its name.

    Raises:
        FeatxError: as `hold`.
    """
    return LabelElection(**hold(config, files, read_label_predictions).drawn_up(_join))


def _join(parts: Rows[LabelPrediction]) -> LabelPart:
    """Join the rows of each system and seed."""
    first, seeds = parts[0][0], range(len(parts[0]))
    keys = in_order(first)
    return LabelPart(
        keys,
        [first[key] for key in keys],
        np.array([first[key].fits for key in keys]),
        [np.array([[part[s][key].found for key in keys] for part in parts]) for s in seeds],
        [np.array([[part[s][key].probabilities for key in keys] for part in parts]) for s in seeds],
    )
