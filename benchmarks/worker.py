"""One side of one task in a process of its own: made ready, then run each time it is asked."""

from __future__ import annotations

import contextlib
import json
import sys
import time
import warnings
from pathlib import Path

from tasks import TASKS


def _peak_mb() -> float:
    status = Path("/proc/self/status")
    if not status.is_file():
        return float("nan")
    line = next(row for row in status.read_text().splitlines() if row.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def _forget_peak() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def main(name: str, side: str, folder: str) -> None:
    """Answer every line on stdin with a line of JSON on stdout."""
    warnings.simplefilter("ignore")
    answers = sys.stdout
    sys.stdout = sys.stderr  # peers may talk
    task = next(task for task in TASKS if task.name == name)
    ready = task.ready_peer if side == "peer" else task.ready_ours
    work = ready(Path(folder))
    _forget_peak()
    before_mb = _peak_mb()
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for _ in sys.stdin:
        wall, cpu = time.perf_counter(), time.process_time()
        answer = work()
        used = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
        peak = {"extra_peak_mb": _peak_mb() - before_mb}
        print(json.dumps({**used, **peak, "answer": answer}), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
