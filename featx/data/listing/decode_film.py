"""The sound of films and of other files that libsndfile doesn't read, by PyAV."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import soundfile

from featx.errors import FeatxError
from featx.utils.text import first_line

if TYPE_CHECKING:
    import av

_MOST_RATE, _MOST_CHANNELS = 192_000, 8  # Hz and channels: FLAC and sound have no more
_ALONE = {"protocol_whitelist": "none"}  # a playlist among the films opens no other file
_SLACK = 4_096  # samples: coders work in frames of up to 2,048, and leave out what is before


def write_sound(source: Path | bytes, target: Path) -> None:
    """Write the first sound track of a film as FLAC of 16 bits, at its own rate.

    Args:
        source: the film, or its content.
        target: the file to write.

    Raises:
        FeatxError: if PyAV is not installed.
        OSError: if the target can't be written.
        ValueError: if the film has no sound, is cut short or can't be decoded.
    """
    try:
        import av
    except ImportError as error:
        raise FeatxError(
            "The sound of films is unpacked with PyAV: pip install 'featx[video]'."
        ) from error
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as content:
        if cut := _missing_bytes(content):
            raise ValueError(f"cut short by {cut:,} bytes")
        try:
            with av.open(content, mode="r", metadata_errors="ignore", options=_ALONE) as film:
                _write_track(film, target)
        except soundfile.LibsndfileError as error:
            raise OSError(f"{target}: {first_line(error)}") from error
        except (av.FFmpegError, OSError) as error:
            why = error.strerror or first_line(error)  # without FFmpeg's number and "<none>"
            raise ValueError(f"can't be decoded ({why})") from error


def _write_track(film: "av.container.InputContainer", target: Path) -> None:
    from av import AudioResampler

    if not film.streams.audio:
        raise ValueError("has no sound")
    track = film.streams.audio[0]
    if track.codec_context is None:
        raise ValueError("its sound is coded in a way that PyAV doesn't know")
    rate, layout = track.codec_context.sample_rate, track.codec_context.layout
    if not 0 < rate <= _MOST_RATE or not 0 < layout.nb_channels <= _MOST_CHANNELS:
        raise ValueError(f"claims {layout.nb_channels:,} channels of {rate:,} Hz")
    to_integers = AudioResampler(format="s16", layout=layout, rate=rate)
    with soundfile.SoundFile(
        target, "w", rate, layout.nb_channels, subtype="PCM_16", format="FLAC"
    ) as file:
        for frame in film.decode(track):
            for converted in to_integers.resample(frame):
                file.write(converted.to_ndarray().reshape(-1, layout.nb_channels))
        for converted in to_integers.resample(None):
            file.write(converted.to_ndarray().reshape(-1, layout.nb_channels))
        if not file.frames:
            raise ValueError("its sound is empty")
        promised = round(rate * float((track.duration or 0) * (track.time_base or 0)))
        if file.frames < promised - _SLACK:
            raise ValueError(f"cut short, {file.frames / rate:.2f} of {promised / rate:.2f} s")


def _missing_bytes(content: BinaryIO) -> int:
    """Return by how much the last box of an MP4 file ends beyond the file (ISO/IEC 14496-12).

    FFmpeg decodes what is left of such a file without a word.
    """
    whole = content.seek(0, io.SEEK_END)
    place = 0
    while place < whole:
        content.seek(place)
        head = content.read(16)
        if place == 0 and head[4:8] != b"ftyp":
            break
        size = int.from_bytes(head[:4])
        if size == 1:  # the size follows in 64 bits
            size = int.from_bytes(head[8:])
        if size < 8:  # 0: until the end of the file
            break
        place += size
    content.seek(0)
    return max(0, place - whole)
