"""The utterances that no system recognises."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from featx.evaluate import System


@dataclass(frozen=True)
class Mistake:
    """An utterance that every seed of every system takes for another class.

    Attributes:
        utterance: its id.
        speaker: of it, empty if unknown.
        label: what it is.
        predictions: how many seeds of all systems took it for what.
    """

    utterance: str
    speaker: str
    label: str
    predictions: Mapping[str, int]


def common_mistakes(systems: Sequence[System]) -> list[Mistake]:
    """Return the utterances that all systems get wrong, those they agree most about first.

    Args:
        systems: tested on the same utterances.
    """
    seeds = [seed for system in systems for seed in system.seeds]
    mistakes = []
    for name, label in systems[0].labels.items():
        predicted = Counter(seed.rows[name].prediction for seed in seeds)
        if label not in predicted:
            told = (system.speakers[name] for system in systems)
            speaker = next(filter(None, told), "")
            mistakes.append(Mistake(name, speaker, label, dict(predicted.most_common())))
    return sorted(mistakes, key=lambda one: (-max(one.predictions.values()), one.utterance))
