"""Runs one task in a process of its own and prints what it cost; both sides use it.

    python SIDE.py TASK FOLDER REPEATS

Needs nothing but the standard library, so that it runs in the peers' environment too.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

Task = Callable[[], dict[str, float]]


def main(tasks: dict[str, Callable[[Path], Task]]) -> None:
    """Prepare a task, run it once to warm up where repeats allow, then time it."""
    name, folder, repeats = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    task = tasks[name](folder)
    if repeats > 1:
        task()
    runs = [_timed(task) for _ in range(repeats)]
    best = min(runs, key=lambda run: run["wall_s"])
    print(json.dumps({**best, "repeats": repeats, "peak_mb": round(peak_mb(), 1)}))


def peak_mb() -> float:
    """Highest resident memory of this process, MB (not of the one that started it)."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line = next(li for li in status.read_text().splitlines() if li.startswith("VmHWM"))
    return float(line.split()[1]) / 1024


def _timed(task: Task) -> dict[str, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    result = task()
    return {
        "wall_s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - cpu,
        **result,
    }
