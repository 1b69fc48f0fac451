"""Command lines of featx that run while a test looks on, and can be stopped."""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol


class Running(Protocol):
    """A command line that runs.

    Args:
        words: what follows `featx`.
        said: where its standard error goes.
    """

    def __init__(self, words: Sequence[str], said: Path) -> None: ...

    @property
    def returncode(self) -> int | None:
        """The exit code, negative if a signal ended it, None while it runs."""

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""

    def wait(self, seconds: float = 60) -> tuple[int | None, str]:
        """Wait for its end; return the exit code and what it said on standard error."""


class Started(Running):
    """One in a process of its own."""

    def __init__(self, words: Sequence[str], said: Path) -> None:
        self._said = said
        command = [sys.executable, "-m", "featx", *words]
        with said.open("w") as file:
            self._process = subprocess.Popen(command, stderr=file, preexec_fn=_heed_ctrl_c)

    @property
    def returncode(self) -> int | None:
        return self._process.poll()

    def send_signal(self, number: int) -> None:
        self._process.send_signal(number)

    def wait(self, seconds: float = 60) -> tuple[int | None, str]:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self.returncode, self._said.read_text()


class Forked(Running):
    """One in a fork of this process, in which everything is loaded already."""

    def __init__(self, words: Sequence[str], said: Path) -> None:
        self._words, self._said = words, said
        said.touch()  # it may be killed before it says anything
        self._process = multiprocessing.get_context("fork").Process(target=self._run)
        self._process.start()

    def _run(self) -> None:
        from featx.cli.main import main

        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(os.open(self._said, os.O_WRONLY), 2)
        sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w", buffering=1)
        sys.argv = ["featx", *self._words]
        main()

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self._process.pid, number)

    def wait(self, seconds: float = 60) -> tuple[int | None, str]:
        self._process.join(seconds)
        return self.returncode, self._said.read_text()


def _heed_ctrl_c() -> None:
    """Let a child process be interrupted even where the tests run in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
