"""What is measured of an utterance's audio, in one decoding."""

import hashlib
from dataclasses import asdict, dataclass

import numpy as np

from featx.data.audio import Waveform
from featx.data.sounds.bandwidth import measure_bandwidth
from featx.data.sounds.clipping import count_flat_peaks
from featx.data.sounds.fingerprint import fingerprint
from featx.data.sounds.levels import Levels, decibels, level_of, measure_levels

MEASUREMENT = 1  # to be raised whenever the same sound would be measured otherwise


@dataclass(frozen=True)
class Sound(Levels):
    """What an utterance's audio is like: its levels, and what else is measured.

    Attributes:
        seconds: its length.
        rate: samples a second in its file, in Hz.
        digest: of its samples at 16 kHz; two utterances that share it are the same sound.
        fingerprint: what is left of it in near copies; see `featx.data.sounds.fingerprint`.
        peak: the largest magnitude in a channel; 1 is full scale.
        offset: the mean of its samples.
        clipped: how many peaks are cut flat at the same height, in the channel with most of them.
        channels: the level of each channel, in dB relative to full scale.
        cancelled: how many dB the average of its channels has less than they have in the mean:
            0 if they are the same, 3 if two have nothing in common, more if they cancel.
        bandwidth: the frequency in Hz above which it holds nothing, 8,000 at most.
    """

    seconds: float
    rate: int
    digest: str
    fingerprint: bytes
    peak: float
    offset: float
    clipped: int
    channels: tuple[float, ...]
    cancelled: float
    bandwidth: float

    @property
    def snr(self) -> float:
        """How many dB loud parts are above quiet ones: an estimate of the signal-to-noise ratio.

        It is that of loud speech, some 4 dB above that of all speech, and too low where there is
        no pause.
        """
        return self.speech - self.floor


def measure_sound(channels: np.ndarray, rate: int, waveform: Waveform) -> Sound:
    """Measure an utterance.

    Args:
        channels: (samples, channels) float32, as decoded.
        rate: their rate in Hz.
        waveform: (samples,) float32, the same at 16 kHz in one channel.
    """
    offset = float(waveform.mean(dtype=np.float64))
    apart = [channel - np.float32(channel.mean(dtype=np.float64)) for channel in channels.T]
    levels = tuple(map(level_of, apart))
    return Sound(
        seconds=len(channels) / rate,
        rate=rate,
        digest=hashlib.blake2b(waveform.tobytes(), digest_size=16).hexdigest(),
        fingerprint=fingerprint(waveform),
        peak=float(max(channels.max(), -channels.min())),
        offset=offset,
        clipped=max(map(count_flat_peaks, apart)),
        channels=levels,
        cancelled=_cancelled(apart, levels),
        bandwidth=min(measure_bandwidth(waveform), rate / 2),
        **asdict(measure_levels(waveform, offset)),
    )


def _cancelled(apart: list[np.ndarray], levels: tuple[float, ...]) -> float:
    if len(apart) == 1:
        return 0.0
    mean_power = float(np.mean([10 ** (level / 10) for level in levels]))
    return max(0.0, decibels(mean_power) - level_of(np.mean(apart, axis=0)))
