"""Up to which frequency audio holds anything."""

import numpy as np
from scipy import fft

from featx.data.audio import SAMPLE_RATE, Waveform

HIGHEST = SAMPLE_RATE / 2  # Hz
_WINDOW = 512  # samples, 32 ms
_BLOCK = 1024  # windows that are transformed at once, so that memory stays flat
_CELLS = 32  # of 250 Hz
_WIDTH = HIGHEST / _CELLS  # Hz
_BELOW = 4  # cells under an edge, 1 kHz, which speech must fill
_GAP = 4  # cells above an edge, 1 kHz, that a filter may take to fall
_LOWEST = 7  # the first cell that can be the last below an edge, 1.75 kHz
_DROP = 26.0  # dB


def measure_bandwidth(waveform: Waveform) -> float:
    """Return the frequency in Hz above which audio holds nothing.

    It is looked for in the mean spectrum of all windows, which fricatives fill up to 8 kHz where
    they were recorded. At an edge, the 1 kHz below is 26 dB above everything that is more than
    1 kHz above. Below 7 kHz the steepest fall in RAVDESS has 23.6 dB; the same resampled to 8 kHz
    and back falls by 30 to 40 dB.

    Args:
        waveform: (samples,) float32 at 16 kHz.

    Returns:
        A multiple of 250; 8,000 where there is no such edge.
    """
    spectrum = _spectrum(waveform)
    cells = 10 * np.log10(spectrum[:-1].reshape(_CELLS, -1).mean(1) + 1e-14)
    edges = np.arange(_LOWEST, _CELLS - _GAP - 1)
    below = np.convolve(cells, np.full(_BELOW, 1 / _BELOW))[edges]
    above = np.maximum.accumulate(cells[::-1])[::-1][edges + _GAP + 1]
    steepest = int(np.argmax(below - above))
    if below[steepest] - above[steepest] < _DROP:
        return HIGHEST
    halfway = (below[steepest] + above[steepest]) / 2
    return float((1 + np.flatnonzero(cells >= halfway)[-1]) * _WIDTH)


def _spectrum(waveform: Waveform) -> np.ndarray:
    """Return the mean power of each of 257 frequencies, float64."""
    window = np.hanning(_WINDOW).astype(np.float32)
    if len(waveform) < _WINDOW:
        waveform = np.pad(waveform, (0, _WINDOW - len(waveform)))
    windows = waveform[: len(waveform) // _WINDOW * _WINDOW].reshape(-1, _WINDOW)
    total = np.zeros(_WINDOW // 2 + 1)
    for begin in range(0, len(windows), _BLOCK):
        transformed = fft.rfft(windows[begin : begin + _BLOCK] * window)
        total += (transformed.real**2 + transformed.imag**2).sum(0, dtype=np.float64)
    return total / len(windows)
