"""Progress of long work: a bar on a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

LINE_INTERVAL = 10.0  # seconds between lines where there is no terminal
BRIEF = 1.0  # seconds; work that is over so soon needs no line at all


Advance = Callable[[float], None]


@contextmanager
def progress(title: str, total: float, unit: str, done: float = 0) -> Iterator[Advance]:
    """Show how far a piece of work is, its rate and the time left, on standard error.

    Args:
        title: what is being done.
        total: how much there is to do.
        unit: of `total`, such as "s of audio".
        done: how much was done before; it counts as done but not in the rate.

    Yields:
        A function that takes the amount finished since its last call.
    """
    with (
        _bar(title, total, unit, done)
        if sys.stderr.isatty()
        else _lines(title, total, unit, done) as advance
    ):
        yield advance


@contextmanager
def _bar(title: str, total: float, unit: str, done: float) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[state]}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        count = _Count(total, unit, done)
        task = bar.add_task(title, total=total, state="")

        def advance(amount: float) -> None:
            count.done += amount
            bar.update(task, completed=count.done, state=count.state)

        bar.update(task, completed=done)
        yield advance


@contextmanager
def _lines(title: str, total: float, unit: str, done: float) -> Iterator[Advance]:
    count = _Count(total, unit, done)
    begin = printed = time.monotonic()

    def advance(amount: float) -> None:
        nonlocal printed
        count.done += amount
        finished = count.done >= total * (1 - 1e-9) and time.monotonic() - begin >= BRIEF
        if finished or time.monotonic() - printed >= LINE_INTERVAL:
            printed = time.monotonic()
            line = f"{title}: {count.done / total:.0%}, {count.state}"
            print(line, file=sys.stderr, flush=True)

    yield advance


class _Count:
    """How much is done, in words."""

    def __init__(self, total: float, unit: str, done: float) -> None:
        self.total, self.unit, self.done = total, unit, done
        self._before, self._begin = done, time.monotonic()

    @property
    def state(self) -> str:
        """The amount, the rate and the time left."""
        spent = max(time.monotonic() - self._begin, 1e-9)
        per_second = (self.done - self._before) / spent or 1e-9
        pace = f"{per_second:,.1f} a second" if per_second >= 1 else f"{1 / per_second:,.1f} s each"
        left = timedelta(seconds=round((self.total - self.done) / per_second))
        return f"{self.done:,.0f} of {self.total:,.0f} {self.unit}, {pace}, {left} left"
