"""Long recordings, cut into windows that follow one another or overlap."""

import logging
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from featx.data.audio import (
    SAMPLE_RATE,
    AudioError,
    Waveform,
    count_samples,
    duration,
    read_audio,
)
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
_SLACK = 1e-3  # seconds at the end that need no window of their own
log = logging.getLogger("featx")


@dataclass(frozen=True)
class Cut:
    """Recordings in windows.

    Attributes:
        recordings: an utterance for each window that holds speech.
        windows: the id of each of them to its recording's id, start and end.
        failures: recording's id to why it can't be read.
    """

    recordings: Recordings
    windows: dict[str, Utterance]
    failures: dict[str, str]


def cut(recordings: Recordings, seconds: float, hop: float) -> Cut:
    """Cut recordings into windows, and leave out those without speech.

    A window holds speech if at least a fifth of its frames of 20 ms are less than 35 dB below the
    recording's loud frames, the 95th percentile, and above -60 dB of full scale.

    Args:
        recordings: what to cut.
        seconds: how long a window is; a recording that is shorter is a single window.
        hop: seconds from the beginning of a window to that of the next. The last window of a
            recording begins earlier, so that it ends with the recording.

    Raises:
        FeatxError: if no window holds speech, or parts of recordings would lie between windows.
    """
    if hop > seconds:
        raise FeatxError(
            f"`hop={hop:g}` is longer than `window={seconds:g}`: what lies between two windows "
            "would not be heard."
        )
    windows, failures, silent = {}, {}, 0
    for utterance in recordings.manifest.utterances:
        try:
            found = _spoken(utterance, seconds, hop)
        except AudioError as error:
            failures[utterance.utterance] = str(error)
            continue
        silent += sum(not speech for _, speech in found)
        for window, speech in found:
            if speech:
                windows[f"{window.utterance} {window.start:.6f}-{window.end:.6f}"] = window
    if silent:
        log.info("%s without speech: left out.", counted(silent, "window"))
    if not windows:
        reason = next(iter(failures.values()), "all are silent, or nearly")
        raise FeatxError(f"`inputs`: no window holds speech; {reason}.")
    for reason in failures.values():
        log.warning("%s", reason)
    utterances = tuple(replace(window, utterance=name) for name, window in windows.items())
    manifest = Manifest(recordings.manifest.path, utterances)
    return Cut(Recordings(manifest), windows, failures)


def _spoken(utterance: Utterance, seconds: float, hop: float) -> list[tuple[Utterance, bool]]:
    """Return the windows of a recording, and whether each holds speech."""
    count_samples(utterance.path, utterance.start, utterance.end)  # says what is wrong with it
    begin, whole = utterance.start or 0.0, duration(utterance.path)
    end = whole if utterance.end is None else min(utterance.end, whole)
    levels = measure_levels(utterance.path, begin, end, utterance.scale)
    heard = are_heard(levels, levels)
    found = []
    for start in _starts(begin, end, seconds, hop):
        stop = min(start + seconds, end)
        first, last = (round((time - begin) * SAMPLE_RATE / FRAME) for time in (start, stop))
        speech = hold_speech(heard[first : max(last, first + 1)])
        found.append((replace(utterance, start=round(start, 6), end=round(stop, 6)), speech))
    return found


def _starts(begin: float, end: float, seconds: float, hop: float) -> list[float]:
    """Return where windows begin, the last one so that it ends with the recording."""
    last = end - seconds
    if last <= begin:
        return [begin]
    starts = begin + hop * np.arange(int((last - begin) / hop + 1e-6) + 1)
    return [*starts.tolist(), *([last] if last - starts[-1] > _SLACK else [])]


def measure_levels(path: Path, begin: float, end: float, scale: float | None = None) -> np.ndarray:
    """Return the level of each 20 ms in dB of full scale, (frames,); the last may be shorter.

    Raises:
        AudioError: if the file can't be read.
    """
    levels = []
    for start in np.arange(begin, end, _PIECE):
        stop = min(start + _PIECE, end)
        levels.append(levels_of(read_audio(path, float(start), float(stop), scale)))
    return np.concatenate(levels)


def levels_of(audio: Waveform) -> np.ndarray:
    """Return the level of each 20 ms of audio at 16 kHz, as `measure_levels` does."""
    padded = np.pad(audio, (0, -len(audio) % FRAME))
    power = np.square(padded.reshape(-1, FRAME)).mean(1)
    levels: np.ndarray = 10 * np.log10(power + 1e-12)
    return levels


def are_heard(levels: np.ndarray, recording: np.ndarray) -> np.ndarray:
    """Tell which levels are loud enough for speech, (frames,), by those of the recording."""
    heard: np.ndarray = levels > max(FAINTEST, np.percentile(recording, LOUD) - BELOW_LOUD)
    return heard


def hold_speech(heard: np.ndarray) -> bool:
    """Tell whether the frames of a window hold speech, by which of them are heard."""
    return bool(heard.mean() >= LEAST)
