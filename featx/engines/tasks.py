"""What passes between a pool and its actors."""

import typing
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from featx.errors import FeatxError

Do = Callable[[Any], Iterable[Any]]
"""Does a task: what it yields goes home as it comes."""


@dataclass(frozen=True)
class Share:
    """What an actor has of a machine.

    Attributes:
        cores: how many cores.
        gpus: how many GPUs.
        neighbours: how many actors share a machine, at most.
    """

    cores: int
    gpus: int = 0
    neighbours: int = 1


@dataclass(frozen=True)
class Answer:
    """What an actor says when it is asked to go on.

    Attributes:
        messages: what the task has yielded since the last answer.
        said: what was logged meanwhile: the level and the text.
        over: whether the task is done.
        error: why it failed, in a sentence.
    """

    messages: Sequence[Any]
    said: Sequence[tuple[int, str]] = ()
    over: bool = False
    error: FeatxError | None = None


class ActorLost(Exception):
    """An actor is no more: its process or its machine died."""


class Cluster(typing.Protocol):
    """Machines on which actors run; a call is work that an actor has been asked to do."""

    def room(self, share: Share) -> int:
        """Return how many actors the machines that are there now have room for."""

    def start(self, make: Callable[[Share], Do], share: Share) -> Any:
        """Return an actor, which may have to wait for room."""

    def stop(self, actor: Any) -> None:
        """End an actor at once."""

    def ask(self, actor: Any, method: str, *arguments: Any) -> Any:
        """Have an actor's `Host` do something; return the call."""

    def wait(self, calls: Sequence[Any], seconds: float) -> Sequence[Any]:
        """Return the calls that are answered, after so many seconds at most."""

    def answer(self, call: Any) -> Answer:
        """Return what an actor answered.

        Raises:
            ActorLost: if it can answer no more.
        """
