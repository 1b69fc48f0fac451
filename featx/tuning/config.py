"""Everything that determines a search, as a config."""

from typing import Annotated, Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from featx.fitting.config import FitConfig
from featx.tuning.space import Space
from featx.utils.config import Schema

InnerFolds = Annotated[int, Field(ge=3)]


class SearchSettings(Schema):
    """How settings are searched.

    Attributes:
        trials: how many settings are tried in each search.
        inner_folds: into how many folds each search divides its utterances.
        seed: the seed of what is tried.
        space: what may be chosen.
    """

    trials: PositiveInt
    inner_folds: InnerFolds
    seed: NonNegativeInt
    space: Space


class TuneConfig(FitConfig):
    """A search in full; the `config.toml` of its run: a fit, and how its settings are searched.

    Attributes:
        search: how.
    """

    search: SearchSettings

    @model_validator(mode="after")
    def _is_no_final(self) -> Self:
        if self.final:
            raise ValueError("a search trains no final head; fit one with the settings it found")
        return self

    @property
    def name(self) -> str:
        """What the run is called unless it is given a name: tune-manifest-model-head-protocol."""
        return f"tune-{super().name}"

    def to_fit(self, head_name: str, searched: str) -> FitConfig:
        """Return the fit, without the search.

        Args:
            head_name: what its head is called.
            searched: the name of the run that chose its settings.
        """
        own = {name: getattr(self, name) for name in FitConfig.model_fields}
        return FitConfig(**{**own, "head_name": head_name, "searched": searched})
