"""What a card says of a model of several labels at once, and of its scores."""

from collections.abc import Mapping, Sequence
from typing import Any

from huggingface_hub import EvalResult

from featx.runs.cards.card import entry, table
from featx.scoring.labels.results import NAMES, LabelResults
from featx.scoring.text import describe_count
from featx.utils.tables import plain

_ON_THE_HUB: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "macro_f1": ("f1", {"average": "macro"}),
    "micro_f1": ("f1", {"average": "micro"}),
    "map": ("average_precision", {"average": "macro"}),
}


class LabelScores:
    """What a card says of a model of several labels; see `CardScores`."""

    metrics: Sequence[str] = ("f1", "average_precision")
    explained = (
        "A label is predicted from a probability of 0.5 on. Macro F1 is the mean of all labels' "
        "F1, micro F1 that of all decisions together. Mean average precision tells, whatever the "
        "threshold, whether the utterances that a label fits have the higher probabilities."
    )
    unit = "test, %"
    always = (
        "It knows no other labels, and gives each a probability also for silence or noise. The "
        "probabilities of labels do not add up to 1, and it may predict none"
    )

    def __init__(self, results: LabelResults) -> None:
        self._results = results
        labels = ", ".join(map(plain, results.classes))
        self.purpose = (
            f"It tells which of these labels fit an utterance, none or several: {labels}."
        )

    @property
    def utterances(self) -> int:
        """How many were tested, by each seed."""
        return self._results.utterances

    def index(self, corpus: str, dataset: str, of_what: str) -> list[EvalResult]:
        """Return the scores as the Hub's index of models takes them."""
        return [
            entry(corpus, dataset, kind, f"{NAMES[metric]}{of_what}", share, arguments)
            for metric, (kind, arguments) in _ON_THE_HUB.items()
            for share in [round(self._results.scores[metric].mean / 100, 4)]
        ]

    def rows(self) -> list[list[str]]:
        """Return the name, the mean and the interval of each score."""
        return [
            [NAMES[metric], str(score), score.interval(".1f")]
            for metric, score in self._results.scores.items()
        ]

    def tables(self) -> list[str]:
        """Return what there is to say in further tables, in Markdown."""
        header = ["label", "precision", "recall", "F1", "average precision", "utterances"]
        rows = [
            [
                plain(label),
                *(f"{own[name]:.1f}" for name in ("precision", "recall", "f1")),
                f"{own['average_precision']:.1f}",
                describe_count(own["utterances"]),
            ]
            for label, own in self._results.labels.items()
        ]
        return ["By label, in percent:", table(header, rows)]
