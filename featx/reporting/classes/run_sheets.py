"""The tables of single systems: confusions, classes, speakers; and of common mistakes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from featx.comparison.systems.classes import System, index_seed
from featx.reporting.runs import Reported
from featx.reporting.sections.by_test_set import every_seed, heard_sheet
from featx.reporting.sections.cells import bar
from featx.reporting.sheets import Audio, Cell, Sheet
from featx.scoring.metrics import count_confusions, uar, wa
from featx.scoring.text import describe_count
from featx.utils.text import counted


@dataclass(frozen=True)
class Mistake:
    """An utterance that every seed of every system takes for another class.

    Attributes:
        utterance: its id.
        speaker: who speaks; empty if unknown.
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
            known = (system.speakers[name] for system in systems)
            speaker = next(filter(None, known), "")
            mistakes.append(Mistake(name, speaker, label, dict(predicted.most_common())))
    return sorted(
        mistakes, key=lambda mistake: (-max(mistake.predictions.values()), mistake.utterance)
    )


SHOWN = 50  # mistakes


def confusion_sheet(run: Reported) -> Sheet:
    """Return the confusion matrix, averaged over seeds; entries show counts or shares."""
    counts = run.results.confusion / run.results.seeds
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    rows = [
        [Cell(label), *(_entry(n, share) for n, share in zip(row, part, strict=True))]
        for label, row, part in zip(run.results.classes, counts, shares, strict=True)
    ]
    seeds = f", mean of {run.results.seeds} seeds" if run.results.seeds > 1 else ""
    header = ["true \\ predicted", *run.results.classes]
    return Sheet(f"{run.name}{seeds}", header, rows, kind="heat")


def class_sheet(run: Reported) -> Sheet:
    """Return recall, precision and F1 of each class, and their averages."""
    classes = run.results.per_class()
    rows = [
        [
            Cell(label),
            *(bar(values[name]) for name in ("recall", "precision", "f1")),
            Cell(describe_count(values["utterances"]), values["utterances"]),
        ]
        for label, values in (*classes.items(), *run.results.averages().items())
    ]
    header = ("class", "recall, %", "precision, %", "F1, %", "utterances")
    return Sheet(run.name, header, rows, kind="bars", sortable=True)


def speaker_sheet(run: Reported) -> Sheet | None:
    """Return UAR and WA of each speaker, mean over seeds; None if no speaker is known."""
    system = run.system
    known = [name for name in system.labels if system.speakers[name]]
    if not known:
        return None
    speakers, groups = np.unique([system.speakers[name] for name in known], return_inverse=True)
    classes = list(run.results.classes)
    seeds = [index_seed(seed, known, classes, system.speakers) for seed in system.seeds]
    counts = np.stack([count_confusions(s[0], s[1], groups, len(classes)) for s in seeds])
    figures = zip(*(100 * metric(counts).mean(0) for metric in (uar, wa)), strict=True)
    tested = np.bincount(groups).tolist()
    rows = [
        [Cell(str(speaker)), *map(bar, pair), Cell(str(count), count)]
        for speaker, pair, count in zip(speakers, figures, tested, strict=True)
    ]
    header = ("speaker", "UAR, %", "WA, %", "utterances")
    return Sheet(run.name, header, rows, kind="bars", sortable=True)


def mistake_sheet(
    number: int,
    group: Sequence[Reported],
    mistakes: Sequence[Mistake],
    links: Mapping[str, Audio],
) -> Sheet:
    """Return the utterances that all systems get wrong, the first of them.

    Args:
        number: the number of the test set.
        group: the runs that were tested on it.
        mistakes: the utterances.
        links: links to the sound of utterances.
    """
    few = f", the first {SHOWN} shown" if len(mistakes) > SHOWN else ""
    of = f"{len(mistakes):,} of {counted(len(group[0].system.labels), 'utterance')}"
    rows = {
        mistake.utterance: [
            Cell(mistake.label),
            Cell(_tallied(mistake.predictions)),
            Cell(mistake.speaker or "unknown"),
        ]
        for mistake in mistakes[:SHOWN]
    }
    return heard_sheet(
        f"Test set {number}: {of} that {every_seed(group)} gets wrong{few}",
        ["label", "predicted, times", "speaker"],
        rows,
        links,
        words=3,
    )


def _entry(count: float, share: float) -> Cell:
    return Cell(
        describe_count(count), float(count), other=f"{100 * share:.0f} %", share=float(share)
    )


def _tallied(predictions: Mapping[str, int]) -> str:
    return ", ".join(f"{label} {count}" for label, count in predictions.items())
