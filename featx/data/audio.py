"""Audio files in, 16 kHz mono waveforms out."""

from pathlib import Path

import numpy as np
import soundfile

from featx.data.files.formats.flaw import conversion
from featx.data.files.headers import AudioError, Header, check_content, read_header
from featx.data.scale import find_fault

SAMPLE_RATE = 16_000  # Hz, what every encoder here was trained on
TIME_SLACK = 0.01  # seconds a segment may run past the end: times are often rounded
LARGEST = 1 << 28  # samples of all channels that are decoded at once: 1 GiB
_READ_FROM_START = ("MP3", "OGG")  # where libsndfile's seeking can land beside the sample

Waveform = np.ndarray[tuple[int], np.dtype[np.float32]]


def duration(path: Path) -> float:
    """Return the length of an audio file in seconds, from its header.

    Raises:
        AudioError: if the file is missing, is not audio that libsndfile reads, or its header
            doesn't tell its length.
    """
    header = read_header(path)
    return header.frames / header.rate


def count_samples(path: Path, start: float | None = None, end: float | None = None) -> int:
    """Count the 16 kHz samples that `read_audio` will return, from the header alone.

    Args:
        path: an audio file.
        start: where the segment begins, in seconds; the file's beginning if None.
        end: where it ends, in seconds; the file's end if None.

    Raises:
        AudioError: if the file can't be opened or the segment lies outside it.
    """
    header = read_header(path)
    first, last = _segment(path, header, start, end)
    return -(-(last - first) * SAMPLE_RATE // header.rate)


def read_audio(
    path: Path, start: float | None = None, end: float | None = None, scale: float | None = None
) -> Waveform:
    """Decode a file or a segment of it to 16 kHz mono.

    Channels are averaged. Integer formats are scaled to [-1, 1); float formats keep their
    values. Resampling is band-limited (see `featx.data.resample`).

    Args:
        path: a WAV, FLAC, OGG, MP3 or other file that libsndfile reads.
        start: where the segment begins, in seconds; the file's beginning if None.
        end: where it ends, in seconds; the file's end if None.
        scale: what the samples are divided by, where a float format holds integers.

    Returns:
        (samples,) float32 at 16 kHz; its length is what `count_samples` says.

    Raises:
        AudioError: if the file can't be decoded, is empty, shorter or longer than its header
            says, holds values that are no audio, or the segment lies outside it, or memory runs
            out.
    """
    channels, rate = read_channels(path, start, end, scale)
    try:
        return to_waveform(channels, rate)
    except AudioError as error:
        raise AudioError(f"{path}: {error}") from error


def read_channels(
    path: Path, start: float | None = None, end: float | None = None, scale: float | None = None
) -> tuple[np.ndarray, int]:
    """Decode a file or a segment of it as it is: every channel, at its own rate.

    Args:
        path: a WAV, FLAC, OGG, MP3 or other file that libsndfile reads.
        start: where the segment begins, in seconds; the file's beginning if None.
        end: where it ends, in seconds; the file's end if None.
        scale: what the samples are divided by, where a float format holds integers.

    Returns:
        (samples, channels) float32, and the rate in Hz.

    Raises:
        AudioError: as `read_audio`.
    """
    header = read_header(path)
    first, last = _segment(path, header, start, end)
    _check_size(path, header, first, last)
    check_content(path, header)
    try:
        channels = _decode(path, header, first, last)
        fault = None if header.bounded and scale is None else find_fault(channels, scale)
        if fault:
            raise AudioError(f"{path}: {fault}")
        return (channels if scale is None else channels / np.float32(scale)), header.rate
    except MemoryError:
        raise AudioError(f"{path}: memory ran out while it was decoded") from None


def to_waveform(channels: np.ndarray, rate: int) -> Waveform:
    """Average channels, and resample to 16 kHz.

    Args:
        channels: (samples, channels) float32.
        rate: their rate in Hz.

    Returns:
        (samples at 16 kHz,) float32.

    Raises:
        AudioError: if memory runs out.
    """
    try:
        waveform: Waveform = channels[:, 0] if channels.shape[1] == 1 else channels.mean(axis=1)
        if rate == SAMPLE_RATE:
            return waveform
        from featx.data.resample import resample  # imports torchaudio: only where it is needed

        return resample(waveform, rate, SAMPLE_RATE)
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "allocate" not in str(error):  # torch's MemoryError
            raise
        raise AudioError(f"memory ran out while {rate} Hz were resampled") from None


def _decode(path: Path, header: Header, first: int, last: int) -> np.ndarray:
    """Return (samples, channels) float32 at the file's own rate."""
    begin = _begin(header, first)
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


def _begin(header: Header, first: int) -> int:
    """Return the sample from which a segment is decoded."""
    return 0 if header.format in _READ_FROM_START else first


def _check_size(path: Path, header: Header, first: int, last: int) -> None:
    """Check that a segment can be decoded in a bounded memory."""
    frames = last - _begin(header, first)
    needed = frames * max(header.channels, SAMPLE_RATE / header.rate)
    if needed > LARGEST:
        minutes, most = frames / header.rate / 60, LARGEST / needed * frames / header.rate / 60
        raise AudioError(
            f"{path}: {minutes:.0f} minutes of {header.channels} channels at {header.rate} Hz are "
            f"too much to decode at once; cut it into files of less than {most:.3g} minutes, or "
            f"convert it: {conversion(path, '-ar 16000 -ac 1')}"
        )


def _segment(path: Path, header: Header, start: float | None, end: float | None) -> tuple[int, int]:
    """Return the first and one-past-last sample of a segment, at the file's own rate."""
    if header.frames == 0:
        raise AudioError(f"{path}: empty, no samples")
    rate, length = header.rate, header.frames / header.rate
    begin, stop = start or 0.0, length if end is None else end
    if not 0 <= begin < stop <= length + TIME_SLACK:
        raise AudioError(f"{path}: segment {begin:g}-{stop:g} s lies outside its {length:.3f} s")
    first, last = round(begin * rate), min(round(stop * rate), header.frames)
    if first >= last:
        raise AudioError(f"{path}: segment {begin:g}-{stop:g} s holds no sample at {rate} Hz")
    return first, last
