"""What features are: what is recorded in a store, and must be the same when a store goes on."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, Self

Value = str | int | float
Settings = Mapping[str, Value]
ALL_FRAMES = "all"  # and so the frames of a store that keeps every one
AS_TRAINED = "30"  # what users call the windows of a store whose identity has none
AS_PUBLISHED = "as the checkpoint says"  # and so whether waveforms were normalised


@dataclass(frozen=True)
class ModelIdentity:
    """What model features are of; None where it is not known, or there is no such thing.

    Attributes:
        encoder: the Hub id or folder name of an encoder, or the name of acoustic features.
        revision: the commit of the Hub's repository, "" for a local folder.
        weights_sha256: digest of the encoder's weights.
        settings_sha256: digest of the encoder's config and preprocessing.
        settings: the settings of acoustic features.
    """

    encoder: str
    revision: str | None = None
    weights_sha256: str | None = None
    settings_sha256: str | None = None
    settings: Settings | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what is known as JSON values, sorted by their names."""
        known = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: known[name] for name in sorted(known) if known[name] is not None}


@dataclass(frozen=True, kw_only=True)
class FeatureIdentity(ModelIdentity):
    """What the features of a store are.

    Attributes:
        precision: the type that they were computed in.
        sample_rate: samples a second of the audio that the model takes.
        frame_step: seconds from one frame to the next; 0 for one frame an utterance.
        blocks: transformer blocks of the encoder; None for acoustic features.
        trimmed_to: seconds after which utterances are cut; None if none was.
        window: "short" if the encoder saw utterances without the silence that it was trained with;
            None if it saw them as it was trained.
        normalize_waveform: "yes" or "no" if it was chosen whether waveforms are normalised; None
            if the checkpoint decided.
        pool: "mean" or "mean+deviation" if an utterance's frames were pooled to one vector a layer;
            None if they were not.
        frames: how many averages of neighbouring frames a second were kept; None if none were made.
        augmentation: what the utterances were changed by before; None if they were as recorded.
        imported_sha256: digest of the features if another program made them; None if featx did.
    """

    precision: str = "float32"
    sample_rate: int = 16_000
    frame_step: float
    blocks: int | None = None
    trimmed_to: float | None = None
    window: str | None = None
    normalize_waveform: str | None = None
    pool: Literal["mean", "mean+deviation"] | None = None
    frames: int | None = None
    augmentation: str | None = None
    imported_sha256: str | None = None

    @property
    def is_imported(self) -> bool:
        """Whether another program made the features, so that nothing here can compute more."""
        return self.imported_sha256 is not None

    @property
    def is_acoustic(self) -> bool:
        """Whether the features were computed without a model."""
        return self.blocks is None

    def compared(self) -> dict[str, Any]:
        """Return what `to_json` does, with words for what was not chosen: messages show them."""
        usual = {
            "window": AS_TRAINED,
            "normalize_waveform": AS_PUBLISHED,
            "pool": "no",
            "frames": ALL_FRAMES,
            "augmentation": "no",
        }
        return {**usual, **self.to_json()}

    @classmethod
    def from_json(cls, table: Mapping[str, Any]) -> Self:
        """Return the identity that `to_json` has written.

        Raises:
            TypeError: if a name is unknown, or one that every store has is not there.
        """
        return cls(**table)
