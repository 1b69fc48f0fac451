"""Recordings on their way in: received, looked at, made ready for the model."""

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import soundfile
from starlette.datastructures import UploadFile
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from cache import as_disk_full
from featx.data.audio import SAMPLE_RATE, AudioError, duration, read_audio
from featx.features.planning.length import MAX_SECONDS
from featx.serving.limits import Limits, Refused, no_room

OVERHEAD = 100_000  # bytes of a form around its file
PATIENCE = 120.0  # seconds that a recording may take to arrive
DRAIN = 10.0  # seconds for which the rest of a refused recording is read
SEEKABLE = ("WAV", "WAVEX", "FLAC")  # read piece by piece; others are decoded from their beginning
RATE, CHANNELS = 192_000, 8  # a small file of more could take all memory once it is decoded
USUAL = 2 * 48_000  # samples a second of the longest recording, in all channels
NAMED = 100  # letters of a file's name that are kept
FIELDS = 10  # of a form, beside the file
_NOTHING = (
    "The request has no audio. Send a file as the form field `file`, or the audio itself as the "
    "body."
)


class Body:
    """The body of a request, up to a size."""

    def __init__(self, request: Request, most: int) -> None:
        """Read the body of a request, of at most so many bytes."""
        self._request, self._most = request, most
        self._size, self._finished = 0, False

    async def receive(self) -> Message:
        """Return the next message of ASGI.

        Raises:
            Refused: if there is more than is allowed.
        """
        message = await self._request.receive()
        self._size += len(message.get("body", b""))
        self._finished = not message.get("more_body", False)
        if self._size > self._most:
            raise self.too_large()
        return message

    def too_large(self) -> Refused:
        """Return the refusal of a body that is too large."""
        most = f"{(self._most - OVERHEAD) / 1e6:g} MB"
        return Refused(413, f"The recording is too large: at most {most} are taken here.")

    async def drain(self) -> None:
        """Read what is left, within limits: many clients read no answer before they have sent."""
        most = self._size + self._most
        if "expect" in self._request.headers and not self._size:  # this client asked before
            return
        try:
            async with asyncio.timeout(DRAIN):
                while not self._finished and self._size <= most:
                    message = await self._request.receive()
                    self._size += len(message.get("body", b""))
                    self._finished = not message.get("more_body", False)
        except TimeoutError:
            return


async def receive(request: Request, body: Body, limits: Limits, path: Path) -> str:
    """Write the audio of a request to a file.

    Args:
        request: a form with the field `file`, or audio as the body.
        body: its body.
        limits: what the server takes.
        path: the file.

    Returns:
        What the recording is called, for people; never part of a path.

    Raises:
        Refused: if the request has no audio, or it is too large or too slow.
        HTTPException: if it is no proper form.
    """
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > limits.max_bytes + OVERHEAD:
        raise body.too_large()
    limited = Request(request.scope, body.receive)
    try:
        async with asyncio.timeout(PATIENCE):
            if request.headers.get("content-type", "").startswith("multipart/form-data"):
                name = await _save_form(limited, path)
            else:
                name = await _save_body(limited, path)
    except TimeoutError:
        raise Refused(408, f"The recording took more than {PATIENCE:g} s to arrive.") from None
    except OSError as error:
        if as_disk_full(error):
            raise no_room() from error
        raise
    except ClientDisconnect:
        raise Refused(400, "The recording did not arrive in full.") from None
    size = path.stat().st_size
    if not size:
        raise Refused(400, _NOTHING)
    if size > limits.max_bytes:
        raise body.too_large()
    return name


async def _save_form(request: Request, path: Path) -> str:
    async with request.form(max_files=1, max_fields=FIELDS) as form:
        given = form.get("file")
        if not isinstance(given, UploadFile):
            raise Refused(400, _NOTHING)
        with path.open("wb") as file:
            await asyncio.to_thread(shutil.copyfileobj, given.file, file)
        return _plain(given.filename or "")


async def _save_body(request: Request, path: Path) -> str:
    with path.open("wb") as file:
        async for piece in request.stream():
            file.write(piece)
    return "recording"


def _plain(name: str) -> str:
    """Return a client's name of a file without folders and what can't be shown."""
    last = PurePosixPath(PureWindowsPath(name).name).name
    return "".join(filter(str.isprintable, last)).strip()[:NAMED] or "recording"


@dataclass(frozen=True)
class Ready:
    """A recording that the model can be given.

    Attributes:
        path: its file.
        seconds: how long it is.
    """

    path: Path
    seconds: float


def _refuse_large(
    header: Any, seconds: float, name: str, window: float | None, limits: Limits
) -> None:
    """Refuse a recording that is too long, or would take too much memory, by its header."""
    if seconds > limits.max_seconds:
        most = f"the longest taken here is {limits.max_seconds:g} s"
        raise Refused(413, f"{name} is {seconds:.0f} s long, and {most}.")
    if window is None and seconds > MAX_SECONDS:
        raise Refused(
            422,
            f"{name} is {seconds:.0f} s long. Recordings of more than {MAX_SECONDS:g} s are "
            "predicted in windows: ask with window=4.",
        )
    if header.samplerate > RATE or header.channels > CHANNELS:
        raise Refused(
            415,
            f"{name} has {header.channels} channels of {header.samplerate} Hz. Send at most "
            f"{CHANNELS} channels of {RATE} Hz.",
        )
    if header.frames * header.channels > USUAL * limits.max_seconds:
        raise Refused(
            413,
            f"{name} has {header.channels} channels of {header.samplerate} Hz, which is too much "
            f"for {seconds:.0f} s. Send it as one channel of 16,000 Hz.",
        )


def prepare(path: Path, name: str, window: float | None, limits: Limits) -> Ready:
    """Look at a recording and make it ready.

    Args:
        path: the file that was received.
        name: what it is called.
        window: the seconds of a window; None for the recording as a whole.
        limits: what the server takes.

    Raises:
        Refused: if it is no audio or too long.
    """
    try:
        seconds = duration(path)
        header = soundfile.info(path)
    except AudioError as error:
        problem = in_words(error, path, name).rstrip(".")
        raise Refused(415, f"{problem}. Send WAV, FLAC, OGG or MP3.") from None
    _refuse_large(header, seconds, name, window, limits)
    if window is None or header.format in SEEKABLE:
        return Ready(path, seconds)
    converted = path.with_name("converted.wav")  # or each window decodes all that is before it
    try:
        soundfile.write(converted, read_audio(path), SAMPLE_RATE, subtype="FLOAT")
    except AudioError as error:
        raise Refused(422, in_words(error, path, name)) from None
    return Ready(converted, seconds)


def in_words(error: Exception, path: Path, name: str) -> str:
    """Return what is wrong with a recording, in the client's words for it.

    Args:
        error: what the library raised.
        path: the file, whose place is nobody's business.
        name: what the client calls it.
    """
    text = str(error).rpartition("the first: ")[2].removeprefix("`inputs`: ").replace(".)", ")")
    for place in (str(path), path.name):
        text = text.replace(place, name)
    return text[:1].upper() + text[1:] if not text.startswith(name) else text
