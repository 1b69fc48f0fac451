"""Which audio files can be read here."""

import io
import math
from collections.abc import Iterator

from featx.diagnosis.check import Check
from featx.utils.text import first_line

FORMATS = {"WAV": "PCM_16", "FLAC": "PCM_16", "OGG": "VORBIS", "MP3": "MPEG_LAYER_III"}
RATE = 16_000  # Hz
_CURE = "pip install --force-reinstall soundfile, whose wheels bring a libsndfile that reads it"


def check_codecs() -> Iterator[Check]:
    """Write and read a tenth of a second of a tone in each format."""
    failed = {name: reason for name in FORMATS if (reason := _try(name))}
    here = ", ".join(name for name in FORMATS if name not in failed)
    if here:
        yield Check("audio", f"{here} can be read")
    for name, reason in failed.items():
        needed = name in ("WAV", "FLAC")
        yield Check(f"audio, {name}", reason, "problem" if needed else "warning", _CURE)


def _try(name: str) -> str:
    """Return why a format can't be read; empty if it can."""
    try:
        import numpy as np
        import soundfile

        tone = 0.5 * np.sin(2 * math.pi * 440 * np.arange(RATE // 10) / RATE)
        file = io.BytesIO()
        soundfile.write(file, tone, RATE, format=name, subtype=FORMATS[name])
        file.seek(0)
        read, rate = soundfile.read(file)
        same = rate == RATE and len(read) >= len(tone) and 0.3 < np.abs(read).max() < 0.7
        return "" if same else "a tone is read as something else"
    except Exception as error:  # whatever a broken library raises
        return f"can't be read: {first_line(error)}"
