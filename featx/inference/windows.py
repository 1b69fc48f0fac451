"""Long recordings, cut into windows that follow one another or overlap."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from featx.data.audio import SAMPLE_RATE, AudioError, duration, read_audio
from featx.data.manifest import Manifest, Utterance
from featx.errors import FeatxError
from featx.inference.inputs import Recordings
from featx.utils.text import counted

FRAME = SAMPLE_RATE // 50  # samples of which a level is taken
BELOW_LOUD = 35.0  # dB below the recording's loud frames that speech reaches
FAINTEST = -60.0  # dB of full scale that speech reaches
LOUD = 95  # percentile of the levels, which a few clicks do not change
LEAST = 0.2  # share of a window's frames that speech takes
_PIECE = 60  # seconds of audio that are read at once
log = logging.getLogger("featx")


@dataclass(frozen=True)
class Cut:
    """Recordings in windows.

    Attributes:
        recordings: an utterance for each window that holds speech.
        windows: the id of each of them to its recording's id, start and end.
    """

    recordings: Recordings
    windows: dict[str, Utterance]


def cut(recordings: Recordings, seconds: float, hop: float) -> Cut:
    """Cut recordings into windows, and leave out those without speech.

    A window holds speech if at least a fifth of its frames of 20 ms are less than 35 dB below the
    recording's loud frames, the 95th percentile, and above -60 dB of full scale. A recording that
    can't be read stays whole, so that what is wrong with it is found where all audio is read.

    Args:
        recordings: what to cut.
        seconds: how long a window is; the last one of a recording may be shorter.
        hop: seconds from the beginning of a window to that of the next.

    Raises:
        FeatxError: if no window holds speech, or parts of recordings would lie between windows.
    """
    if hop > seconds:
        raise FeatxError(
            f"`hop={hop:g}` is longer than `window={seconds:g}`: what lies between two windows "
            "would not be heard."
        )
    windows, silent = {}, 0
    for utterance in recordings.manifest.utterances:
        try:
            found = list(_spoken(utterance, seconds, hop))
        except AudioError:
            windows[utterance.utterance] = utterance
            continue
        silent += sum(not speech for _, speech in found)
        for window, speech in found:
            if speech:
                windows[f"{window.utterance} {window.start:.2f}-{window.end:.2f}"] = window
    if silent:
        log.info("%s without speech: left out.", counted(silent, "window"))
    if not windows:
        raise FeatxError("`inputs`: no window holds speech; all are silent, or nearly.")
    utterances = tuple(replace(window, utterance=name) for name, window in windows.items())
    return Cut(Recordings(Manifest(recordings.manifest.path, utterances)), windows)


def _spoken(utterance: Utterance, seconds: float, hop: float) -> Iterator[tuple[Utterance, bool]]:
    """Yield the windows of a recording, and whether each holds speech."""
    begin = utterance.start or 0.0
    end = duration(utterance.path) if utterance.end is None else utterance.end
    levels = measure_levels(utterance.path, begin, end)
    heard = levels > max(FAINTEST, np.percentile(levels, LOUD) - BELOW_LOUD)
    count = max(1, int(np.ceil(round((end - begin - seconds) / hop, 6))) + 1)
    for start in begin + hop * np.arange(count):
        stop = min(start + seconds, end)
        first, last = (round((time - begin) * SAMPLE_RATE / FRAME) for time in (start, stop))
        speech = bool(heard[first : max(last, first + 1)].mean() >= LEAST)
        yield replace(utterance, start=round(float(start), 6), end=round(float(stop), 6)), speech


def measure_levels(path: Path, begin: float, end: float) -> np.ndarray:
    """Return the level of each 20 ms in dB of full scale, (frames,); the last may be shorter.

    Raises:
        AudioError: if the file can't be read.
    """
    levels = []
    for start in np.arange(begin, end, _PIECE):
        stop = min(start + _PIECE, end)
        audio = read_audio(path, float(start), None if stop == end else float(stop))
        padded = np.pad(audio, (0, -len(audio) % FRAME))
        power = np.square(padded.reshape(-1, FRAME)).mean(1)
        levels.append(10 * np.log10(power + 1e-12))
    return np.concatenate(levels)
