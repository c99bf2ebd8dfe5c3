"""Runs every task on both sides in turn and writes down how long each took."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import phantom as phantoms
from tasks import TASKS, Task


class Side:
    """A worker process that is ready to do one side of a task."""

    def __init__(self, task: Task, side: str, folder: Path) -> None:
        worker = Path(__file__).with_name("worker.py")
        self._process = subprocess.Popen(
            [sys.executable, str(worker), task.name, side, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.runs: list[dict[str, Any]] = []
        self._reply()

    def _reply(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"A worker ended early with code {self._process.wait()}.")
        return dict(json.loads(line))

    def run(self, counted: bool = True) -> None:
        """Do the work once."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        reply = self._reply()
        if counted:
            self.runs.append(reply)

    def close(self) -> dict[str, Any]:
        """End the process; the best run of each figure."""
        self._process.communicate()
        best = {key: min(run[key] for run in self.runs) for key in ("wall_s", "cpu_s")}
        peak = max(run["extra_peak_mb"] for run in self.runs)
        return {
            **{key: round(value, 5) for key, value in best.items()},
            "extra_peak_mb": round(peak, 1),
            "runs": len(self.runs),
            "answer": self.runs[-1]["answer"],
        }


def measure(task: Task, folder: Path) -> dict[str, Any]:
    """Both sides alternately; ours is compiled, and the peer warmed, before the first count."""
    print(f"{task.name}: {task.what} ...", file=sys.stderr, flush=True)
    peer, ours = Side(task, "peer", folder), Side(task, "ours", folder)
    ours.run(counted=False)
    if task.peer_runs > 2:
        peer.run(counted=False)
    for n in range(max(task.peer_runs, task.our_runs)):
        if n < task.peer_runs:
            peer.run()
        if n < task.our_runs:
            ours.run()
    theirs, mine = peer.close(), ours.close()
    faster = theirs["wall_s"] / mine["wall_s"]
    return {
        "what": task.what,
        "peer": {"method": task.peer, "versions": {p: version(p) for p in task.packages}, **theirs},
        "hepatica": mine,
        "times_faster_wall": round(faster, 2),
        "times_faster_cpu": round(theirs["cpu_s"] / mine["cpu_s"], 2),
        "target": task.target_text,
        "met": bool(faster >= task.target),
    }


def gamma_agreement(folder: Path) -> dict[str, float]:
    """How far the two gammas lie apart, point by point."""
    peer, ours = np.load(folder / "gamma_peer.npy"), np.load(folder / "gamma_ours.npy")
    both = np.isfinite(peer) & np.isfinite(ours)
    difference = ours[both].astype(float) - peer[both]
    rates = [100 * np.mean(gamma[np.isfinite(gamma)] <= 1) for gamma in (peer, ours)]
    return {
        "points_compared_by_one_side_only": int((np.isfinite(peer) != np.isfinite(ours)).sum()),
        "mean_difference": round(float(difference.mean()), 5),
        "mean_absolute_difference": round(float(np.abs(difference).mean()), 5),
        "largest_difference": round(float(np.abs(difference).max()), 4),
        "pass_rate_difference_points": round(float(rates[1] - rates[0]), 4),
    }


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    import numba

    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cpus": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "numba_threads": numba.config.NUMBA_NUM_THREADS,
        "versions": {p: version(p) for p in ("numpy", "scipy", "numba")},
    }


def table(results: dict[str, dict[str, Any]]) -> str:
    """The results as lines of text."""
    head = f"{'task':22}{'peer s':>10}{'ours s':>10}{'faster':>9}{'cpu':>8}{'MB':>14}  target"
    lines = [head]
    for name, found in results.items():
        peer, ours = found["peer"], found["hepatica"]
        memory = f"{peer['extra_peak_mb']:.0f} / {ours['extra_peak_mb']:.0f}"
        verdict = "met" if found["met"] else "NOT MET"
        lines.append(
            f"{name:22}{peer['wall_s']:10.4f}{ours['wall_s']:10.4f}"
            f"{found['times_faster_wall']:8.1f}x{found['times_faster_cpu']:7.1f}x"
            f"{memory:>14}  {found['target']}: {verdict}"
        )
    return "\n".join(lines)


def main() -> None:
    """Build the inputs, measure, write the results and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--quick", action="store_true", help="leave out the gamma of the peer")
    parser.add_argument("--only", action="append", default=[], help="a task's name")
    arguments = parser.parse_args()
    phantom = phantoms.build()
    phantoms.save(phantom, arguments.work)
    shared = Path(os.environ.get("HEPATICA_SHARED", "shared"))
    gamma_source, gamma = phantoms.gamma_inputs(phantom, shared)
    np.savez(arguments.work / "gamma.npz", **gamma)
    chosen = [
        task
        for task in TASKS
        if (not arguments.only or task.name in arguments.only)
        and not (arguments.quick and task.name.startswith("gamma"))
    ]
    results = {task.name: measure(task, arguments.work) for task in chosen}
    if "gamma_3_percent_3_mm" in results:
        results["gamma_3_percent_3_mm"]["agreement"] = gamma_agreement(arguments.work)
    case = {
        "grid": list(phantoms.SHAPE),
        "spacing_mm": phantoms.SPACING_MM,
        "body_cc": round(float(phantom.mask.sum()) * phantoms.SPACING_MM**3 / 1000, 2),
        "contours": len(phantom.loop_starts) - 1,
        "contour_points": len(phantom.points_mm),
        "gamma_doses": gamma_source,
    }
    document = {
        "schema": "hepatica.benchmark",
        "version": 1,
        "machine": machine(),
        "case": case,
        "tasks": results,
    }
    if not (arguments.only or arguments.quick):
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print(table(results))


if __name__ == "__main__":
    main()
