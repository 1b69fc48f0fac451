"""Audio files in, 16 kHz mono waveforms out."""

from pathlib import Path

import numpy as np
import soundfile

from featx.errors import FeatxError

SAMPLE_RATE = 16_000  # Hz, what every encoder here was trained on
TIME_SLACK = 0.01  # seconds a segment may run past the end: times are often rounded

Waveform = np.ndarray[tuple[int], np.dtype[np.float32]]


class AudioError(FeatxError):
    """One file that can't be used; the others can."""


def duration(path: Path) -> float:
    """Return the length of an audio file in seconds, from its header.

    Raises:
        AudioError: if the file is missing or is not audio that libsndfile reads.
    """
    header = _header(path)
    return float(header.frames / header.samplerate)


def count_samples(path: Path, start: float | None = None, end: float | None = None) -> int:
    """Count the 16 kHz samples that `read_audio` will return, from the header alone.

    Args:
        path: an audio file.
        start: where the segment begins, in seconds; the file's beginning if None.
        end: where it ends, in seconds; the file's end if None.

    Raises:
        AudioError: if the file can't be opened or the segment lies outside it.
    """
    header = _header(path)
    first, last = _segment(path, header, start, end)
    return -(-(last - first) * SAMPLE_RATE // header.samplerate)


def read_audio(path: Path, start: float | None = None, end: float | None = None) -> Waveform:
    """Decode a file or a segment of it to 16 kHz mono.

    Channels are averaged. Integer formats are scaled to [-1, 1); float formats keep their
    values. Resampling is band-limited (see `featx.resample`).

    Args:
        path: a WAV, FLAC, OGG, MP3 or other file that libsndfile reads.
        start: where the segment begins, in seconds; the file's beginning if None.
        end: where it ends, in seconds; the file's end if None.

    Returns:
        (samples,) float32 at 16 kHz; its length is what `count_samples` says.

    Raises:
        AudioError: if the file can't be decoded, is empty, shorter than its header says,
            holds values that are not finite, or the segment lies outside it.
    """
    header = _header(path)
    first, last = _segment(path, header, start, end)
    try:
        channels, rate = soundfile.read(
            path, start=first, frames=last - first, dtype="float32", always_2d=True
        )
    except (soundfile.SoundFileError, OSError) as error:
        raise AudioError(f"{path}: can't be decoded ({error})") from error
    if len(channels) != last - first:
        raise AudioError(
            f"{path}: truncated, {len(channels)} samples where the header promises {last - first}"
        )
    if not np.isfinite(channels).all():
        raise AudioError(f"{path}: holds values that are not finite (NaN or infinity)")
    waveform = channels[:, 0] if channels.shape[1] == 1 else channels.mean(axis=1)
    if rate == SAMPLE_RATE:
        return waveform
    from featx.resample import resample  # imports torchaudio: only where it is needed

    return resample(waveform, rate, SAMPLE_RATE)


def _header(path: Path) -> soundfile._SoundFileInfo:
    try:
        return soundfile.info(path)
    except (soundfile.SoundFileError, OSError) as error:
        reason = "no such file" if not path.exists() else f"not a readable audio file ({error})"
        raise AudioError(f"{path}: {reason}") from error


def _segment(
    path: Path, header: soundfile._SoundFileInfo, start: float | None, end: float | None
) -> tuple[int, int]:
    """Return the first and one-past-last sample of a segment, at the file's own rate."""
    length = header.frames / header.samplerate
    first, last = start or 0.0, length if end is None else end
    if not 0 <= first < last <= length + TIME_SLACK:
        if header.frames == 0:
            raise AudioError(f"{path}: empty, no samples")
        raise AudioError(f"{path}: segment {first:g}-{last:g} s lies outside its {length:.3f} s")
    return round(first * header.samplerate), min(round(last * header.samplerate), header.frames)
