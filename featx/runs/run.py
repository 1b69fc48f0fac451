"""A finished run, as Python sees it."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from featx.errors import FeatxError
from featx.runs.files import FIGURES, PREDICTIONS
from featx.runs.read import read_config, read_scores
from featx.scoring.results import Results


@dataclass(frozen=True)
class Run:
    """A finished fit, fine-tuning or vote.

    Example:
        >>> run = featx.Run("runs/manifest-encoder-dense")
        >>> run.results.scores["uar"].mean

    Attributes:
        folder: where its files are.
    """

    folder: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", Path(self.folder))

    @cached_property
    def results(self) -> Results:
        """The test scores.

        Raises:
            FeatxError: if the folder holds no finished run, or a damaged one.
        """
        results = read_scores(self.folder)
        if results is None:
            raise FeatxError(f"{self.folder}: no finished run here.")
        return results

    @cached_property
    def config(self) -> dict[str, Any]:
        """The `config.toml` that made it; empty if there is none."""
        return read_config(self.folder)

    @property
    def predictions(self) -> Path:
        """The CSV with the prediction and the probabilities of every utterance."""
        return self.folder / PREDICTIONS

    @property
    def figures(self) -> tuple[Path, ...]:
        """The pictures that the run drew, as PNG."""
        return tuple(sorted((self.folder / FIGURES).glob("*.png")))

    def _repr_html_(self) -> str:
        return self.results._repr_html_()
