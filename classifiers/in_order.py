"""Results in the order of what they are of, without torch, whose import takes seconds."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(
    submit: Callable[[Item], Future[Result]], items: Iterable[Item], most: int
) -> Iterator[Result]:
    """Yield the results of items in order.

    Args:
        submit: begins the work on an item; what the work raises is raised here.
        items: taken one by one as there is room.
        most: how many may be started and not yet yielded.
    """
    pending: deque[Future[Result]] = deque()
    for item in items:
        pending.append(submit(item))
        if len(pending) == most:
            yield pending.popleft().result()
    while pending:
        yield pending.popleft().result()
