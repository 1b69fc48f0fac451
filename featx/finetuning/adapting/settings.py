"""Which adapters an encoder gets, and how large they are."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PositiveInt

from classifiers.settings import Dropout
from featx.utils.config import Schema

Place = Literal["attention", "feed_forward"]


def _as_several(names: object) -> object:
    """Return names; a single one may be given without a list."""
    return (names,) if isinstance(names, str) else names


AtLeastOne = (Field(min_length=1), BeforeValidator(_as_several))


class LoraSettings(Schema):
    """Low-rank adapters (Hu et al. 2022), under the names that peft has for their settings.

    Attributes:
        r: rank: rows of an adapter's first factor.
        lora_alpha: the adapters' outputs are multiplied by this over `r`.
        lora_dropout: share of the adapters' inputs that is dropped in training.
        target_modules: the names of the linear layers that get adapters; by default the four of
            every attention.
    """

    r: PositiveInt = 8
    lora_alpha: PositiveInt = 8
    lora_dropout: Dropout = 0.0
    target_modules: Annotated[tuple[str, ...], *AtLeastOne] = (
        "q_proj", "k_proj", "v_proj", "out_proj",
    )  # fmt: skip


class BottleneckSettings(Schema):
    """Bottleneck adapters (Houlsby et al. 2019).

    Attributes:
        size: width of the bottleneck.
        places: the parts of a block whose output passes an adapter: its "attention", its
            "feed_forward" layers, or both, as Houlsby et al. have them. Pfeiffer et al. (2021)
            leave out that of the attention.
    """

    size: PositiveInt = 64
    places: Annotated[tuple[Place, ...], *AtLeastOne] = ("attention", "feed_forward")


Adapters = LoraSettings | BottleneckSettings
