"""The sound of rooms: waveforms convolved with measured responses."""

import numpy as np

from featx.data.audio import Waveform
from featx.data.augmentation.effects.effect import Changed, KeepsLength, power, with_power_of
from featx.data.augmentation.effects.ranges import Probability
from featx.data.augmentation.effects.sounds import Sounds
from featx.utils.config import Place, Schema


class RoomSettings(Schema):
    """How rooms are put around utterances.

    Attributes:
        probability: how often it is done.
        folder: responses of rooms, at any depth; of each the first channel is taken.
    """

    probability: Probability
    folder: Place


class Room(KeepsLength):
    """Convolves waveforms with responses of rooms.

    Args:
        sounds: the responses.
    """

    def __init__(self, sounds: Sounds) -> None:
        self._sounds = sounds

    def change(self, waveform: Waveform, generator: np.random.Generator) -> Changed:
        """Return a waveform as it sounds in a room; a silent response changes nothing."""
        response, name = self._sounds.whole(generator)
        if not power(waveform) or not power(response):
            return Changed(waveform, "")
        return Changed(reverberate(waveform, response), f"room of {name}")


def reverberate(waveform: Waveform, response: Waveform) -> Waveform:
    """Return a waveform in a room, without delay and with its own power and length.

    Args:
        waveform: (samples,) float32, not silent.
        response: the room's, from its largest value on, which is the direct sound.
    """
    from scipy.signal import fftconvolve

    direct = int(np.argmax(np.abs(response)))
    full = fftconvolve(waveform.astype(np.float64), response[direct:].astype(np.float64))
    return with_power_of(waveform, full[: len(waveform)])
