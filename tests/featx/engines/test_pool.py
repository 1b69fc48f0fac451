"""Pools of actors without Ray: a cluster of actors in this process, which die when told to."""

import logging
from concurrent.futures import CancelledError
from dataclasses import dataclass, field

import numpy as np
import pytest

from featx.engines import host, pool
from featx.engines.pool import MOST_LOSSES, Pool
from featx.engines.tasks import ActorLost, Answer, Share
from featx.errors import Call, FeatxError

SHARE = Share(cores=1)


class Plain(host.Host):
    """A host that leaves this process's threads, folder and messages alone."""

    def __init__(self, make, share):
        self._make, self._share, self._do = make, share, None
        self._messages, self._said = iter(()), []

    def _limit_threads(self):
        pass


@dataclass(frozen=True, eq=False)
class Asked:
    actor: Plain
    method: str
    arguments: tuple


@dataclass
class Actors:
    """A cluster of actors in this process.

    Attributes:
        rooms: how many there may be.
        dying: how many of the next calls by name are never answered.
    """

    rooms: int = 2
    dying: dict[str, int] = field(default_factory=dict)
    started: int = 0
    stopped: list = field(default_factory=list)
    asked: list = field(default_factory=list)

    def room(self, share):
        return self.rooms

    def start(self, make, share):
        self.started += 1
        return Plain(make, share)

    def stop(self, actor):
        self.stopped.append(actor)

    def ask(self, actor, method, *arguments):
        self.asked.append((actor, method))
        return Asked(actor, method, arguments)

    def wait(self, calls, seconds):
        return calls[:1]

    def answer(self, call) -> Answer:
        if self.dying.get(call.method, 0):
            self.dying[call.method] -= 1
            raise ActorLost("it died.")
        return getattr(call.actor, call.method)(*call.arguments)


def doubles(share):
    return lambda task: iter([2 * task])


def counts(share):
    return lambda task: iter(range(task))


@pytest.fixture(autouse=True)
def brief(monkeypatch):
    monkeypatch.setattr(pool, "POLL", 0.01)
    monkeypatch.setattr(host, "SECONDS", 0.0)  # a message an answer


def test_every_task_is_done_by_as_many_actors_as_there_is_room_for():
    actors = Actors(rooms=3)
    with Pool(actors, doubles, SHARE) as at_work:
        futures = [at_work.submit(lambda n=n: n) for n in range(20)]
        assert [future.result(5) for future in futures] == [[2 * n] for n in range(20)]
    assert actors.started == 3
    assert len(actors.stopped) == 3


def test_no_more_actors_than_tasks():
    actors = Actors(rooms=8)
    with Pool(actors, doubles, SHARE) as at_work:
        assert at_work.submit(lambda: 1).result(5) == [2]
    assert actors.started == 1


def test_actors_are_added_when_there_is_more_room():
    actors = Actors(rooms=0)
    with Pool(actors, doubles, SHARE) as at_work:
        future = at_work.submit(lambda: 1)
        with pytest.raises(TimeoutError):
            future.result(0.05)
        actors.rooms = 1
        assert future.result(5) == [2]


@pytest.mark.parametrize("method", ["ready", "begin", "go_on"])
def test_what_a_lost_actor_did_is_done_by_another(method):
    actors = Actors(rooms=1, dying={method: 1})
    with Pool(actors, Keeping(), SHARE) as at_work:
        assert at_work.submit(lambda: [1, 2, 3]).result(5) == [1, 2, 3]
    assert actors.started == 2


def test_a_task_that_is_given_again_is_made_again():
    left = [1, 2, 3, 4]
    actors = Actors(rooms=1)

    def heed(message):
        left.remove(message)
        if message == 2:
            actors.dying["go_on"] = 1

    keeping = Keeping()
    with Pool(actors, keeping, SHARE) as at_work:
        assert at_work.submit(lambda: list(left), heed).result(5) == []
    assert not left
    assert keeping.tasks == [[1, 2, 3, 4], [3, 4]]


class Keeping:
    """Keeps the tasks that it is given."""

    def __init__(self):
        self.tasks = []

    def __call__(self, share):
        return self.do

    def do(self, task):
        self.tasks.append(task)
        yield from task


def test_a_task_that_kills_its_actors_is_given_up():
    actors = Actors(rooms=2, dying={"begin": MOST_LOSSES})
    with Pool(actors, doubles, SHARE) as at_work:
        lethal = at_work.submit(lambda: 1)
        with pytest.raises(FeatxError, match=r"died at the same piece of work: it died"):
            lethal.result(5)
        assert at_work.submit(lambda: 2).result(5) == [4]


def test_actors_that_can_not_start_end_it():
    with Pool(Actors(dying={"ready": 99}), doubles, SHARE) as at_work:
        future = at_work.submit(lambda: 1)
        with pytest.raises(FeatxError, match="die when they are started"):
            future.result(5)


def refuses(share):
    def do(task):
        logging.getLogger("featx").info("not said at home")
        yield task
        raise FeatxError("No.", Call("Mend it", "fit"))

    return do


def test_an_error_comes_home_as_a_sentence_with_its_cure():
    actors = Actors()
    with Pool(actors, refuses, SHARE) as at_work:
        with pytest.raises(FeatxError) as raised:
            at_work.submit(lambda: 1).result(5)
        assert raised.value.message == "No."
        assert raised.value.cure == Call("Mend it", "fit")
        with pytest.raises(FeatxError, match="No"):  # the actor is still there
            at_work.submit(lambda: 1).result(5)
    assert actors.started == 1


def test_what_can_not_be_kept_at_home_ends_the_task():
    def heed(message):
        raise FeatxError("The disk is full.")

    actors = Actors(rooms=1)
    with Pool(actors, Keeping(), SHARE) as at_work:
        with pytest.raises(FeatxError, match="disk is full"):
            at_work.submit(lambda: [1, 2, 3], heed).result(5)
        assert at_work.submit(lambda: [1]).result(5) == [1]


def test_nothing_is_sent_that_was_not_asked_for():
    """A task of a thousand messages goes a step at a time while they are heeded."""
    yielded, heeded = [], []

    def make(share):
        def do(task):
            for number in range(task):
                yielded.append(number)
                yield number

        return do

    def heed(message):
        heeded.append(message)
        assert len(yielded) - len(heeded) <= 1

    with Pool(Actors(rooms=1), make, SHARE) as at_work:
        at_work.submit(lambda: 1000, heed).result(5)
    assert heeded == list(range(1000))


def test_small_messages_are_gathered_and_large_ones_are_not(monkeypatch):
    monkeypatch.setattr(host, "SECONDS", 5.0)
    actors = Actors(rooms=1)
    with Pool(actors, Keeping(), SHARE) as at_work:
        at_work.submit(lambda: list(range(100))).result(5)
        assert len(actors.asked) == 2  # ready and begin
        at_work.submit(lambda: [np.zeros(host.NBYTES, np.uint8)] * 3).result(5)
    assert [method for _, method in actors.asked[2:]] == ["begin", "go_on", "go_on", "go_on"]


def test_urgent_tasks_go_first():
    begun = []

    def make(share):
        return lambda task: [begun.append(task)]

    actors = Actors(rooms=0)
    with Pool(actors, make, SHARE) as at_work:
        futures = [at_work.submit(lambda: "late"), at_work.submit(lambda: "first", urgent=True)]
        actors.rooms = 1
        for future in futures:
            future.result(5)
    assert begun == ["first", "late"]


def test_leaving_a_pool_ends_what_waits():
    actors = Actors(rooms=0)
    with Pool(actors, doubles, SHARE) as at_work:
        future = at_work.submit(lambda: 1)
    with pytest.raises(CancelledError):
        future.result(5)


def test_it_is_said_what_is_waited_for(monkeypatch, caplog):
    monkeypatch.setattr(pool, "PATIENCE", 0.0)
    caplog.set_level(logging.INFO, "featx")
    actors = Actors(rooms=0)
    with Pool(actors, doubles, Share(cores=4, gpus=1)) as at_work, pytest.raises(TimeoutError):
        at_work.submit(lambda: 1).result(0.1)
    assert "Waiting for a machine of the Ray cluster with 4 free cores and 1 GPU." in caplog.text
