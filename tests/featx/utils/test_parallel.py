"""Work ahead in threads: in order, bounded, and over when its user is."""

import threading
import time

import pytest

from featx.utils.parallel import map_ahead


@pytest.mark.parametrize("threads", [1, 3])
def test_results_come_in_the_order_of_the_items(threads):
    def late_first(item):
        time.sleep(0.01 * (5 - item))
        return item * 10

    assert list(map_ahead(late_first, range(5), threads)) == [0, 10, 20, 30, 40]


def test_no_more_is_taken_than_the_threads_need():
    taken = []

    def items():
        for item in range(100):
            taken.append(item)
            yield item

    results = map_ahead(str, items(), threads=2)
    for used in range(1, 20):
        next(results)
        assert len(taken) <= used + 4
    results.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ThreadPool")]


def test_an_error_reaches_the_user_and_ends_the_work():
    begun = []

    def work(item):
        begun.append(item)
        if item == 2:
            raise ValueError("item 2")
        return item

    with pytest.raises(ValueError, match="item 2"):
        list(map_ahead(work, range(100), threads=1))
    assert len(begun) < 10


def test_each_thread_is_prepared_once():
    prepared = []
    list(map_ahead(str, range(20), 2, lambda: prepared.append(threading.get_ident())))
    assert 1 <= len(prepared) == len(set(prepared)) <= 2
