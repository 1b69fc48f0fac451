"""Sound from a microphone."""

import logging
from importlib import import_module
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Protocol, runtime_checkable

import numpy as np

from featx.errors import FeatxError

_QUIET = 5.0  # seconds without any samples, after which a device is taken to be gone
log = logging.getLogger("featx")


@runtime_checkable
class Sound(Protocol):
    """Where samples come from while they are being recorded.

    Attributes:
        rate: samples a second.
    """

    rate: int

    def read(self) -> np.ndarray:
        """Wait for samples, and return all that have come since the last call.

        Returns:
            (samples,) float32 from -1 to 1; none if there will be no more.
        """
        ...


class Microphone:
    """A microphone that PortAudio knows; it records as long as the context lasts.

    Args:
        chosen: its number or part of its name, as `python -m sounddevice` lists them; None for the
            system's.

    Raises:
        FeatxError: if sounddevice or PortAudio is not installed, or there is no such microphone.
    """

    def __init__(self, chosen: int | str | None = None) -> None:
        devices = _import_sounddevice()
        try:
            known = devices.query_devices(chosen, "input")
            self.rate = round(known["default_samplerate"])
            self._blocks: SimpleQueue[np.ndarray] = SimpleQueue()
            self._stream = devices.InputStream(
                device=chosen,
                channels=min(2, known["max_input_channels"]),
                samplerate=self.rate,
                dtype="float32",
                callback=self._take,
            )
        except (ValueError, devices.PortAudioError) as error:
            raise FeatxError(
                f"`microphone={chosen!r}`: can't be recorded from ({error}). "
                "`python -m sounddevice` lists what there is."
            ) from error

    def _take(self, block: np.ndarray, frames: int, time: Any, status: Any) -> None:
        """Keep a block of (samples, channels); PortAudio calls this in a thread of its own."""
        if status:
            log.warning("The microphone lost samples: %s.", status)
        self._blocks.put(block.mean(1))

    def read(self) -> np.ndarray:
        """Wait for samples, and return all that have come since the last call.

        Raises:
            FeatxError: if none come.
        """
        try:
            blocks = [self._blocks.get(timeout=_QUIET)]
            while not self._blocks.empty():
                blocks.append(self._blocks.get())
        except Empty:
            raise FeatxError(
                f"The microphone has given nothing for {_QUIET:g} s. Is it still connected?"
            ) from None
        return np.concatenate(blocks)

    def __enter__(self) -> "Microphone":
        self._stream.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stream.close()


def _import_sounddevice() -> Any:
    try:
        return import_module("sounddevice")
    except ImportError:
        raise FeatxError(
            "To hear a microphone, install sounddevice: pip install 'featx[live]'."
        ) from None
    except OSError as error:  # its wheel for Linux does not bring PortAudio
        raise FeatxError(
            f"sounddevice can't be used ({error}). Install the system's PortAudio: "
            "apt install libportaudio2, dnf install portaudio or brew install portaudio."
        ) from None
