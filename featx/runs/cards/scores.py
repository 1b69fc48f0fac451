"""What a card says of what a model predicts, and of its scores: whatever that is."""

from collections.abc import Sequence
from typing import Protocol

from huggingface_hub import EvalResult

from featx.runs.cards.classes import ClassScores
from featx.runs.cards.labels import LabelScores
from featx.runs.cards.numbers import NumberScores
from featx.scoring.labels.results import LabelResults
from featx.scoring.numbers.results import NumberResults
from featx.scoring.results_file import RunResults


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
        return LabelScores(results)
    return NumberScores(results) if isinstance(results, NumberResults) else ClassScores(results)
