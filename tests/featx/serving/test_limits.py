"""What a client may ask, and when it may ask again."""

import pytest

from featx.serving import limits
from featx.serving.limits import Rate, Refused, Room


def test_a_client_may_ask_so_often_in_any_minute():
    now = 0.0
    rate = Rate(2, lambda: now)
    rate.count("a")
    now = 40.0
    rate.count("a")
    rate.count("b")  # has its own
    with pytest.raises(Refused, match="2 recordings a minute") as refused:
        rate.count("a")
    assert (refused.value.status, refused.value.retry_after) == (429, 20)
    now = 60.0
    rate.count("a")
    with pytest.raises(Refused):
        rate.count("a")


def test_idle_clients_are_forgotten(monkeypatch):
    monkeypatch.setattr(limits, "CLIENTS", 3)
    now = 0.0
    rate = Rate(1, lambda: now)
    for client in "abcd":
        rate.count(client)
    now = 61.0
    rate.count("e")
    assert list(rate._times) == ["e"]


def test_room_is_given_back():
    room = Room(1)
    with room.take():
        with pytest.raises(Refused, match="busy") as refused, room.take():
            pass
        assert refused.value.status == 503
        assert refused.value.retry_after
    with room.take():
        assert room.taken == 1
    assert room.taken == 0
