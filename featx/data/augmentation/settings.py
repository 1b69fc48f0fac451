"""How waveforms are augmented, as a table of TOML."""

from pathlib import Path
from typing import Self

from pydantic import NonNegativeInt, model_validator

from featx.data.augmentation.effects.gain import GainSettings
from featx.data.augmentation.effects.noise import NoiseSettings
from featx.data.augmentation.effects.pitch import PitchSettings
from featx.data.augmentation.effects.room import RoomSettings
from featx.data.augmentation.effects.speed import SpeedSettings
from featx.utils.config import Schema, find_shipped, read_config

EFFECTS = ("speed", "pitch", "room", "noise", "gain")
"""In the order in which they are done: the speaker, the room, its noise, the microphone."""


class Augmentation(Schema):
    """A file like `configs/augmentation/mixed.toml`; what it does not name is not done.

    Attributes:
        speed: faster and slower.
        pitch: higher and lower.
        room: the sound of rooms.
        noise: noise at a signal-to-noise ratio.
        gain: louder and softer.
        seed: another one draws other changes.
    """

    speed: SpeedSettings | None = None
    pitch: PitchSettings | None = None
    room: RoomSettings | None = None
    noise: NoiseSettings | None = None
    gain: GainSettings | None = None
    seed: NonNegativeInt = 0

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if not self.effects:
            tables = ", ".join(f"[{name}]" for name in EFFECTS)
            raise ValueError(f"nothing is augmented; give one or more of {tables}")
        return self

    @property
    def effects(self) -> list[str]:
        """The names of what is done, in its order."""
        return [name for name in EFFECTS if getattr(self, name) is not None]

    @property
    def fastest(self) -> float:
        """The factor by which an utterance can become shorter."""
        return max(1.0, self.speed.factor[1]) if self.speed else 1.0

    def without_places(self) -> "Augmentation":
        """Return the same with the last names alone of folders of sounds."""
        changed = {
            name: settings.model_copy(update={"folder": Path(settings.folder.name)})
            for name in self.effects
            if getattr(settings := getattr(self, name), "folder", None)
        }
        return self.model_copy(update=changed)

    def extremes(self, effect: str) -> list["Augmentation"]:
        """Return augmentations that always do a single effect, at either end of its range."""
        settings = getattr(self, effect)
        ranges = [(name, value) for name, value in settings if isinstance(value, tuple)]
        updates = [{name: (end, end)} for name, ends in ranges for end in ends] or [{}]
        return [
            Augmentation.model_validate(
                {effect: settings.model_copy(update={"probability": 1.0, **update})}
            )
            for update in updates
        ]


def find_augmentation(argument: str, name: str | Path) -> Augmentation:
    """Return the augmentation of a shipped preset or of a TOML.

    Args:
        argument: which argument names it, for messages.
        name: the name of a preset, or the path of a TOML.

    Raises:
        FeatxError: if there is none, or its file can't be used.
    """
    return read_config(find_shipped(argument, str(name), "augmentation"), Augmentation)
