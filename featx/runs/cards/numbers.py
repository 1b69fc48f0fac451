"""What a card says of a model of numbers, and of its scores."""

from collections.abc import Sequence

from huggingface_hub import EvalResult

from featx.runs.cards.card import entry, table
from featx.scoring.numbers.results import NumberResults
from featx.utils.tables import plain

_NUMBERS = {"ccc": "CCC", "pearson": "Pearson", "rmse": "RMSE"}


class NumberScores:
    """What a card says of a model of numbers; see `CardScores`."""

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
        """How many were tested, by each seed."""
        levels = next(iter(self._results.levels.values()))
        return round(sum(level.utterances for level in levels))

    def index(self, corpus: str, dataset: str, of_what: str) -> list[EvalResult]:
        """Return the scores as the Hub's index of models takes them."""
        kinds = dict(zip(_NUMBERS, self.metrics, strict=True))
        return [
            entry(corpus, dataset, kinds[metric], f"{_NUMBERS[metric]} of {name}{of_what}", value)
            for name, scores in self._results.dimensions.items()
            for metric, score in scores.items()
            for value in [float(f"{score.mean:.4g}")]
        ]

    def rows(self) -> list[list[str]]:
        """Return the name, the mean and the interval of each score."""
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
        """Return what there is to say in further tables, in Markdown."""
        rows = [
            [plain(name), f"{level.low:.4g} to {level.high:.4g}", f"{level.utterances:g}",
             f"{level.rmse:.4g}", f"{level.bias:+.4g}"]
            for name, levels in self._results.levels.items()
            for level in levels
        ]  # fmt: skip
        header = ["number", "true value", "utterances", "RMSE", "mean error"]
        return ["Errors by the true value, in fifths of the utterances:", table(header, rows)]
