"""Utterances changed as settings say, the same whenever it is done again."""

import json
from dataclasses import dataclass
from functools import partial

import numpy as np

from featx.data.audio import Waveform
from featx.data.augmentation.draws import Version, generator_for
from featx.data.augmentation.effects.effect import Changed, Effect
from featx.data.augmentation.effects.gain import Gain
from featx.data.augmentation.effects.noise import Noise
from featx.data.augmentation.effects.pitch import Pitch
from featx.data.augmentation.effects.room import Room
from featx.data.augmentation.effects.sounds import open_sounds
from featx.data.augmentation.effects.speed import Speed
from featx.data.augmentation.settings import Augmentation

_DRAWN, _DONE = "whether", "how"  # purposes of random numbers


@dataclass(frozen=True)
class Augmenter:
    """Changes utterances. What is done depends on the utterance's id and the version alone.

    Attributes:
        settings: what is done, how often and how much.
        effects: the same, ready to be done, by name.
        identity: what changes follow from, as text: the settings, and what folders of sounds hold.
    """

    settings: Augmentation
    effects: dict[str, Effect]
    identity: str

    def change(self, waveform: Waveform, utterance: str, version: Version) -> Changed:
        """Return a changed utterance, and say what was done.

        Args:
            waveform: (samples,) float32 at 16 kHz.
            utterance: its id.
            version: which change of it.

        Raises:
            AudioError: if a noise or a response can't be read.
        """
        done = []
        for effect, generator in self._drawn(utterance, version):
            waveform, words = effect.change(waveform, generator)
            done += [words] if words else []
        return Changed(waveform, ", ".join(done))

    def length(self, samples: int, utterance: str, version: Version) -> int:
        """Return how many samples an utterance of so many has once it is changed."""
        for effect, generator in self._drawn(utterance, version):
            samples = effect.length(samples, generator)
        return samples

    def _drawn(self, utterance: str, version: Version) -> list[tuple[Effect, np.random.Generator]]:
        """Return the effects that a version of an utterance gets, and what draws their sizes."""
        draw = partial(generator_for, self.settings.seed, utterance, version)
        return [
            (effect, draw(f"{name} {_DONE}"))
            for name, effect in self.effects.items()
            if draw(f"{name} {_DRAWN}").random() < getattr(self.settings, name).probability
        ]


def open_augmentation(settings: Augmentation) -> Augmenter:
    """Look at the sounds that are needed, and return what changes utterances.

    Raises:
        FeatxError: if there is a folder without sounds, or with some that can't be used.
    """
    effects: dict[str, Effect] = {}
    table = settings.to_table()
    if settings.speed:
        effects["speed"] = Speed(settings.speed)
    if settings.pitch:
        effects["pitch"] = Pitch(settings.pitch)
    if settings.room:
        responses = open_sounds(settings.room.folder, "augmentation.room.folder")
        table["room"]["folder"] = responses.digest
        effects["room"] = Room(responses)
    if settings.noise:
        noises = None
        if settings.noise.folder:
            noises = open_sounds(settings.noise.folder, "augmentation.noise.folder")
            table["noise"]["folder"] = noises.digest
        effects["noise"] = Noise(settings.noise, noises)
    if settings.gain:
        effects["gain"] = Gain(settings.gain)
    return Augmenter(settings, effects, json.dumps(table, sort_keys=True))
