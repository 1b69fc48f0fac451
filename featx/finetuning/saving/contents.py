"""What the folder of a saved model holds: its files, and what `head.json` says."""

from pydantic import model_validator

from classifiers.pooled import PooledSettings
from classifiers.settings import PositiveFinite
from featx.features.encoders.checkpoints.folders import (
    ADAPTER,
    ADAPTER_WEIGHTS,
    CONFIG,
    ENCODER,
    PREPROCESSOR,
    SAFETENSORS,
)
from featx.finetuning.adapting.base import Base
from featx.finetuning.adapting.settings import Adapters, BottleneckSettings, LoraSettings
from featx.finetuning.choices import Mode
from featx.runs.files import SAVED_HEAD
from featx.runs.outputs import Outputs
from featx.utils.config import Schema

ADAPTER_CONFIG = "adapter_config.json"  # peft's; featx reads `head.json`
HEAD_WEIGHTS = "head.safetensors"
_HEAD = (SAVED_HEAD, HEAD_WEIGHTS)
_ENCODER = (CONFIG, PREPROCESSOR, SAFETENSORS)
_ADAPTER = (CONFIG, PREPROCESSOR, ADAPTER_WEIGHTS)
PLAIN_FILES = (*_HEAD, *_ENCODER)  # of a model that plain transformers loads too
# of one that featx alone loads
OWN_FILES = (*_HEAD, CONFIG, *(f"{ENCODER}/{name}" for name in _ENCODER))
# of adapters, which take their encoder from elsewhere
ADAPTER_FILES = (*_HEAD, CONFIG, *(f"{ADAPTER}/{name}" for name in _ADAPTER))
PEFT_FILE = f"{ADAPTER}/{ADAPTER_CONFIG}"  # which low-rank adapters have too
OWN_CONFIG = {"model_type": "featx"}


class Adapted(Schema):
    """What is saved of adapters beside their weights.

    Attributes:
        base: the encoder that they belong to.
        lora: the settings of low-rank adapters.
        adapter: the settings of bottleneck adapters.
    """

    base: Base
    lora: LoraSettings | None = None
    adapter: BottleneckSettings | None = None

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> "Adapted":
        """Refuse both kinds at once, and neither.

        Raises:
            ValueError: says so.
        """
        if (self.lora is None) == (self.adapter is None):
            raise ValueError("must have the settings of one kind of adapters: lora or adapter")
        return self

    @classmethod
    def of(cls, settings: Adapters, base: Base) -> "Adapted":
        """Return what is saved of adapters of these settings."""
        kind = "lora" if isinstance(settings, LoraSettings) else "adapter"
        return cls.model_validate({kind: settings, "base": base})

    @property
    def settings(self) -> Adapters:
        """The adapters' settings."""
        settings = self.lora or self.adapter
        assert settings is not None, "one of them is there"
        return settings


class SavedHead(PooledSettings, Outputs):
    """What `head.json` holds beside the head's settings: what its outputs stand for, and more.

    Attributes:
        mode: which weights trained.
        seconds: how much of the beginning of each utterance the model heard; None for all of it.
        adapted: the adapters that are saved alone; None if the encoder is saved.
    """

    mode: Mode
    seconds: PositiveFinite | None = None
    adapted: Adapted | None = None

    @property
    def settings(self) -> PooledSettings:
        """The classifier's settings alone."""
        return PooledSettings(**{name: getattr(self, name) for name in PooledSettings.model_fields})

    @property
    def outputs(self) -> Outputs:
        """What the outputs stand for alone."""
        return Outputs(**{name: getattr(self, name) for name in Outputs.model_fields})
