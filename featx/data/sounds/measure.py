"""Measure the audio of a whole corpus, or remember what was measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from featx.data.audio import AudioError, read_channels, to_waveform
from featx.data.files.digests import State, digest_file
from featx.data.manifest import Utterance
from featx.data.sounds.remembered import RememberedSounds
from featx.data.sounds.sound import Sound, measure_sound
from featx.errors import Interrupted
from featx.utils.machine import usable_cores
from featx.utils.parallel import map_ahead
from featx.utils.progress import passing, progress

_LOOKED_UP = 1_000  # utterances at a time


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
    """Decode and measure utterances, in threads, unless they were measured before.

    Args:
        utterances: in any order.

    Raises:
        Interrupted: on Ctrl-C; what was measured is remembered.
    """
    measured = Measured({}, {})
    try:
        with RememberedSounds() as remembered:
            asked = passing(utterances, len(utterances), "Looking up sounds", "utterances")
            while some := list(islice(asked, _LOOKED_UP)):
                for utterance, sound in zip(some, remembered.recall(some), strict=True):
                    if sound:
                        measured.sounds[utterance.utterance] = sound
            unknown = [u for u in utterances if u.utterance not in measured.sounds]
            if unknown:
                _measure_all(unknown, remembered, measured)
    except KeyboardInterrupt:
        raise Interrupted(
            "Interrupted while listening to the audio. What was heard is remembered; the same "
            "again goes on from there."
        ) from None
    return measured


def _measure_all(
    utterances: Sequence[Utterance], remembered: RememberedSounds, measured: Measured
) -> None:
    threads = max(1, round(usable_cores()))
    with progress("Listening", len(utterances), "utterances") as advance:
        results = map_ahead(partial(_measure, remembered), utterances, threads)
        for utterance, result in zip(utterances, results, strict=True):
            if isinstance(result, str):
                measured.failures[utterance.utterance] = result
            else:
                measured.sounds[utterance.utterance] = result.sound
                if result.state:
                    remembered.keep(utterance, result.state, result.content, result.sound)
            advance(1)


@lru_cache(maxsize=64)  # the segments of a long file follow each other
def _content(path: Path, _: State) -> str:
    return digest_file(path)


class _Heard(NamedTuple):
    """A sound, its file's content, and that file's state; None if it changed meanwhile."""

    sound: Sound
    content: str
    state: State | None


def _measure(remembered: RememberedSounds, utterance: Utterance) -> _Heard | str:
    """Return an utterance's sound, or why its audio can't be read."""
    path = utterance.path
    try:
        state = State.of(path)
        content = _content(path, state)
        sound = remembered.find(content, utterance)
        if sound is None:
            channels, rate = read_channels(path, utterance.start, utterance.end, utterance.scale)
            sound = measure_sound(channels, rate, to_waveform(channels, rate))
        return _Heard(sound, content, state if State.of(path) == state else None)
    except AudioError as error:
        return str(error)
    except OSError as error:
        return f"{path}: can't be read ({error.strerror})"
