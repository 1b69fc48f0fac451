"""SIGTERM, by which systems and schedulers end a process, stops work as Ctrl-C does."""

import os
import signal
import threading
from types import FrameType
from typing import Self

EXIT_CODE = 143  # as shells report it: 128 and the signal's number


class Termination:
    """While it is entered, SIGTERM raises KeyboardInterrupt: what is finished is kept.

    Attributes:
        asked: whether the signal came.
    """

    def __init__(self) -> None:
        self.asked = False
        self._process = os.getpid()
        self._heeds = threading.current_thread() is threading.main_thread()

    def __enter__(self) -> Self:
        if self._heeds:  # Python allows it in no other thread
            self._before = signal.signal(signal.SIGTERM, self._stop)
        return self

    def __exit__(self, *_: object) -> None:
        if self._heeds:
            signal.signal(signal.SIGTERM, self._before or signal.SIG_DFL)

    def _stop(self, number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)  # a second one ends the process at once
        if os.getpid() != self._process:  # a forked worker, which has nothing to tell
            os._exit(EXIT_CODE)
        self.asked = True
        raise KeyboardInterrupt
