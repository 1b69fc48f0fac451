"""The utterances whose labels every system gets wrong, and how far off."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from featx.comparison.systems.labels import LabelSystem
from featx.reporting.runs import LabelReported
from featx.reporting.sections.by_test_set import every_seed, heard_sheet
from featx.reporting.sheets import Audio, Cell, Sheet
from featx.utils.text import counted

SHOWN = 50  # utterances


@dataclass(frozen=True)
class LabelError:
    """An utterance of which every seed of every system gets a label wrong.

    Attributes:
        utterance: its id.
        speaker: who speaks; empty if unknown.
        labels: those that fit, joined.
        predictions: how many seeds of all systems predicted what, joined.
        wrong: how many labels are wrong, the mean over seeds.
        distance: how far probabilities are from 0 and 1 as they should be, the mean over labels
            and seeds.
    """

    utterance: str
    speaker: str
    labels: str
    predictions: Mapping[str, int]
    wrong: float
    distance: float


def common_errors(systems: Sequence[LabelSystem]) -> list[LabelError]:
    """Return the utterances that all systems get wrong, those with most wrong labels first.

    Args:
        systems: tested on the same utterances.
    """
    names = list(systems[0].labels)
    seeds = [seed for system in systems for seed in system.seeds]
    scored = [seed for system in systems for seed in system.scored(names)]
    wrong = np.stack([(own.found != own.fits).sum(1) for own in scored])
    distances = [np.abs(own.probabilities - own.fits).mean(1) for own in scored]
    distance = np.mean(distances, 0)
    errors = []
    for place in np.flatnonzero(wrong.all(0)).tolist():
        name = names[place]
        predicted = Counter(seed.rows[name].prediction for seed in seeds)
        speaker = next(filter(None, (system.speakers[name] for system in systems)), "")
        errors.append(
            LabelError(
                name,
                speaker,
                systems[0].labels[name],
                dict(predicted.most_common()),
                float(wrong[:, place].mean()),
                float(distance[place]),
            )
        )
    return sorted(errors, key=lambda error: (-error.wrong, -error.distance, error.utterance))


def error_sheet(
    number: int,
    group: Sequence[LabelReported],
    errors: Sequence[LabelError],
    links: Mapping[str, Audio],
) -> Sheet:
    """Return the largest errors.

    Args:
        number: the number of the test set.
        group: the runs that were tested on it.
        errors: from `common_errors`.
        links: links to the sound of utterances.
    """
    few = f", the largest {SHOWN} shown" if len(errors) > SHOWN else ""
    of = f"{len(errors):,} of {counted(len(group[0].system.labels), 'utterance')}"
    rows = {
        error.utterance: [
            Cell(error.labels),
            Cell(", ".join(f"{found} {n}" for found, n in error.predictions.items())),
            Cell(error.speaker or "unknown"),
            Cell(f"{error.wrong:g}", error.wrong),
            Cell(f"{error.distance:.2f}", error.distance),
        ]
        for error in errors[:SHOWN]
    }
    sheet = heard_sheet(
        f"Test set {number}: {of} of which {every_seed(group)} gets a label wrong{few}",
        ["labels", "predicted, times", "speaker", "wrong labels", "distance"],
        rows,
        links,
        words=3,
    )
    notes = ["Distance: of the probabilities from 0 and 1 as they should be, the mean over labels."]
    return replace(sheet, notes=notes, sortable=True)
