"""A paper's figures and ours, side by side."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from featx.experiments.papers import Cell, HeadRow, TunedRow
from featx.features.encoders.checkpoints import hub_id
from featx.scoring.metrics import Score


@dataclass(frozen=True)
class Reproduced:
    """A system on a corpus under one variant: the paper's figure and ours.

    Attributes:
        row: the system.
        corpus: the corpus's name.
        variant: the name of the paper's settings.
        paper: the mean in percent and, if the paper tells it, the deviation; None if the figure
            is not known.
        ours: our score; None if the system could not be run.
        missing: what the system lacks: "corpus", or the models whose weights are not here.
        failure: why the system failed; empty if it did not.
    """

    row: HeadRow | TunedRow
    corpus: str
    variant: str
    paper: Cell | None
    ours: Score | None = None
    missing: tuple[str, ...] = ()
    failure: str = ""

    @property
    def difference(self) -> float:
        """Our mean less the paper's, in points; not a number if one of them is not known."""
        if self.ours is None or self.paper is None:
            return float("nan")
        return self.ours.mean - self.paper[0]

    @property
    def within(self) -> bool | None:
        """Whether the means are no further apart than both deviations; None if one is not known."""
        if self.ours is None or self.paper is None or len(self.paper) == 1:
            return None
        if math.isnan(self.ours.std):
            return None
        return abs(self.difference) <= self.paper[1] + self.ours.std


def fetch_commands(results: Sequence[Reproduced]) -> list[str]:
    """Return the commands that fetch the missing weights where there is a network."""
    models = {model for result in results for model in result.missing if model != "corpus"}
    return [f"hf download {hub_id(model)}" for model in sorted(models)]
