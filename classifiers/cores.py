"""Threads that share the cores: each computes alone on a core of its own."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from threading import Event
from typing import Any, TypeVar

import torch

from classifiers.in_order import in_order

Item = TypeVar("Item")
Result = TypeVar("Result")
CPU = torch.device("cpu")


def use_one_core() -> None:
    """Let this thread's products use no other core."""
    torch.get_num_threads()  # takes over the process's setting, which must not happen later
    torch.set_num_threads(1)


@contextmanager
def on_one_core() -> Iterator[None]:
    """Let products use no other core until the block ends: sums have other last bits on several."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class Crew:
    """Threads that compute on a core each.

    Args:
        threads: how many there are. With a single thread the caller computes, as handing work
            over costs time.
    """

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, initializer=use_one_core)
        self._threads = threads

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def submit(self, function: Callable[..., Result], *arguments: Any) -> Future[Result]:
        """Have a function called."""
        if self._threads > 1:
            return self._pool.submit(function, *arguments)
        done: Future[Result] = Future()
        done.set_result(function(*arguments))
        return done

    @property
    def ahead(self) -> int:
        """How many items `map` takes before the first of them is done."""
        return 2 * self._threads + 1

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Yield `function(item)` in order; no more items are taken than the threads soon need."""
        return in_order(partial(self.submit, function), items, self.ahead)


def _unseen(_: float) -> None:
    """Show nothing."""


@dataclass(frozen=True)
class Worker:
    """What a head is trained with.

    Attributes:
        cores: what computes.
        stop: when set, training ends early with `Stopped`.
        device: where the features and the head are.
        step: called with shares of a head's training, as they are done; together at most 1.
    """

    cores: Crew
    stop: Event = field(default_factory=Event)
    device: torch.device = CPU
    step: Callable[[float], None] = _unseen
