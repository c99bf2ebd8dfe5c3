"""Work is shared out completely, in order, once each, and its errors are not lost."""

from __future__ import annotations

import threading

import pytest

from hepatica.physics.photon import threads
from hepatica.physics.photon.threads import share


@pytest.fixture(autouse=True)
def four_threads(monkeypatch):
    monkeypatch.setattr(threads, "thread_count", lambda: 4)
    threads._pool.cache_clear()
    yield
    threads._pool().shutdown()
    threads._pool.cache_clear()


@pytest.mark.parametrize("count", [0, 1, 2, 5, 1000])
def test_each_item_is_worked_on_once_and_results_keep_their_order(count):
    seen = []

    def work(item):
        seen.append(item)
        return -item

    assert share(work, range(count)) == [-n for n in range(count)]
    assert sorted(seen) == list(range(count))


def test_more_than_one_thread_works():
    meet = threading.Barrier(4, timeout=20)
    assert share(lambda item: meet.wait() >= 0, range(4)) == [True] * 4


@pytest.mark.parametrize("bad", [0, 3, 99])
def test_an_error_reaches_the_caller(bad):
    def work(item):
        if item == bad:
            raise ValueError(f"item {item}")
        return item

    with pytest.raises(ValueError, match=f"item {bad}"):
        share(work, range(100))


def test_shared_work_may_share_out_its_own():
    found = share(lambda a: share(lambda b: a * b, range(20)), range(20))
    assert found == [[a * b for b in range(20)] for a in range(20)]


def test_the_threads_stay():
    share(lambda item: item, range(100))
    first = threads._pool()
    share(lambda item: item, range(100))
    assert threads._pool() is first
