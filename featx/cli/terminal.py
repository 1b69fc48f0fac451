"""What the library says of its work, on the terminal."""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from copy import copy

from featx.cli.command import QUIET
from featx.errors import FeatxError
from featx.utils.progress import hidden_progress

log = logging.getLogger("featx")
Explain = Callable[[FeatxError], str]


@contextmanager
def said_on_the_terminal(explain: Explain) -> Iterator[None]:
    """Print what the library says until the block ends.

    Args:
        explain: writes a message with options in place of arguments.
    """
    for stream in (sys.stdout, sys.stderr):  # where "±" can't be written, as on some Windows
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    quiet = QUIET in sys.argv
    if quiet:
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    handler, before = _Terminal(explain, quiet), log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        with hidden_progress() if quiet else nullcontext():
            yield
    finally:
        log.removeHandler(handler)
        log.setLevel(before)


class _Terminal(logging.Handler):
    """Prints messages; the details are in a run's `run.log`."""

    def __init__(self, explain: Explain, quiet: bool) -> None:
        super().__init__(logging.WARNING if quiet else logging.INFO)
        self._explain, self._quiet = explain, quiet

    def emit(self, record: logging.LogRecord) -> None:
        """Print a message, with options in place of arguments.

        It goes to standard output, or to standard error where that is for results alone.
        """
        said = copy(record)
        if isinstance(record.args, tuple):
            said.args = tuple(
                self._explain(value) if isinstance(value, FeatxError) else value
                for value in record.args
            )
        place = sys.stderr if self._quiet or "--json" in sys.argv else sys.stdout
        print(self._explain(FeatxError(self.format(said))), file=place, flush=True)
