"""What is measured of an utterance's audio, in one decoding."""

import hashlib
from dataclasses import dataclass

import numpy as np

from featx.data.audio import Waveform
from featx.data.sounds.fingerprint import fingerprint

MEASUREMENT = 1  # to be raised whenever the same sound would be measured otherwise
SILENT = -100.0  # dB, the level of digital silence


@dataclass(frozen=True)
class Sound:
    """What an utterance's audio is like.

    Attributes:
        seconds: its length.
        rate: samples a second in its file, in Hz.
        digest: of its samples at 16 kHz; two utterances that share it are the same sound.
        fingerprint: what is left of it in near copies; see `featx.data.sounds.fingerprint`.
        peak: the largest magnitude; 1 is full scale.
        level: its RMS in dB relative to full scale; `SILENT` if no sample differs from 0.
        offset: the mean of its samples.
        clipped: the share of samples in runs of three or more at the largest magnitude.
        channels: the level of each channel in dB.
    """

    seconds: float
    rate: int
    digest: str
    fingerprint: bytes
    peak: float
    level: float
    offset: float
    clipped: float
    channels: tuple[float, ...]


def measure_sound(channels: np.ndarray, rate: int, waveform: Waveform) -> Sound:
    """Measure an utterance.

    Args:
        channels: (samples, channels) float32, as decoded.
        rate: their rate in Hz.
        waveform: (samples,) float32, the same at 16 kHz in one channel.
    """
    magnitude = np.abs(waveform)
    peak = float(magnitude.max())
    return Sound(
        seconds=len(channels) / rate,
        rate=rate,
        digest=hashlib.blake2b(waveform.tobytes(), digest_size=16).hexdigest(),
        fingerprint=fingerprint(waveform),
        peak=peak,
        level=_level(waveform),
        offset=float(waveform.mean(dtype=np.float64)),
        clipped=_clipped(magnitude, peak),
        channels=tuple(_level(channel) for channel in channels.T),
    )


def _level(samples: np.ndarray) -> float:
    power = float(np.mean(np.square(samples, dtype=np.float64)))
    return max(SILENT, 10 * np.log10(power)) if power else SILENT


def _clipped(magnitude: np.ndarray, peak: float) -> float:
    if not peak or len(magnitude) < 3:
        return 0.0
    full = magnitude >= peak * (1 - 1e-4)
    runs = full[:-2] & full[1:-1] & full[2:]
    return float(3 * np.count_nonzero(runs) / len(magnitude)) if runs.any() else 0.0
