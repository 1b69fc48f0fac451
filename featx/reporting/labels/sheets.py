"""The tables of systems that predict several labels: scores, labels, speakers, differences."""

from collections.abc import Sequence

import numpy as np

from featx.reporting.runs import LabelReported, protocol
from featx.reporting.sections.by_test_set import common_notes, describe_tests
from featx.reporting.sections.cells import UNKNOWN, bar, interval_cell, score_cell, seconds_cell
from featx.reporting.sheets import Cell, Sheet
from featx.scoring.labels.scores import count_labels, fitting_f1
from featx.scoring.text import describe_count
from featx.utils.text import counted

LabelGroup = Sequence[LabelReported]


def score_sheet(groups: Sequence[LabelGroup]) -> Sheet:
    """Return a row for each run, those of a test set together."""
    header = ["system", "macro F1, %", "95 % interval", "micro F1, %", "mean average precision, %"]
    header += ["seeds", "training", "protocol", *(["test set"] if len(groups) > 1 else [])]
    common = common_notes([run for group in groups for run in group])
    rows = [
        _score_row(number, run, common)[: len(header)]
        for number, group in enumerate(groups, 1)
        for run in group
    ]
    notes = [f"All systems: {note}" for note in common]
    for number, group in enumerate(groups, 1):
        labels = counted(len(group[0].results.classes), "label")
        notes.append(f"Test set {number}: {describe_tests(group, f', {labels}')}.")
    return Sheet(
        "Scores on test data: mean ± deviation over seeds, and the interval of the macro F1",
        header,
        rows,
        notes,
        sortable=True,
    )


def _score_row(number: int, run: LabelReported, common: Sequence[str]) -> list[Cell]:
    macro, *others = run.results.scores.values()
    return [
        Cell(run.name, lines=[note for note in run.notes if note not in common]),
        score_cell(macro),
        interval_cell(macro),
        *map(score_cell, others),
        Cell(str(run.results.seeds), run.results.seeds),
        seconds_cell(run.cost),
        Cell(protocol(run) or UNKNOWN.text),
        Cell(str(number), number),
    ]


def label_sheet(run: LabelReported) -> Sheet:
    """Return precision, recall, F1 and average precision of each label."""
    rows = [
        [
            Cell(name),
            *(bar(own[figure]) for figure in ("precision", "recall", "f1", "average_precision")),
            Cell(describe_count(own["utterances"]), own["utterances"]),
        ]
        for name, own in run.results.labels.items()
    ]
    header = ("label", "precision, %", "recall, %", "F1, %", "average precision, %", "utterances")
    return Sheet(run.name, header, rows, kind="bars", sortable=True)


def together_sheet(run: LabelReported) -> Sheet:
    """Return how often each label is predicted, and fits, where another fits; mean over seeds."""
    seeds, labels = run.system.scored(), list(run.results.classes)
    fits = seeds[0].fits.astype(float)
    of_each = np.maximum(fits.sum(0), 1)[:, None]
    truly = fits.T @ fits / of_each
    found = np.mean([fits.T @ seed.found / of_each for seed in seeds], 0)
    rows = [
        [Cell(label), *(_pair(own, true) for own, true in zip(each, fitting, strict=True))]
        for label, each, fitting in zip(labels, found, truly, strict=True)
    ]
    caption = f"{run.name}: predicted where a label fits, and how many of these it fits, %"
    return Sheet(caption, ["fits \\ predicted", *labels], rows, kind="heat")


def _pair(found: float, truly: float) -> Cell:
    return Cell(f"{100 * found:.0f} / {100 * truly:.0f}", float(found), share=float(found))


def speaker_sheet(run: LabelReported) -> Sheet | None:
    """Return macro and micro F1 of each speaker, mean over seeds; None if no speaker is known."""
    system = run.system
    owners = [system.speakers[name] for name in system.labels]
    if not any(owners):
        return None
    speakers, groups = np.unique(owners, return_inverse=True)
    counts = np.stack([count_labels(seed, groups) for seed in system.scored()])
    scores = {name: 100 * own.mean(0) for name, own in fitting_f1(counts).items()}
    tested = np.bincount(groups)
    rows = [
        [
            Cell(str(speaker) or "unknown"),
            *(bar(float(own[place])) for own in scores.values()),
            Cell(str(int(tested[place])), int(tested[place])),
        ]
        for place, speaker in enumerate(speakers)
    ]
    header = ("speaker", "macro F1, %", "micro F1, %", "utterances")
    notes = ["Macro F1 is over the labels that fit an utterance of the speaker."]
    return Sheet(run.name, header, rows, notes, kind="bars", sortable=True)
