"""What a run that predicts numbers found: scores of each dimension, and errors by level."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from featx.scoring.metrics import Score
from featx.scoring.numbers.levels import Level, measure_levels
from featx.scoring.numbers.scores import SeedNumbers, score_numbers
from featx.scoring.results import CommonResults
from featx.scoring.text import WIDE, describe_count, score_as_json
from featx.utils.tables import TextTable

REGRESSION = "regression"  # the task of such a run in its `metrics.json`


@dataclass(frozen=True, kw_only=True)
class NumberResults(CommonResults):
    """The test scores of a run that predicts numbers; a notebook shows them as tables.

    Example:
        >>> run = featx.fit("linear", "encoder", target="arousal")  # doctest: +SKIP
        >>> run.results.scores["ccc"].mean  # doctest: +SKIP
        >>> run.results.dimensions["arousal"]["rmse"].mean  # doctest: +SKIP

    Its `scores` have "ccc", the concordance averaged over dimensions.

    Attributes:
        dimensions: "ccc", "pearson" and "rmse" of each dimension, by its column's name.
        deviations: the deviation of each dimension's true values, in its unit, as RMSE is: that is
            the RMSE of whoever always predicts the mean.
        levels: errors of each dimension in fifths of its true values.
    """

    dimensions: Mapping[str, Mapping[str, Score]]
    deviations: Mapping[str, float]
    levels: Mapping[str, Sequence[Level]]

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values; an undefined deviation over seeds is null."""
        return {
            "task": REGRESSION,
            "ccc": score_as_json(self.scores["ccc"]),
            "dimensions": {
                name: {
                    **{metric: score_as_json(score) for metric, score in scores.items()},
                    "deviation": self.deviations[name],
                    "levels": [level._asdict() for level in self.levels[name]],
                }
                for name, scores in self.dimensions.items()
            },
            **self._described(),
            **self._grouped(),
        }

    def _reading(self) -> list[str]:
        average = f"Means ± deviations of {self.seeds} seeds" if self.seeds > 1 else "One seed"
        return [
            f"{average}; intervals over {self.resampled}. RMSE and deviation, which is the RMSE of "
            "always predicting the mean, are in the column's unit."
        ]

    def _width(self) -> int:
        return WIDE

    def _tables(self) -> list[TextTable]:
        return [self._score_table(), self._level_table()]

    def _score_table(self) -> TextTable:
        header = ("test", "CCC", "95 %", "Pearson", "RMSE", "95 %", "deviation")
        rows = [
            (
                name,
                f"{scores['ccc']:.3f}",
                scores["ccc"].interval(".3f"),
                f"{scores['pearson']:.3f}",
                f"{scores['rmse']:.4g}",
                scores["rmse"].interval(".4g"),
                f"{self.deviations[name]:.4g}",
            )
            for name, scores in self.dimensions.items()
        ]
        if len(rows) > 1:
            mean = self.scores["ccc"]
            rows.append(("mean", f"{mean:.3f}", mean.interval(".3f"), "", "", "", ""))
        return TextTable(header, rows)

    def _level_table(self) -> TextTable:
        rows = [
            (
                name,
                f"{level.low:.4g} to {level.high:.4g}",
                describe_count(level.utterances),
                f"{level.rmse:.4g}",
                f"{level.bias:+.4g}",
            )
            for name, levels in self.levels.items()
            for level in levels
        ]
        return TextTable(("true value", "from, to", "utterances", "RMSE", "mean error"), rows)


def score_dimensions(
    title: str,
    dimensions: Sequence[str],
    seeds: Sequence[SeedNumbers],
    speakers_shared: bool | None,
    remarks: Sequence[str] = (),
) -> NumberResults:
    """Score the test predictions of every seed.

    Args:
        title: what was fitted on what.
        dimensions: the names of the columns.
        seeds: what each predicted, as for `score_numbers`.
        speakers_shared: whether training and test share speakers; None if unknown.
        remarks: what else a reader must know, in sentences.
    """
    scores = score_numbers(seeds)
    truth, found = (np.concatenate([seed[part] for seed in seeds]) for part in range(2))
    return NumberResults(
        title=title,
        scores={"ccc": scores.mean},
        dimensions=dict(zip(dimensions, scores.each, strict=True)),
        deviations=dict(zip(dimensions, truth.std(0).tolist(), strict=True)),
        levels={
            name: measure_levels(truth[:, place], found[:, place], len(seeds))
            for place, name in enumerate(dimensions)
        },
        seeds=len(seeds),
        speakers=len(set(seeds[0].speakers) - {""}),
        speakers_shared=speakers_shared,
        remarks=remarks,
    )
