"""What a card says of what a model predicts, and of its scores: of classes, or of numbers."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from huggingface_hub import EvalResult

from featx.runs.card import table
from featx.scoring.classes.results import NAMES, Results
from featx.scoring.labels.results import LabelResults
from featx.scoring.numbers.results import NumberResults
from featx.scoring.results_file import RunResults
from featx.utils.tables import plain

_NUMBERS = {"ccc": "CCC", "pearson": "Pearson", "rmse": "RMSE"}


class CardScores(Protocol):
    """What a card says of what a model predicts.

    Attributes:
        metrics: those that the Hub's index of models gets.
        purpose: a sentence on what it predicts.
        always: a sentence on what it predicts of what it has not learned.
        explained: a sentence on the scores.
        unit: the first cell of their table.
    """

    metrics: Sequence[str]
    purpose: str
    always: str
    explained: str
    unit: str

    @property
    def utterances(self) -> int:
        """How many were tested, by each seed."""

    def index(self, corpus: str, dataset: str, of_what: str) -> list[EvalResult]:
        """Return the scores as the Hub's index of models takes them.

        Args:
            corpus: the name of the corpus.
            dataset: the name of the corpus and how it was divided.
            of_what: what follows a score's name, such as ", 6 folds".
        """

    def rows(self) -> list[list[str]]:
        """Return the name, the mean and the interval of each score."""

    def tables(self) -> list[str]:
        """Return what there is to say in further tables, in Markdown."""


def card_scores(results: RunResults) -> CardScores:
    """Return what a card says of what a model predicts, by its scores."""
    if isinstance(results, LabelResults):
        return _Labels(results)
    return _Numbers(results) if isinstance(results, NumberResults) else _Classes(results)


def chance(results: Results) -> float:
    """Return the UAR of guessing, in percent."""
    return 100 / int(np.count_nonzero(results.confusion.sum(1)))


class _Classes:
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
        return int(self._results.confusion.sum()) // self._results.seeds

    def index(self, corpus: str, dataset: str, of_what: str) -> list[EvalResult]:
        scores = (
            ("uar", "recall", "UAR (unweighted average recall)", {"average": "macro"}),
            ("wa", "accuracy", "accuracy", None),
        )
        return [
            _entry(corpus, dataset, kind, f"{name}{of_what}", share, arguments)
            for metric, kind, name, arguments in scores
            for share in [round(self._results.scores[metric].mean / 100, 4)]
        ]

    def rows(self) -> list[list[str]]:
        rows = [
            [NAMES[metric], str(score), f"{score.low:.1f} to {score.high:.1f}"]
            for metric, score in self._results.scores.items()
        ]
        return [*rows, ["chance UAR", f"{chance(self._results):.1f}", ""]]

    def tables(self) -> list[str]:
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


class _Numbers:
    metrics: Sequence[str] = ("ccc", "pearsonr", "rmse")
    explained = (
        "CCC is Lin's concordance correlation coefficient: 1 if all is right, 0 for whoever always "
        "predicts the mean. RMSE is in the unit of the numbers, as the deviation of the true ones "
        "is, which would be the RMSE of always predicting the mean."
    )
    unit = "test"
    always = (
        "It always gives numbers, also for silence or noise, and is not held within the range of "
        "those that it learned from"
    )

    def __init__(self, results: NumberResults) -> None:
        self._results = results
        names = " and ".join(map(plain, results.dimensions))
        self.purpose = f"It predicts {names} of an utterance, as numbers on the corpus's scale."

    @property
    def utterances(self) -> int:
        levels = next(iter(self._results.levels.values()))
        return round(sum(level.utterances for level in levels))

    def index(self, corpus: str, dataset: str, of_what: str) -> list[EvalResult]:
        kinds = dict(zip(_NUMBERS, self.metrics, strict=True))
        return [
            _entry(corpus, dataset, kinds[metric], f"{_NUMBERS[metric]} of {name}{of_what}", value)
            for name, scores in self._results.dimensions.items()
            for metric, score in scores.items()
            for value in [float(f"{score.mean:.4g}")]
        ]

    def rows(self) -> list[list[str]]:
        rows = []
        for name, scores in self._results.dimensions.items():
            for metric, score in scores.items():
                form = ".4g" if metric == "rmse" else ".3f"
                label = f"{plain(name)}, {_NUMBERS[metric]}"
                rows.append([label, f"{score:{form}}", score.interval(form)])
            deviation = f"{self._results.deviations[name]:.4g}"
            rows.append([f"{plain(name)}, deviation of the true numbers", deviation, ""])
        if len(self._results.dimensions) > 1:
            mean = self._results.scores["ccc"]
            rows.append(["mean CCC", f"{mean:.3f}", mean.interval(".3f")])
        return rows

    def tables(self) -> list[str]:
        rows = [
            [plain(name), f"{level.low:.4g} to {level.high:.4g}", f"{level.utterances:g}",
             f"{level.rmse:.4g}", f"{level.bias:+.4g}"]
            for name, levels in self._results.levels.items()
            for level in levels
        ]  # fmt: skip
        header = ["number", "true value", "utterances", "RMSE", "mean error"]
        return ["Errors by the true value, in fifths of the utterances:", table(header, rows)]


def _entry(
    corpus: str,
    dataset: str,
    kind: str,
    name: str,
    value: float,
    arguments: Mapping[str, Any] | None = None,
) -> EvalResult:
    return EvalResult(
        task_type="audio-classification",
        task_name="speech emotion recognition",
        dataset_type=corpus,
        dataset_name=dataset,
        dataset_split="test",
        metric_type=kind,
        metric_name=name,
        metric_value=value,
        metric_args=None if arguments is None else dict(arguments),
    )
