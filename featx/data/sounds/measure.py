"""Measure the audio of a whole corpus."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from featx.data.audio import AudioError, read_channels, to_waveform
from featx.data.manifest import Utterance
from featx.data.sounds.sound import Sound, measure_sound
from featx.utils.parallel import map_ahead
from featx.utils.progress import progress


@dataclass(frozen=True)
class Measured:
    """The sounds of a corpus.

    Attributes:
        sounds: each utterance's, by its id.
        failures: utterance id to why its audio can't be read.
    """

    sounds: dict[str, Sound]
    failures: dict[str, str]


def measure_sounds(utterances: Sequence[Utterance]) -> Measured:
    """Decode and measure utterances, in threads.

    Args:
        utterances: in any order.
    """
    measured = Measured({}, {})
    with progress("Listening", len(utterances), "utterances") as advance:
        results = map_ahead(_measure, utterances, os.cpu_count() or 1)
        for utterance, result in zip(utterances, results, strict=True):
            if isinstance(result, Sound):
                measured.sounds[utterance.utterance] = result
            else:
                measured.failures[utterance.utterance] = result
            advance(1)
    return measured


def _measure(utterance: Utterance) -> Sound | str:
    try:
        channels, rate = read_channels(
            utterance.path, utterance.start, utterance.end, utterance.scale
        )
        return measure_sound(channels, rate, to_waveform(channels, rate))
    except AudioError as error:
        return str(error)
