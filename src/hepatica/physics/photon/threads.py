"""Work shared out over the processor's cores."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
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
    """
    todo = list(items)
    count = min(thread_count(), len(todo))
    if count < 2:
        return [work(item) for item in todo]
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, todo))
