"""Everything that determines a fine-tuning, as one config."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import PositiveFloat, PositiveInt, model_validator

from classifiers.pooled import PooledSettings
from featx.data.augmentation.settings import Augmentation
from featx.features.choices import NormalizeWaveform
from featx.features.encoders.checkpoints.registry import store_name
from featx.finetuning.adapting.settings import Adapters, BottleneckSettings, LoraSettings
from featx.finetuning.choices import ADAPTING, Mode, Save, SelectOn
from featx.finetuning.training.settings import TuningSettings
from featx.protocols.protocol import Protocol
from featx.runs.read import find_config
from featx.utils.config import Place, Schema, change, check_config, config_table, shipped_config
from featx.utils.files import AnyPath


class Tuning(Schema):
    """A file like `configs/finetuning.toml`.

    Attributes:
        head: the classifier on the encoder.
        training: how both train.
    """

    head: PooledSettings
    training: TuningSettings


class FinetuneConfig(Tuning):
    """A fine-tuning in full; the `config.toml` of a run.

    Attributes:
        manifest: the labels and audio; relative to the working folder.
        model: a short name, a Hub id or a local folder.
        revision: branch, tag or commit of the Hub repository; its main branch if empty.
        normalize_waveform: whether waveforms are normalised; without it, the checkpoint decides.
        mode: "full" trains all weights, "partial" all but the CNN's, "frozen" the head's, "lora"
            and "adapter" the head's and those of adapters in the encoder.
        lora: the low-rank adapters, of mode "lora" alone.
        adapter: the bottleneck adapters, of mode "adapter" alone.
        seconds: how much of the beginning of each utterance is used; `inf` for all of it.
        select_on: what chooses the checkpoint. "test" is how some papers do it: training has the
            validation data too, and the scores are those of the best of many looks.
        seeds: how many models to train for each fold, each with another initial head, order and
            dropout.
        processes: how many processes of `torchrun` share a step; each takes whole batches.
        save: which models are kept: the "best" on validation data, "all" or "none".
        keep_duplicates: whether the same sound may be in two parts of a fold.
        augmentation: how training utterances are changed, anew each epoch; without it they stay
            as they are.
        protocol: which utterances under which labels, and how they are divided.
    """

    manifest: Place
    model: str
    revision: str = ""
    normalize_waveform: NormalizeWaveform | None = None
    mode: Mode
    lora: LoraSettings | None = None
    adapter: BottleneckSettings | None = None
    seconds: PositiveFloat = math.inf
    select_on: SelectOn = "validation"
    seeds: PositiveInt
    processes: PositiveInt = 1
    save: Save = "best"
    keep_duplicates: bool = False
    augmentation: Augmentation | None = None
    protocol: Protocol

    @model_validator(mode="after")
    def _fits_mode(self) -> "FinetuneConfig":
        """Refuse settings that the mode has no use for.

        Raises:
            ValueError: names them.
        """
        for mode, table in (("lora", self.lora), ("adapter", self.adapter)):
            if table is not None and self.mode != mode:
                raise ValueError(f"{mode}: is of mode {mode} alone (the mode is {self.mode})")
            if table is None and self.mode == mode:
                raise ValueError(f"{mode}: the table of the adapters' settings is missing")
        given = self.training.layer_decay, self.training.unfreeze_every
        if self.mode == "frozen" and any(value is not None for value in given):
            raise ValueError(
                "training.layer_decay and training.unfreeze_every are for encoders that train, "
                "which none does in mode frozen"
            )
        if self.training.unfreeze_every is not None and self.processes > 1:
            raise ValueError("training.unfreeze_every: works in a single process alone")
        return self

    def to_table(self) -> dict[str, Any]:
        """Return the values as TOML has them, without `keep_duplicates` if it isn't asked for."""
        table = super().to_table()
        if not self.keep_duplicates:
            del table["keep_duplicates"]  # so that configs stay those of earlier versions
        return table

    @property
    def adapters(self) -> Adapters | None:
        """The adapters that train; None if the mode has none."""
        return self.lora or self.adapter

    @property
    def name(self) -> str:
        """The name of the run: manifest, model, mode, and what else is chosen."""
        changed = "augmented" if self.augmentation else ""
        named = (self.protocol.name, self.protocol.target.name, changed)
        parts = (self.manifest.stem, store_name(self.model), self.mode, *named)
        return "-".join(filter(None, parts))


def finetune_config(data: Mapping[str, Any], changes: Sequence[str] = ()) -> FinetuneConfig:
    """Build a config from the shipped settings.

    Args:
        data: the other keys of `FinetuneConfig`; a `head` overrides single keys of the shipped.
        changes: "key=value" with dots for tables, such as "training.learning_rate=1e-5".

    Raises:
        ConfigError: if a change names an unknown key or a wrong value.
    """
    table = config_table(shipped_config("finetuning.toml"), Tuning)
    head = {**table["head"], **data.get("head", {})}
    return _changed({**table, **data, "head": head}, changes)


def earlier_config(config: AnyPath | FinetuneConfig, changes: Sequence[str] = ()) -> FinetuneConfig:
    """Return the config of an earlier run, with changes.

    Args:
        config: itself, or the run, its folder or its `config.toml`.
        changes: as for `finetune_config`.

    Raises:
        ConfigError: if the file or a change can't be used.
    """
    given = config if isinstance(config, FinetuneConfig) else find_config(config)
    return _changed(config_table(given, FinetuneConfig), changes)


def _changed(table: dict[str, Any], changes: Sequence[str]) -> FinetuneConfig:
    change(table, changes)
    for mode in ADAPTING:
        if table.get("mode") == mode:
            table.setdefault(mode, {})  # written out in full
        elif not any(text.startswith(f"{mode}.") for text in changes):
            table.pop(mode, None)  # of an earlier run in that mode
    return check_config(table, FinetuneConfig, "`settings`" if changes else "finetune")
