"""A probe's config."""

import math
from typing import Annotated

from pydantic import Field, PositiveFloat

from classifiers.linear import LinearSettings, Strength
from featx.fitting.config import FitConfig
from featx.layer_analysis.probes.choices import OwnOrGlobal
from featx.protocols.protocol import Protocol
from featx.utils.config import Place, Schema, check_config

STRENGTHS = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)


class ProbeConfig(Schema):
    """A probe of a store's layers; its `config.toml`.

    Attributes:
        manifest: the CSV with the labels, relative to the working folder.
        features: the folder of the store, relative to the working folder.
        layers: the layers to probe: "all", or such as "0,4-12".
        seconds: how much of the beginning of each utterance is used; `inf` for all of it.
        normalize: "global" standardises by the training utterances; "speaker" by the speaker's own
            in the same part of the fold, before.
        strengths: values of C to try, the inverse of regularisation; that with the highest score
            on validation data is taken.
        skip_missing: whether utterances without features are left out.
        protocol: which utterances under which labels, and how they are divided.
    """

    manifest: Place
    features: Place
    layers: str = "all"
    seconds: PositiveFloat = math.inf
    normalize: OwnOrGlobal = "global"
    strengths: Annotated[tuple[Strength, ...], Field(min_length=1)] = STRENGTHS
    skip_missing: bool = False
    protocol: Protocol

    def to_fit(self) -> FitConfig:
        """Return the fit that does with all layers together what the probe does with each."""
        head = LinearSettings(kind="linear", pooling="mean", strengths=self.strengths)
        same = self.model_dump(mode="json", exclude={"features", "strengths"})
        table = {
            **same,
            "features": [str(self.features)],
            "head_name": head.kind,
            "head": head.model_dump(),
            "seeds": 1,
        }
        return check_config(table, FitConfig, "probe")

    @property
    def default_name(self) -> str:
        """manifest-model, as in "manifest-wav2vec2-base", and a named protocol and target."""
        learned = self.protocol.target.name
        parts = (self.manifest.stem, self.features.name, self.protocol.name, learned)
        return "-".join(filter(None, parts))
