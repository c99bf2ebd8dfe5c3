"""Work shared out over the processor's cores."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def thread_count() -> int:
    """How many threads this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def share(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Results of the work on all items, in order.

    Compiled loops and matrix products let go of the interpreter, so that threads run side by side.
    The products are small: shared out once more by the linear algebra library itself, they wait for
    each other up to a hundred times longer than they compute.
    """
    todo = list(items)
    count = min(thread_count(), len(todo))
    with _linear_algebra().limit(limits=1):
        if count < 2:
            return [work(item) for item in todo]
        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(work, todo))


@cache
def _linear_algebra() -> Any:
    """The thread pools of the linear algebra libraries in this process."""
    import scipy.linalg  # noqa: F401  (its library is to be found too)
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")
