"""What a card says of a model of classes, and of its scores."""

from collections.abc import Sequence

import numpy as np
from huggingface_hub import EvalResult

from featx.runs.cards.card import entry, table
from featx.scoring.classes.results import NAMES, Results
from featx.utils.tables import plain


def chance(results: Results) -> float:
    """Return the UAR of guessing, in percent."""
    return 100 / int(np.count_nonzero(results.confusion.sum(1)))


class ClassScores:
    """What a card says of a model of classes; see `CardScores`."""

    metrics: Sequence[str] = ("recall", "accuracy")
    explained = "UAR is unweighted average recall, WA plain accuracy."
    unit = "test, %"
    always = (
        "It always names one of its classes, also for silence, noise, or an emotion that is none "
        "of them"
    )

    def __init__(self, results: Results) -> None:
        self._results = results
        classes = ", ".join(map(plain, results.classes))
        self.purpose = f"It names the emotion that an utterance expresses: {classes}."

    @property
    def utterances(self) -> int:
        """How many were tested, by each seed."""
        return int(self._results.confusion.sum()) // self._results.seeds

    def index(self, corpus: str, dataset: str, of_what: str) -> list[EvalResult]:
        """Return the scores as the Hub's index of models takes them."""
        scores = (
            ("uar", "recall", "UAR (unweighted average recall)", {"average": "macro"}),
            ("wa", "accuracy", "accuracy", None),
        )
        return [
            entry(corpus, dataset, kind, f"{name}{of_what}", share, arguments)
            for metric, kind, name, arguments in scores
            for share in [round(self._results.scores[metric].mean / 100, 4)]
        ]

    def rows(self) -> list[list[str]]:
        """Return the name, the mean and the interval of each score."""
        rows = [
            [NAMES[metric], str(score), f"{score.low:.1f} to {score.high:.1f}"]
            for metric, score in self._results.scores.items()
        ]
        return [*rows, ["chance UAR", f"{chance(self._results):.1f}", ""]]

    def tables(self) -> list[str]:
        """Return what there is to say in further tables, in Markdown."""
        header = ["class", "precision", "recall", "F1", "utterances"]
        return [
            "By class, in percent:",
            table(header, self._by_class()),
            "Confusions, in percent of the true class:",
            table(["true \\ predicted", *self._results.classes], self._confusions()),
        ]

    def _by_class(self) -> list[list[str]]:
        return [
            [
                label,
                f"{row['precision']:.1f}",
                f"{row['recall']:.1f}",
                f"{row['f1']:.1f}",
                f"{row['utterances']:g}",
            ]
            for label, row in (
                *self._results.per_class().items(),
                *self._results.averages().items(),
            )
        ]

    def _confusions(self) -> list[list[str]]:
        counts = self._results.confusion
        shares = 100 * counts / np.maximum(counts.sum(1, keepdims=True), 1)
        return [
            [label, *(f"{share:.0f}" for share in row)]
            for label, row in zip(self._results.classes, shares, strict=True)
        ]
