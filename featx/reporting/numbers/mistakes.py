"""The utterances whose numbers systems miss by most."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from featx.reporting.runs import NumberReported
from featx.reporting.sections.by_test_set import heard_sheet
from featx.reporting.sheets import Audio, Cell, Sheet

SHOWN = 20  # of each dimension


class Miss(NamedTuple):
    """An utterance of which a number was predicted.

    Attributes:
        utterance: its id.
        speaker: who speaks; empty if unknown.
        true: the true number.
        predicted: the mean over all seeds of all systems.
    """

    utterance: str
    speaker: str
    true: float
    predicted: float


def largest_errors(group: Sequence[NumberReported]) -> dict[str, list[Miss]]:
    """Return the utterances that are missed by most, of each dimension, the worst first.

    Args:
        group: runs that were tested on the same utterances. Of those that predict other dimensions
            than the first nothing is taken.
    """
    systems = [run.system for run in group]
    names, dimensions = list(systems[0].labels), systems[0].predicted
    alike = [system for system in systems if system.predicted == dimensions]
    seeds = [seed for system in alike for seed in system.scored(names)]
    truth, found = seeds[0].truth, np.mean([seed.predictions for seed in seeds], 0)
    worst = np.argsort(-np.abs(found - truth), axis=0, kind="stable")[:SHOWN]
    return {
        dimension: [
            Miss(
                names[row],
                systems[0].speakers[names[row]],
                float(truth[row, place]),
                float(found[row, place]),
            )
            for row in worst[:, place]
        ]
        for place, dimension in enumerate(dimensions)
    }


def error_sheet(caption: str, misses: Sequence[Miss], links: Mapping[str, Audio]) -> Sheet:
    """Return a table of utterances that were missed.

    Args:
        caption: what they are.
        misses: the utterances.
        links: links to their sound.
    """
    rows = {miss.utterance: [Cell(miss.speaker or "unknown"), *_figures(miss)] for miss in misses}
    header = ["speaker", "true", "predicted", "error"]
    return heard_sheet(caption, header, rows, links, words=1)


def _figures(miss: Miss) -> list[Cell]:
    error = miss.predicted - miss.true
    return [
        Cell(f"{miss.true:.4g}", miss.true),
        Cell(f"{miss.predicted:.4g}", miss.predicted),
        Cell(f"{error:+.4g}", error),
    ]
