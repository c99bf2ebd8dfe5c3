"""Times Hepatica and its peers in turn on the same files and writes results/analysis.json.

bash benchmarks/run.sh PYTHON      (or: make bench)
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results/analysis.json"
ROUNDS = 2


@dataclass(frozen=True)
class Pair:
    """One piece of work, done by both sides, and how much faster ours has to be."""

    name: str
    ours: str
    theirs: str
    peer: str
    target: float
    their_repeats: int = 1


PAIRS = (
    Pair("contours to mask", "contours", "contours", "dicompyler-core (matplotlib Path)", 100),
    Pair("DVH of a structure", "histogram", "dvh", "dicompyler-core get_dvh", 200),
    Pair("contours and DVH", "dvh", "dvh", "dicompyler-core get_dvh", 1),
    Pair("10-mm margin", "margin", "margin", "SimpleITK BinaryDilate", 1, 3),
    Pair("six-sided margin", "uneven_margin", "margin", "SimpleITK BinaryDilate, 10-mm ball", 1, 3),
    Pair("gamma 3 %/3 mm", "gamma", "gamma", "pymedphys gamma", 30),
)
HISTOGRAM_TARGET = 3.0


def main() -> int:
    """Build the scene, time every pair, write and print the table."""
    peers = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _say("building the scene")
        sys.path.insert(0, str(HERE))
        from scene import build

        build(folder)
        rows = [_paired(pair, peers, folder) for pair in PAIRS]
        against_numpy = _against_numpy(folder)
        scene = json.loads((folder / "scene.json").read_text(encoding="utf-8"))
    result = {
        "schema": "hepatica/benchmark",
        "version": 1,
        "scene": scene,
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version()},
        "versions": {"ours": _versions(), "peers": _peer_versions(peers)},
        "pairs": rows,
        "histogram_over_numpy": against_numpy,
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    _print_table(rows, against_numpy)
    return 0


def _paired(pair: Pair, peers: str, folder: Path) -> dict[str, Any]:
    """Both sides in turn, the best of a few rounds each."""
    ours, theirs = [], []
    for _ in range(ROUNDS if pair.their_repeats > 1 else 1):
        _say(f"{pair.name}: Hepatica")
        ours.append(_run(sys.executable, "ours.py", pair.ours, folder, 5))
        _say(f"{pair.name}: {pair.peer}")
        theirs.append(_run(peers, "peers.py", pair.theirs, folder, pair.their_repeats))
        _say(f"{pair.name}: Hepatica")
        ours.append(_run(sys.executable, "ours.py", pair.ours, folder, 5))
    mine, other = (min(runs, key=lambda run: run["wall_s"]) for runs in (ours, theirs))
    ratio = other["wall_s"] / mine["wall_s"]
    return {
        "name": pair.name,
        "peer": pair.peer,
        "hepatica": mine,
        "theirs": other,
        "speed_ratio": ratio,
        "cpu_ratio": other["cpu_s"] / mine["cpu_s"],
        "memory_ratio": mine["peak_mb"] / other["peak_mb"],
        "target": pair.target,
        "met": ratio >= pair.target,
    }


def _against_numpy(folder: Path) -> dict[str, Any]:
    runs = {
        name: [_run(sys.executable, "ours.py", name, folder, 9) for _ in range(ROUNDS)]
        for name in ("histogram", "numpy_histogram")
    }
    best = {name: min(found, key=lambda run: run["wall_s"]) for name, found in runs.items()}
    over = best["histogram"]["wall_s"] / best["numpy_histogram"]["wall_s"]
    return {
        **best,
        "times_numpy": over,
        "target": HISTOGRAM_TARGET,
        "met": over <= HISTOGRAM_TARGET,
    }


def _run(python: str, script: str, task: str, folder: Path, repeats: int) -> dict[str, Any]:
    words = [python, str(HERE / script), task, str(folder), str(repeats)]
    found = subprocess.run(words, capture_output=True, text=True, check=False)
    if found.returncode:
        raise SystemExit(f"{script} {task} failed:\n{found.stderr}")
    cost: dict[str, Any] = json.loads(found.stdout.strip().splitlines()[-1])
    return cost


def _versions() -> dict[str, str]:
    return {name: version(name) for name in ("hepatica", "numpy", "numba")}


def _peer_versions(peers: str) -> dict[str, str]:
    names = ("dicompyler-core", "matplotlib", "numpy", "pymedphys", "SimpleITK")
    code = "import json; from importlib.metadata import version; "
    code += f"print(json.dumps({{n: version(n) for n in {names}}}))"
    found = subprocess.run([peers, "-c", code], capture_output=True, text=True, check=True)
    return dict(json.loads(found.stdout))


def _print_table(rows: list[dict[str, Any]], numpy_row: dict[str, Any]) -> None:
    print(f"{'work':26}{'Hepatica':>10}{'peer':>10}{'ratio':>9}{'target':>8}  memory  peer")
    for row in rows:
        mine, other = row["hepatica"]["wall_s"], row["theirs"]["wall_s"]
        word = "met" if row["met"] else "NOT met"
        print(
            f"{row['name']:26}{mine:9.3f}s{other:9.3f}s{row['speed_ratio']:8.1f}x"
            f"{row['target']:7g}x  {row['memory_ratio']:5.2f}   {row['peer']}: {word}"
        )
    over, most = numpy_row["times_numpy"], numpy_row["target"]
    word = "met" if numpy_row["met"] else "NOT met"
    print(f"one histogram costs {over:.2f} times a bare numpy histogram (at most {most:g}): {word}")


def _say(text: str) -> None:
    sys.stderr.write(f"bench: {text}\n")


if __name__ == "__main__":
    sys.exit(main())
