"""Work shared out over the processor's cores."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def thread_count() -> int:
    """How many threads this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def share(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Results of the work on all items, in order.

    Compiled loops and matrix products let go of the interpreter, so that threads run side by side.
    The calling thread works too, so that work that itself shares out work never waits for ever.
    """
    todo = list(items)
    results: list[Result | None] = [None] * len(todo)
    left = deque(range(len(todo)))

    def help_out() -> None:
        while left:
            try:
                number = left.popleft()
            except IndexError:
                return
            results[number] = work(todo[number])

    helpers = [_pool().submit(help_out) for _ in range(min(thread_count(), len(todo)) - 1)]
    try:
        help_out()
    finally:
        left.clear()
        for helper in helpers:
            if not helper.cancel():
                helper.result()
    return results  # type: ignore[return-value]


@cache
def _pool() -> ThreadPoolExecutor:
    """Threads that stay: starting one takes longer than much of the work they are given."""
    return ThreadPoolExecutor(max(thread_count() - 1, 1), thread_name_prefix="hepatica")


if hasattr(os, "register_at_fork"):
    # A child process has none of its parent's threads.
    os.register_at_fork(after_in_child=_pool.cache_clear)
