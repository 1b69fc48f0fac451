"""What the settings of heads, of their training and of classifiers have in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PositiveInt

Dropout = Annotated[float, Field(ge=0, le=0.99)]
PositiveFinite = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Settings(BaseModel):
    """A table of settings: these keys and no others, unchanged once they are read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FrameSettings(Settings):
    """What heads that see an utterance frame by frame have in common.

    Attributes:
        average_frames: how many neighbouring frames are averaged before the head sees them, which
            makes training about as many times faster; 1 leaves frames as they are.
    """

    average_frames: PositiveInt = 1
