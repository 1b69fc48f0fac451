"""Audio files in, 16 kHz mono waveforms out."""

import zlib
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile

from featx.data.headers import length_flaw
from featx.errors import FeatxError

SAMPLE_RATE = 16_000  # Hz, what every encoder here was trained on
TIME_SLACK = 0.01  # seconds a segment may run past the end: times are often rounded
_READ_FROM_START = ("MP3", "OGG")  # where libsndfile's seeking can land beside the sample

Waveform = np.ndarray[tuple[int], np.dtype[np.float32]]


class AudioError(FeatxError):
    """One file that can't be used; the others can."""


def duration(path: Path) -> float:
    """Return the length of an audio file in seconds, from its header.

    Raises:
        AudioError: if the file is missing, is not audio that libsndfile reads, or its header
            doesn't tell its length.
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
    rate: int = header.samplerate
    return -(-(last - first) * SAMPLE_RATE // rate)


def digest_audio(path: Path, start: float | None = None, end: float | None = None) -> int:
    """Return 32 bits that change when a file's bytes or a segment's times do.

    Raises:
        AudioError: if the file can't be read.
    """
    try:
        return zlib.crc32(f"{start} {end}".encode(), _crc32(path))
    except OSError as error:
        raise AudioError(f"{path}: can't be read ({error.strerror})") from error


@lru_cache(maxsize=1)  # the segments of one long file follow each other
def _crc32(path: Path) -> int:
    return zlib.crc32(path.read_bytes())


def read_audio(path: Path, start: float | None = None, end: float | None = None) -> Waveform:
    """Decode a file or a segment of it to 16 kHz mono.

    Channels are averaged. Integer formats are scaled to [-1, 1); float formats keep their
    values. Resampling is band-limited (see `featx.data.resample`).

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
    return to_waveform(*read_channels(path, start, end))


def read_channels(
    path: Path, start: float | None = None, end: float | None = None
) -> tuple[np.ndarray, int]:
    """Decode a file or a segment of it as it is: every channel, at its own rate.

    Args:
        path: a WAV, FLAC, OGG, MP3 or other file that libsndfile reads.
        start: where the segment begins, in seconds; the file's beginning if None.
        end: where it ends, in seconds; the file's end if None.

    Returns:
        (samples, channels) float32, and the rate in Hz.

    Raises:
        AudioError: as `read_audio`.
    """
    header = _header(path)
    channels = _decode(path, header, *_segment(path, header, start, end))
    if not np.isfinite(channels).all():
        raise AudioError(f"{path}: holds values that are not finite (NaN or infinity)")
    return channels, header.samplerate


def to_waveform(channels: np.ndarray, rate: int) -> Waveform:
    """Average channels, and resample to 16 kHz.

    Args:
        channels: (samples, channels) float32.
        rate: their rate in Hz.

    Returns:
        (samples at 16 kHz,) float32.
    """
    waveform: Waveform = channels[:, 0] if channels.shape[1] == 1 else channels.mean(axis=1)
    if rate == SAMPLE_RATE:
        return waveform
    from featx.data.resample import resample  # imports torchaudio: only where it is needed

    return resample(waveform, rate, SAMPLE_RATE)


def _decode(path: Path, header: soundfile._SoundFileInfo, first: int, last: int) -> np.ndarray:
    """Return (samples, channels) float32 at the file's own rate."""
    begin = 0 if header.format in _READ_FROM_START else first
    try:
        read, _ = soundfile.read(path, start=begin, stop=last, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        raise AudioError(f"{path}: can't be decoded ({error})") from error
    if len(read) != last - begin:
        raise AudioError(
            f"{path}: truncated, {len(read)} samples where the header promises {last - begin}"
        )
    channels: np.ndarray = read[first - begin :]
    return channels


def _header(path: Path) -> soundfile._SoundFileInfo:
    try:
        header = soundfile.info(path)
        flaw = length_flaw(path, header)
    except (soundfile.SoundFileError, OSError, TypeError) as error:  # TypeError: headerless .raw
        if not path.exists():
            reason = "no such file"
        elif path.stat().st_size == 0:
            reason = "empty, no bytes"
        else:
            reason = f"not a readable audio file ({getattr(error, 'error_string', error)})"
        raise AudioError(f"{path}: {reason}") from error
    if flaw:
        raise AudioError(f"{path}: {flaw}")
    return header


def _segment(
    path: Path, header: soundfile._SoundFileInfo, start: float | None, end: float | None
) -> tuple[int, int]:
    """Return the first and one-past-last sample of a segment, at the file's own rate."""
    if header.frames == 0:
        raise AudioError(f"{path}: empty, no samples")
    rate, length = header.samplerate, header.frames / header.samplerate
    begin, stop = start or 0.0, length if end is None else end
    if not 0 <= begin < stop <= length + TIME_SLACK:
        raise AudioError(f"{path}: segment {begin:g}-{stop:g} s lies outside its {length:.3f} s")
    first, last = round(begin * rate), min(round(stop * rate), header.frames)
    if first >= last:
        raise AudioError(f"{path}: segment {begin:g}-{stop:g} s holds no sample at {rate} Hz")
    return first, last
