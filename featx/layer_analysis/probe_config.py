"""Everything that determines a probe, as one config."""

import math
from pathlib import Path
from typing import Annotated, Literal

import tomli_w
from pydantic import Field, PositiveFloat

from classifiers.linear import LinearSettings, Strength
from featx.config import Schema, check_config
from featx.fit_config import FitConfig
from featx.protocols import Protocol

ROOT = Path("probes")
STRENGTHS = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)


class ProbeConfig(Schema):
    """A probe of a store's layers; its `config.toml`.

    Attributes:
        manifest: the labels; relative to the working folder.
        features: the store; likewise.
        layers: those probed: "all", or such as "0,4-12".
        seconds: of each utterance's beginning that are used; `inf` for all of it.
        normalize: "global" standardises by the training utterances; "speaker" by the speaker's own
            in the same part of the fold, before.
        strengths: values of C to try, the inverse of regularisation; the one with the highest UAR
            on validation data is taken.
        skip_missing: whether utterances without features are left out.
        protocol: which utterances under which labels, and how they are divided.
    """

    manifest: Path
    features: Path
    layers: str = "all"
    seconds: PositiveFloat = math.inf
    normalize: Literal["speaker", "global"] = "global"
    strengths: Annotated[tuple[Strength, ...], Field(min_length=1)] = STRENGTHS
    skip_missing: bool = False
    protocol: Protocol

    def to_toml(self) -> str:
        """Return the config as it is written to a file."""
        return tomli_w.dumps(self.model_dump(mode="json", exclude_none=True))

    def to_fit(self) -> FitConfig:
        """Return the fit that does with all layers together what the probe does with each."""
        head = LinearSettings(kind="linear", pooling="mean", strengths=self.strengths)
        same = self.model_dump(mode="json", exclude={"features", "strengths"})
        table = {**same, "features": [str(self.features)], "head": head.model_dump(), "seeds": 1}
        return check_config(table, FitConfig, "probe")

    @property
    def default_name(self) -> str:
        """manifest-model, as in "manifest-wav2vec2-base", and a named protocol."""
        parts = (self.manifest.stem, self.features.name, self.protocol.name)
        return "-".join(filter(None, parts))
