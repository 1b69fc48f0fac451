"""Tasks that wait for actors: the first that is free gets the next; lost ones are given again."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from typing import Any, Self

from featx.engines.tasks import ActorLost, Answer, Cluster, Do, Share
from featx.errors import FeatxError
from featx.utils.text import counted

POLL = 0.2  # seconds until new tasks and new machines are noticed
MOST_LOSSES = 3  # of a task in a row, with nothing of it done
PATIENCE = 30.0  # seconds without any actor after which it is said what is waited for
log = logging.getLogger("featx")


@dataclass(eq=False)
class _Job:
    """A task that is to be done, whoever does it.

    Attributes:
        make: makes the task, anew each time that it is given to an actor.
        heed: takes each message; None if the future gets them all.
        future: what the task's messages are waited for with.
        messages: those for the future.
        losses: how often it was lost since the last message.
    """

    make: Callable[[], Any]
    heed: Callable[[Any], object] | None
    future: Future[list[Any]] = field(default_factory=Future)
    messages: list[Any] = field(default_factory=list)
    losses: int = 0


class Pool:
    """Actors that do tasks, as many as the machines have room for.

    Ray's own pool of actors gives up when one dies; here its task goes to another. Actors are
    added when machines are. A thread of this pool asks the actors, and calls `heed`; while it is
    busy with that, they go at most a step further.

    Args:
        cluster: the machines.
        make: makes what does the tasks, on the machine of each actor.
        share: what each actor has of a machine.
    """

    def __init__(self, cluster: Cluster, make: Callable[[Share], Do], share: Share) -> None:
        self._cluster, self._make, self.share = cluster, make, share
        self._waiting: deque[_Job] = deque()
        self._unfinished: set[_Job] = set()
        self._calls: dict[Any, tuple[Any, _Job | None]] = {}  # to the actor and what it does
        self._idle: list[Any] = []
        self._starts_lost = 0  # in a row
        self._heard = time.monotonic()
        self._closed, self._news = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="featx-pool", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._news.set()
        self._thread.join()

    @property
    def room(self) -> int:
        """How many actors there is room for."""
        return self._cluster.room(self.share)

    @property
    def waiting(self) -> int:
        """How many tasks no actor has taken yet."""
        return len(self._waiting)

    def submit(
        self,
        make: Callable[[], Any],
        heed: Callable[[Any], object] | None = None,
        urgent: bool = False,
    ) -> Future[list[Any]]:
        """Have a task done.

        Args:
            make: makes the task. It is called again if the task was lost, and may leave out what
                is done by then.
            heed: called with each message of the task, in the pool's thread.
            urgent: whether it goes before those that wait.

        Returns:
            The task's messages once it is done; none if `heed` takes them. An error of the task
            or of `heed` is raised by it.
        """
        job = _Job(make, heed)
        self._unfinished.add(job)
        job.future.add_done_callback(lambda _: self._unfinished.discard(job))
        (self._waiting.appendleft if urgent else self._waiting.append)(job)
        self._news.set()
        return job.future

    def _run(self) -> None:
        reason: BaseException = CancelledError()
        try:
            while not self._closed.is_set():
                self._hire()
                self._hand_out()
                self._hear()
        except BaseException as error:  # whoever waits must know
            reason = error
        finally:
            self._end(reason)

    def _end(self, reason: BaseException) -> None:
        self._closed.set()
        for actor in {*(actor for actor, _ in self._calls.values()), *self._idle}:
            self._cluster.stop(actor)
        for job in list(self._unfinished):
            if not job.future.done():
                job.future.set_exception(reason)

    def _hire(self) -> None:
        """Start actors if there is more to do than there are."""
        there = len(self._calls) + len(self._idle)
        at_work = sum(job is not None for _, job in self._calls.values())
        wanted = len(self._waiting) + at_work
        if there >= wanted:
            return
        for _ in range(min(self.room, wanted) - there):
            actor = self._cluster.start(self._make, self.share)
            self._calls[self._cluster.ask(actor, "ready")] = actor, None

    def _hand_out(self) -> None:
        while self._idle and self._waiting:
            job = self._waiting.popleft()
            if not job.losses and not job.future.set_running_or_notify_cancel():
                continue
            try:
                task = job.make()
            except Exception as error:
                job.future.set_exception(error)
            else:
                actor = self._idle.pop()
                self._calls[self._cluster.ask(actor, "begin", task)] = actor, job

    def _hear(self) -> None:
        """Wait for answers, and see to them."""
        if self._waiting and not any(job for _, job in self._calls.values()):
            self._say_what_is_missing()
        if not self._calls:
            self._news.wait(POLL)
            self._news.clear()
            return
        for call in self._cluster.wait(list(self._calls), POLL):
            self._heard = time.monotonic()
            actor, job = self._calls.pop(call)
            try:
                answer = self._cluster.answer(call)
            except ActorLost as loss:
                self._lose(actor, job, loss)
            except Exception as error:  # a fault of ours, or of the machine
                if job is None:
                    raise
                self._idle.append(actor)
                job.future.set_exception(error)
            else:
                self._take(actor, job, answer)

    def _take(self, actor: Any, job: _Job | None, answer: Answer) -> None:
        for level, text in answer.said:  # what each says at its start has been said before
            log.log(level if job else logging.DEBUG, "%s", text)
        if job is None:
            if answer.error:
                raise answer.error
            self._starts_lost = 0
            self._idle.append(actor)
            return
        job.losses = 0 if answer.messages else job.losses
        error: Exception | None = answer.error
        try:
            for message in answer.messages:
                (job.heed or job.messages.append)(message)
        except Exception as problem:  # what is sent home can't be kept
            error = problem
        if error and not answer.over:  # it would go on in vain
            self._cluster.stop(actor)
        elif answer.over:
            self._idle.append(actor)
        else:
            self._calls[self._cluster.ask(actor, "go_on")] = actor, job
            return
        if error:
            job.future.set_exception(error)
        else:
            job.future.set_result(job.messages)

    def _lose(self, actor: Any, job: _Job | None, loss: ActorLost) -> None:
        """See to it that what a lost actor was doing is done by another."""
        self._cluster.stop(actor)
        if job is None:
            self._starts_lost += 1
            if self._starts_lost == MOST_LOSSES:
                raise FeatxError(f"`engine='ray'`: actors die when they are started. {loss}")
            return
        log.info("An actor was lost; what it was doing goes on elsewhere.")
        log.debug("%s", loss)
        job.losses += 1
        job.messages.clear()
        if job.losses < MOST_LOSSES:
            self._waiting.appendleft(job)
            return
        job.future.set_exception(
            FeatxError(
                f"`engine='ray'`: {MOST_LOSSES} actors in a row died at the same piece of work: "
                f"{loss} If memory ran out, give each fewer `batch_seconds`, or more memory."
            )
        )

    def _say_what_is_missing(self) -> None:
        if time.monotonic() - self._heard < PATIENCE:
            return
        self._heard = time.monotonic()
        wanted = counted(self.share.cores, "free core")
        gpus = f" and {counted(self.share.gpus, 'GPU')}" if self.share.gpus else ""
        log.info("Waiting for a machine of the Ray cluster with %s%s.", wanted, gpus)
