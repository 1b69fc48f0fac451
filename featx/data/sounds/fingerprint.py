"""A sound's fingerprint: what stays of it at another level, in another format or cut short.

After Haitsma and Kalker (2002), "A highly robust audio fingerprinting system", ISMIR: whether the
difference of energy between neighbouring bands rises or falls from one frame to the next, a bit for
each pair of bands. A factor on all samples changes no bit, and coding, resampling or a shift of
half a step only few. Frames and steps are shorter than theirs (370 and 11.6 ms), as utterances
are shorter than songs, and reach up to what a telephone passes on.
"""

import numpy as np
from scipy.fft import rfft

from featx.data.audio import SAMPLE_RATE, Waveform

STEP = 256  # samples between frames, 16 ms
FRAME = 3072  # samples, 192 ms: twelve steps, so that half a step off is almost the same frame
BITS = 31  # the 32nd says whether the frame is heard
HEARD = np.uint32(1 << BITS)
_LOWEST, _HIGHEST = 300.0, 3000.0  # Hz
_RANGE = 40.0  # dB below the loudest frame at which a frame counts as heard
_FAINT = 1e-4  # the peak below which there is nothing to recognise
_BLOCK = 64  # frames at once, which stay in the processor's cache


def fingerprint(waveform: Waveform) -> bytes:
    """Return the fingerprint of a sound: 32 bits for each 16 ms, little-endian.

    Args:
        waveform: (samples,) float32 at 16 kHz.

    Returns:
        Of each frame but the first, `BITS` bits and whether it is heard; empty where the sound is
        shorter than two frames, or silent.
    """
    peak = float(np.abs(waveform).max(initial=0))
    frames = (len(waveform) - FRAME) // STEP + 1
    if frames < 2 or peak < _FAINT:
        return b""
    energies = np.concatenate(
        [
            _energies(waveform[begin * STEP : (begin + _BLOCK - 1) * STEP + FRAME], peak)
            for begin in range(0, frames, _BLOCK)
        ]
    )
    loudness = 10 * np.log10(np.maximum(energies.sum(axis=1), 1e-30))
    heard = loudness > loudness.max() - _RANGE
    bits = np.zeros((frames - 1, BITS + 1), dtype=bool)
    bits[:, :BITS] = np.diff(np.diff(energies, axis=1), axis=0) > 0
    moves = bits.any(axis=1)  # in a tone without any noise nothing rises or falls
    bits[:, BITS] = heard[1:] & heard[:-1] & moves
    return np.packbits(bits, axis=1, bitorder="little").tobytes()


def unpack(fingerprint: bytes) -> np.ndarray:
    """Return a fingerprint as (frames,) uint32, whose highest bit says that the frame is heard."""
    return np.frombuffer(fingerprint, dtype="<u4")


def _energies(waveform: Waveform, peak: float) -> np.ndarray:
    """Return (frames, bands) float32: how much energy a sound of that peak has in each band."""
    frames = np.lib.stride_tricks.sliding_window_view(waveform, FRAME)[::STEP]
    spectrum = rfft(frames * (_WINDOW / np.float32(peak)), axis=1)[:, _FIRST:_LAST]
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    energies: np.ndarray = np.add.reduceat(power, _EDGES[:-1] - _FIRST, axis=1)
    return energies


_WINDOW = np.hanning(FRAME).astype(np.float32)
_EDGES = np.searchsorted(
    np.fft.rfftfreq(FRAME, 1 / SAMPLE_RATE), np.geomspace(_LOWEST, _HIGHEST, BITS + 2)
)
_FIRST, _LAST = _EDGES[0], _EDGES[-1]
