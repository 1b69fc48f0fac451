"""A finished run, as Python sees it."""

import base64
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from featx.errors import FeatxError
from featx.runs.cost import Cost, read_cost
from featx.runs.files import FIGURES, PREDICTIONS
from featx.runs.read import read_config, read_run_scores
from featx.scoring.results_file import RunResults


class Pictures(tuple[Path, ...]):
    """Paths of pictures; a notebook shows the pictures themselves."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        encoded = (base64.b64encode(path.read_bytes()).decode("ascii") for path in self)
        return "".join(
            f'<img src="data:image/png;base64,{data}" style="max-width: 30em">' for data in encoded
        )


@dataclass(frozen=True, init=False)
class Run:
    """A finished fit, fine-tuning or vote; a notebook shows its scores.

    Example:
        >>> run = featx.Run("runs/manifest-encoder-dense")
        >>> run.results.scores["uar"].mean
        >>> run.figures

    Attributes:
        folder: where its files are.
    """

    folder: Path

    def __init__(self, folder: str | Path) -> None:
        """Name a run by its folder, which is read when something of it is asked for."""
        object.__setattr__(self, "folder", Path(folder))

    def __fspath__(self) -> str:
        """Return the folder: a run can be given wherever a path of a run can."""
        return str(self.folder)

    @cached_property
    def results(self) -> RunResults:
        """The test scores: `Results` of classes, `NumberResults`, or `LabelResults` of several.

        Raises:
            FeatxError: if the folder holds no finished run, or a damaged one.
        """
        results = read_run_scores(self.folder)
        if results is None:
            raise FeatxError(f"{self.folder}: no finished run here.")
        return results

    @cached_property
    def config(self) -> dict[str, Any]:
        """The `config.toml` that made it; empty if there is none."""
        return read_config(self.folder)

    @property
    def cost(self) -> Cost | None:
        """What its training cost; None if nobody wrote it down, as of votes."""
        return read_cost(self.folder)

    @property
    def predictions(self) -> Path:
        """The CSV with the prediction and the probabilities of every utterance."""
        return self.folder / PREDICTIONS

    @property
    def figures(self) -> Pictures:
        """The paths of the pictures that the run drew; a notebook shows the pictures."""
        return Pictures(sorted((self.folder / FIGURES).glob("*.png")))

    def to_json(self) -> dict[str, Any]:
        """Return the folder and the scores as JSON values.

        Raises:
            FeatxError: if the folder holds no finished run, or a damaged one.
        """
        return {"folder": str(self.folder), **self.results.to_json()}

    def _repr_html_(self) -> str:
        return self.results._repr_html_()
