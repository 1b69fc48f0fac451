"""What the settings of heads, of their training and of classifiers have in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Dropout = Annotated[float, Field(ge=0, le=0.99)]
PositiveFinite = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Settings(BaseModel):
    """A table of settings: these keys and no others, unchanged once they are read."""

    model_config = ConfigDict(extra="forbid", frozen=True)
