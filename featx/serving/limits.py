"""What a server takes of each recording, each client and all of them together."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from featx.utils.text import counted

MINUTE = 60.0  # seconds
CLIENTS = 10_000  # whose requests are remembered before the idle ones are forgotten
LATER = 60  # seconds after which a client tries again that was refused for a full disk
SOON = 2  # seconds after which a client that was refused for lack of room tries again


class Refused(Exception):
    """A request that gets no prediction.

    Attributes:
        status: the HTTP status.
        sentence: why, for people.
        retry_after: seconds after which the same request may succeed; None if it never will.
    """

    def __init__(self, status: int, sentence: str, retry_after: int | None = None) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.retry_after = status, sentence, retry_after


def no_room() -> Refused:
    """Return what a client is told while the server's disk is full."""
    return Refused(507, "The server's disk is full; try again later.", LATER)


@dataclass(frozen=True)
class Limits:
    """What a server takes.

    Attributes:
        max_megabytes: the largest recording, in millions of bytes.
        max_seconds: the longest recording.
        requests_per_minute: how many recordings a client may send in any 60 seconds.
        waiting: how many requests are worked on or wait at a time.
    """

    max_megabytes: float
    max_seconds: float
    requests_per_minute: int
    waiting: int

    @property
    def max_bytes(self) -> int:
        """The largest recording, in bytes."""
        return round(self.max_megabytes * 1e6)


class Rate:
    """How often each client asks."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Allow so many requests in any 60 seconds of the clock."""
        self._most, self._clock = most, clock
        self._times: dict[str, deque[float]] = {}

    def count(self, client: str) -> None:
        """Count a request of a client.

        Raises:
            Refused: if the client has asked too often.
        """
        now = self._clock()
        if len(self._times) > CLIENTS:
            self._times = {c: t for c, t in self._times.items() if t[-1] > now - MINUTE}
        times = self._times.setdefault(client, deque())
        while times and times[0] <= now - MINUTE:
            times.popleft()
        if len(times) >= self._most:
            wait = max(1, round(times[0] + MINUTE - now))
            raise Refused(
                429,
                f"A client may send {counted(self._most, 'recording')} a minute. Try again in "
                f"{counted(wait, 'second')}.",
                wait,
            )
        times.append(now)


class Room:
    """How many requests are worked on or wait."""

    def __init__(self, most: int) -> None:
        """Allow so many requests at a time."""
        self._most = most
        self.taken = 0

    @contextmanager
    def take(self) -> Iterator[None]:
        """Count a request for as long as the context lasts.

        Raises:
            Refused: if there are as many as are allowed.
        """
        if self.taken >= self._most:
            raise Refused(
                503,
                f"The server is busy with {counted(self.taken, 'recording')}. Try again in "
                f"{counted(SOON, 'second')}.",
                SOON,
            )
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1
