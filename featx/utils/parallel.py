"""Work done in threads ahead of whoever uses it."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from classifiers.in_order import in_order

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_ahead(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    threads: int,
    prepare: Callable[[], Any] | None = None,
    give_up: Callable[[], Any] | None = None,
) -> Iterator[Result]:
    """Yield `function(item)` for each item, in order, working ahead in threads.

    Beside what the threads work on, two results wait at most: memory stays flat however long
    the work.

    Args:
        function: called in a thread; what it raises is raised here.
        items: taken as there is room, in the caller's thread.
        threads: how many threads work.
        prepare: called once in each thread before anything else.
        give_up: called when the work ends early, before waiting for what the threads are doing.
    """

    pool = ThreadPoolExecutor(threads, initializer=prepare)
    try:
        yield from in_order(lambda item: pool.submit(function, item), items, threads + 2)
    except BaseException:  # also Ctrl-C, and whoever takes the results ending early
        if give_up:
            give_up()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
