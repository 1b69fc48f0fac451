"""What runs in an actor: it does a task step by step, and never more than a step ahead."""

import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from featx.engines.tasks import Answer, Do, Share
from featx.errors import FeatxError
from featx.utils.progress import hidden_progress

SECONDS = 1.0  # of work between two answers
NBYTES = 2**20  # of messages in an answer, which end it sooner
log = logging.getLogger("featx")


class Host:
    """Does tasks for a pool in another process.

    Nothing is sent that was not asked for, so that whoever asks is never flooded: a task whose
    messages are not fetched stands still.

    Args:
        make: makes what does the tasks, on the machine where it is to run.
        share: what this actor has of the machine.
        folder: the working folder of whoever asks, which paths are relative to.
    """

    def __init__(self, make: Callable[[Share], Do], share: Share, folder: str) -> None:
        with suppress(OSError):  # without shared disks there is no such folder here
            os.chdir(folder)
        self._make, self._share = make, share
        self._do: Do | None = None
        self._messages: Iterator[Any] = iter(())
        self._said: list[tuple[int, str]] = []
        log.setLevel(logging.DEBUG)
        log.propagate = False
        log.addHandler(_Keeping(self._said))

    def ready(self) -> Answer:
        """Make what does the tasks."""
        try:
            self._limit_threads()
            with hidden_progress():
                self._do = self._make(self._share)
        except FeatxError as error:
            return self._answer([], error=_plain(error))
        cores, gpus = self._share.cores, self._share.gpus
        log.debug("An actor on %s, process %d: %d cores, %d GPUs", *_here(), cores, gpus)
        return self._answer([], over=True)

    def begin(self, task: Any) -> Answer:
        """Begin a task, and go on with it for a while."""
        assert self._do is not None, "an actor is asked whether it is ready first"
        self._messages = iter(self._do(task))
        return self.go_on()

    def go_on(self) -> Answer:
        """Go on with the task for a while."""
        messages: list[Any] = []
        begin, nbytes = time.monotonic(), 0
        try:
            with hidden_progress():
                for message in self._messages:
                    messages.append(message)
                    nbytes += getattr(message, "nbytes", 0)
                    if nbytes >= NBYTES or time.monotonic() - begin >= SECONDS:
                        return self._answer(messages)
        except FeatxError as error:
            return self._answer(messages, over=True, error=_plain(error))
        return self._answer(messages, over=True)

    def _answer(
        self, messages: list[Any], over: bool = False, error: FeatxError | None = None
    ) -> Answer:
        said = list(self._said)
        self._said.clear()
        return Answer(messages, said, over, error)

    def _limit_threads(self) -> None:
        import torch

        torch.set_num_threads(self._share.cores)


class _Keeping(logging.Handler):
    """Keeps what is logged until it is sent home."""

    def __init__(self, said: list[tuple[int, str]]) -> None:
        super().__init__()
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        self._said.append((record.levelno, record.getMessage()))


def _plain(error: FeatxError) -> FeatxError:
    """Return an error without what only its own process knows."""
    return FeatxError(error.message, error.cure)


def _here() -> tuple[str, int]:
    return socket.gethostname(), os.getpid()
