"""How loud audio is: speech, what is under it, and its ends."""

from dataclasses import dataclass

import numpy as np

from featx.data.audio import SAMPLE_RATE, Waveform

SILENT = -100.0  # dB, the level of digital silence
FRAME = SAMPLE_RATE // 50  # samples; 20 ms, as NIST's stnr has them
_LOUD, _QUIET = 95, 10  # percentiles of the frames' levels
_FAR_BELOW = 40.0  # dB under loud speech; what is quieter at the ends is a pause
_ABOVE_FLOOR = 10.0  # dB; what is quieter is a pause too, as noise is in noisy recordings
_END = 2 * FRAME  # samples at the beginning and the end whose level is looked at


@dataclass(frozen=True)
class Levels:
    """How loud audio is, in dB relative to full scale.

    Attributes:
        level: its RMS, of samples less their mean; `SILENT` if no sample differs from it.
        speech: its loud parts: the 95th percentile of the levels of 20 ms.
        floor: its quiet parts: the 10th percentile.
        leading: seconds before sound begins; the whole length if none does.
        trailing: seconds after it has ended.
        beginning: its first 40 ms.
        end: its last 40 ms.
    """

    level: float
    speech: float
    floor: float
    leading: float
    trailing: float
    beginning: float
    end: float


def measure_levels(waveform: Waveform, offset: float) -> Levels:
    """Measure how loud audio is.

    Loud and quiet parts are told by percentiles of frames of 20 ms, as NIST's stnr (Speech Quality
    Assurance package) and ISIP's signal-to-noise tool tell speech and noise. A pause is what is
    40 dB under the loud parts, or within 10 dB of the quiet ones and nearer to them.

    Args:
        waveform: (samples,) float32 at 16 kHz.
        offset: its mean, which is taken off.
    """
    centred = waveform - np.float32(offset)
    powers = _frame_powers(centred)
    speech, floor = (decibels(float(p)) for p in np.percentile(powers, [_LOUD, _QUIET]))
    threshold = max(speech - _FAR_BELOW, floor + min(_ABOVE_FLOOR, (speech - floor) / 2))
    heard = np.flatnonzero(powers >= 10 ** (threshold / 10)) if speech > SILENT else np.array([])
    seconds = len(waveform) / SAMPLE_RATE
    return Levels(
        level=decibels(float(powers.mean(dtype=np.float64))),
        speech=speech,
        floor=floor,
        leading=float(heard[0]) * FRAME / SAMPLE_RATE if len(heard) else seconds,
        trailing=float(len(powers) - 1 - heard[-1]) * FRAME / SAMPLE_RATE if len(heard) else 0.0,
        beginning=level_of(centred[:_END]),
        end=level_of(centred[-_END:]),
    )


def level_of(samples: np.ndarray) -> float:
    """Return the RMS of (samples,) in dB; `SILENT` if it is lower."""
    return decibels(float(np.dot(samples, samples)) / len(samples))


def decibels(power: float) -> float:
    """Return a power in dB relative to full scale; `SILENT` if it is lower."""
    return max(SILENT, 10 * float(np.log10(power))) if power > 0 else SILENT


def _frame_powers(samples: np.ndarray) -> np.ndarray:
    """Return the mean square of each whole frame, or of everything if there is none."""
    whole = len(samples) // FRAME
    frames = samples[: whole * FRAME].reshape(whole, FRAME) if whole else samples[None]
    powers: np.ndarray = np.einsum("ij,ij->i", frames, frames) / frames.shape[1]
    return powers
