"""Progress of long work: a bar on a terminal or in a notebook, a line now and then elsewhere."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from html import escape
from importlib import import_module
from itertools import islice
from typing import Any, TypeVar

LINE_INTERVAL = 10.0  # seconds between lines where there is no bar
NOTEBOOK_INTERVAL = 0.2  # seconds between the changes of a notebook's bar
BRIEF = 1.0  # seconds; work that is over so soon needs no line at all

MANY = 20_000  # items that can take so long that progress is shown
STEP = 500  # items between its changes

Advance = Callable[[float], None]
Item = TypeVar("Item")
_hidden = False


@contextmanager
def hidden_progress() -> Iterator[None]:
    """Show no progress until the block ends, in whatever thread the work is."""
    global _hidden
    before, _hidden = _hidden, True
    try:
        yield
    finally:
        _hidden = before


def progress(
    title: str, total: float, unit: str, done: float = 0
) -> AbstractContextManager[Advance]:
    """Show how far a piece of work is, its rate and the time left.

    A notebook shows a bar below the cell; a terminal shows one on standard error, where other
    programs get a line now and then.

    Args:
        title: what is being done.
        total: how much there is to do.
        unit: the unit of `total`, such as "s of audio".
        done: how much was done before; it counts as done but not in the rate.

    Returns:
        A context, which gives a function that takes the amount finished since its last call.
    """
    if _hidden:
        return nullcontext(lambda _: None)
    count = _Count(total, unit, done)
    if _in_notebook():
        return _notebook_bar(title, count)
    return _bar(title, count) if sys.stderr.isatty() else _lines(title, count)


def passing(items: Iterable[Item], total: int, title: str, unit: str) -> Iterator[Item]:
    """Yield items that each take little, and show how far they are if they are many.

    Args:
        items: what is worked on.
        total: how many they are.
        title: what is being done.
        unit: what they are, in the plural.
    """
    if total < MANY:
        yield from items
        return
    with progress(title, total, unit) as advance:
        rest = iter(items)
        while some := list(islice(rest, STEP)):
            yield from some
            advance(len(some))


def _in_notebook() -> bool:
    """Tell whether a Jupyter kernel runs this; IPython on a terminal has no kernel."""
    shell: Any = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None


@contextmanager
def _notebook_bar(title: str, count: "_Count") -> Iterator[Advance]:
    """Show a bar of HTML, which needs no widgets."""
    shell: Any = import_module("IPython.display")

    def page(state: str = "") -> Any:
        bar = f'<progress value="{count.share:.4f}"></progress>'
        return shell.HTML(f"{escape(title)} {bar} {count.share:.0%} {escape(state)}")

    shown = shell.display(page(), display_id=True)
    changed = time.monotonic()

    def advance(amount: float) -> None:
        nonlocal changed
        count.done += amount
        if count.is_over or time.monotonic() - changed >= NOTEBOOK_INTERVAL:
            changed = time.monotonic()
            shown.update(page(count.state))

    yield advance


@contextmanager
def _bar(title: str, count: "_Count") -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[state]}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=count.total, state="")
        bar.update(task, completed=count.done)

        def advance(amount: float) -> None:
            count.done += amount
            bar.update(task, completed=count.done, state=count.state)

        yield advance


@contextmanager
def _lines(title: str, count: "_Count") -> Iterator[Advance]:
    begin = printed = time.monotonic()

    def advance(amount: float) -> None:
        nonlocal printed
        count.done += amount
        finished = count.is_over and time.monotonic() - begin >= BRIEF
        if finished or time.monotonic() - printed >= LINE_INTERVAL:
            printed = time.monotonic()
            line = f"{title}: {count.share:.0%}, {count.state}"
            print(line, file=sys.stderr, flush=True)

    yield advance


class _Count:
    """How much is done, in words."""

    def __init__(self, total: float, unit: str, done: float) -> None:
        self.total, self.unit, self.done = total, unit, done
        self._before, self._begin = done, time.monotonic()

    @property
    def share(self) -> float:
        """How much of all is done, 0 to 1."""
        return self.done / self.total if self.total else 1.0

    @property
    def is_over(self) -> bool:
        """Whether all is done, but for rounding."""
        return self.done >= self.total * (1 - 1e-9)

    @property
    def state(self) -> str:
        """The amount, the rate and the time left."""
        spent = max(time.monotonic() - self._begin, 1e-9)
        per_second = (self.done - self._before) / spent or 1e-9
        pace = f"{per_second:,.1f} a second" if per_second >= 1 else f"{1 / per_second:,.1f} s each"
        left = timedelta(seconds=round((self.total - self.done) / per_second))
        return f"{self.done:,.0f} of {self.total:,.0f} {self.unit}, {pace}, {left} left"
