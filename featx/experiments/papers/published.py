"""What a paper prints of a system: scores, report by class, steps, times and sizes."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from featx.scoring.significance import exact_interval
from featx.utils.config import Schema

Share = Annotated[float, Field(ge=0, le=1)]
Spread = tuple[NonNegativeFloat, NonNegativeFloat]  # mean and deviation


class ClassFigures(Schema):
    """A line of a report by class, as scikit-learn prints it.

    Attributes:
        precision: from 0 to 1.
        recall: from 0 to 1.
        f1: from 0 to 1.
        support: how many utterances of the class were tested; None for averages.
    """

    precision: Share
    recall: Share
    f1: Share
    support: PositiveInt | None = None


class Published(Schema):
    """What a paper prints of a system on a corpus.

    Attributes:
        mean: the score in percent, the mean over seeds.
        std: its deviation over seeds; None where the paper gives none.
        notebook: mean and deviation in the authors' notebook, where it differs from the paper.
        source: where the score is printed, if not in the paper.
        hits: how many utterances were recognised, worked out from the printed recalls.
        classes: the report by class.
        macro_avg: its macro average.
        weighted_avg: its weighted average.
        best_step: the step whose checkpoint was reported.
        time_to_best: the time up to that step, as it is printed.
        time_per_100_steps: as it is printed.
        total_time: as it is printed.
        size_on_disk: of the model, as it is printed.
    """

    mean: NonNegativeFloat
    std: NonNegativeFloat | None = None
    notebook: Spread | None = None
    source: str = ""
    hits: PositiveInt | None = None
    classes: dict[str, ClassFigures] = Field(default_factory=dict)
    macro_avg: ClassFigures | None = None
    weighted_avg: ClassFigures | None = None
    best_step: PositiveInt | None = None
    time_to_best: str = ""
    time_per_100_steps: str = ""
    total_time: str = ""
    size_on_disk: str = ""

    @property
    def tested(self) -> int:
        """How many utterances were tested; 0 if the paper does not tell."""
        return sum(line.support or 0 for line in self.classes.values())

    @property
    def interval(self) -> tuple[float, float] | None:
        """The exact 95 % interval of the accuracy in percent; None without hits."""
        return exact_interval(self.hits, self.tested) if self.hits and self.tested else None

    @property
    def report(self) -> dict[str, ClassFigures]:
        """The report by class with its averages, by the names that scikit-learn prints."""
        averages = {"macro avg": self.macro_avg, "weighted avg": self.weighted_avg}
        return {**self.classes, **{name: line for name, line in averages.items() if line}}


class Reference(Schema):
    """A published figure that belongs beside a paper's tables but is no system of the paper.

    Attributes:
        corpus: the corpus, by its name in `featx manifest`.
        system: whose figure it is.
        figure: in percent.
        metric: which score it is: "uar" or "wa".
        protocol: how the corpus is divided and what else sets the figure apart.
        source: where it is printed.
    """

    corpus: str
    system: str
    figure: PositiveFloat
    metric: Literal["uar", "wa"]
    protocol: str
    source: str


class References(Schema):
    """The file `configs/references.toml`.

    Attributes:
        references: the figures that belong beside every table on their corpus.
    """

    references: tuple[Reference, ...]
