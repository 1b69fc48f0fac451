"""A paper's figures and ours, side by side."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from featx.experiments.papers.paper import AnyRow
from featx.experiments.papers.published import Published
from featx.features.encoders.checkpoints.registry import hub_id
from featx.finetuning.results.course import Course
from featx.scoring.classes.results import Results
from featx.scoring.metrics import Score
from featx.scoring.significance import exact_interval, shares_differ

SIGNIFICANT = 0.05  # a p at which two accuracies differ


@dataclass(frozen=True)
class Reproduced:
    """A system on a corpus under one variant: the paper's figures and ours.

    Attributes:
        row: the system.
        corpus: the corpus's name.
        variant: the name of the paper's settings.
        metric: which score is compared: "uar" or "wa".
        paper: what the paper prints; None if nothing is known.
        results: our scores; None if the system could not be run.
        course: the steps and times of our fine-tuning; None for other systems.
        missing: what the system lacks: "corpus", or the models whose weights are not here.
        failure: why the system failed; empty if it did not.
    """

    row: AnyRow
    corpus: str
    variant: str
    metric: str
    paper: Published | None
    results: Results | None = None
    course: Course | None = None
    missing: tuple[str, ...] = ()
    failure: str = ""

    @property
    def ours(self) -> Score | None:
        """Our score; None if the system could not be run."""
        return self.results.scores[self.metric] if self.results else None

    @property
    def hits(self) -> int | None:
        """How many utterances we recognised; None if there are several seeds, or no results."""
        if self.results is None or self.results.seeds > 1:
            return None
        return int(np.trace(self.results.confusion))

    @property
    def tested(self) -> int:
        """How many utterances we tested; 0 if there are no results."""
        return int(self.results.confusion.sum()) // self.results.seeds if self.results else 0

    @property
    def interval(self) -> tuple[float, float] | None:
        """The exact 95 % interval of our accuracy in percent; None if there are several seeds."""
        return None if self.hits is None else exact_interval(self.hits, self.tested)

    @property
    def difference(self) -> float:
        """Our mean less the paper's, in points; not a number if one of them is not known."""
        if self.ours is None or self.paper is None:
            return math.nan
        return self.ours.mean - self.paper.mean

    @property
    def agrees(self) -> bool | None:
        """Whether our figure agrees with the paper's; None if that can't be said.

        An accuracy agrees if Fisher's exact test of both numbers of hits finds no
        difference, p above 0.05. A mean over seeds agrees if the two means are no further apart
        than both deviations together.
        """
        if self.ours is None or self.paper is None:
            return None
        if self.metric == "wa" and self.paper.hits and self.hits is not None:
            theirs, ours = (self.paper.hits, self.paper.tested), (self.hits, self.tested)
            return shares_differ(theirs, ours) > SIGNIFICANT
        if self.paper.std is None or math.isnan(self.ours.std):
            return None
        return abs(self.difference) <= self.paper.std + self.ours.std


def fetch_commands(results: Sequence[Reproduced]) -> list[str]:
    """Return the commands that fetch the missing weights where there is a network."""
    models = {model for result in results for model in result.missing if model != "corpus"}
    return [f"hf download {hub_id(model)}" for model in sorted(models)]
