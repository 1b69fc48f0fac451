"""A waveform to hear and to see, within a page."""

import base64
import io
from dataclasses import dataclass

import numpy as np
import soundfile

from featx.data.audio import SAMPLE_RATE, Waveform

LONGEST = 15  # seconds of a sound that a page has
_WINDOW, _HOP = 400, 160  # samples: 25 and 10 ms
_FLOOR = -80  # dB below the loudest value, where the picture is darkest
_COLUMNS = 400  # of the drawing of a waveform
_FULL = 32_767  # the largest sample of 16 bits


@dataclass(frozen=True)
class Sounding:
    """A waveform as an element of audio, a drawing and a picture show it.

    Attributes:
        title: what it is.
        words: what more is said of it.
        seconds: how long it is.
        loudest: the largest size of a sample.
        audio: a WAV of its beginning, as a URL.
        outline: the path of an SVG, 400 wide and 2 high, of the same part.
        spectrogram: a picture of the same part, time to the right and 0 to 8 kHz upwards, as a URL.
    """

    title: str
    words: str
    seconds: float
    loudest: float
    audio: str
    outline: str
    spectrogram: str

    @classmethod
    def of(cls, waveform: Waveform, title: str, words: str = "", full: float = 1.0) -> "Sounding":
        """Return a waveform, of which a page has the first 15 s.

        The sound is as loud as it is; what is beyond ±1 is clipped in it, as it is wherever sound
        is played.

        Args:
            waveform: (samples,) float32 at 16 kHz.
            title: what it is.
            words: what more is said of it.
            full: the size of a sample that the drawing reaches to, above 0.
        """
        begin = waveform[: LONGEST * SAMPLE_RATE]
        return cls(
            title=title,
            words=words,
            seconds=len(waveform) / SAMPLE_RATE,
            loudest=float(np.abs(waveform).max(initial=0)),
            audio=_to_wav(begin),
            outline=_to_outline(begin / full),
            spectrogram=_to_spectrogram(begin),
        )


def _to_wav(waveform: Waveform) -> str:
    integers = np.round(waveform.clip(-1, 1) * _FULL).astype(np.int16)
    buffer = io.BytesIO()
    soundfile.write(buffer, integers, SAMPLE_RATE, format="WAV", subtype="PCM_16")
    return _to_url("audio/wav", buffer)


def _to_outline(waveform: Waveform) -> str:
    """Return the highest and lowest samples of each column, from left to right and back."""
    columns = [part for part in np.array_split(waveform, _COLUMNS) if len(part)]
    upper = [f"{n},{1 - part.max():.3f}" for n, part in enumerate(columns)]
    lower = [f"{n},{1 - part.min():.3f}" for n, part in enumerate(columns)]
    return "M" + "L".join([*upper, *reversed(lower)]) + "Z"


def _to_spectrogram(waveform: Waveform) -> str:
    from matplotlib.image import imsave

    padded = np.pad(waveform, (0, max(0, _WINDOW - len(waveform))))
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    size = np.abs(np.fft.rfft(windows * np.hanning(_WINDOW)))
    decibels = 20 * np.log10(np.maximum(size / max(size.max(), 1e-9), 1e-9))
    buffer = io.BytesIO()
    imsave(buffer, decibels.T, vmin=_FLOOR, vmax=0, cmap="magma", origin="lower", format="png")
    return _to_url("image/png", buffer)


def _to_url(kind: str, buffer: io.BytesIO) -> str:
    return f"data:{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"
