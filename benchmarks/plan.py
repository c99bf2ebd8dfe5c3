"""Plans the same cases with Hepatica and pyRadPlan in one run and writes results/plan.json.

bash benchmarks/run_plan.sh PYTHON      (or: make bench-plan)

Both sides get the same machine file, bixels, objectives, start and stop rule. Hepatica plans each
case twice (liver50 before and after the peer), and the better run counts. The objective of all
plans is computed by the same few lines of numpy from the dose that each side reports for its own.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from planning_case import PlanningCase, exclusive, planning_case
from ruamel.yaml import YAML

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results/plan.json"
TARGETS = {"speed_ratio": 20.0, "memory_ratio": 5.0, "objective_excess": 0.005}
WHOLE_LIVER_TIMES = 1.5
WHOLE_LIVER_MB = 0.8 * 1024


def main() -> int:
    """Plan everything, write and print the table."""
    peer = sys.argv[1]
    rules = YAML(typ="safe").load((HERE / "planning_case.yaml").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rules["machine_file"] = _machine_file(peer)
        (folder / "rules.json").write_text(json.dumps(rules), encoding="utf-8")
        ours = [_ours("liver50", folder)]
        theirs = _run([peer, "plan_peer.py", "liver50", str(folder)], "liver50: pyRadPlan")
        ours.append(_ours("liver50", folder))
        mine = min(ours, key=_seconds)
        case = planning_case("liver50", rules)
        for side, found in (("ours", mine), ("peer", theirs)):
            found["plan"] = _plan_numbers(case, np.load(folder / f"liver50_{side}.npz")["dose"])
        whole = min((_ours("wlrt", folder) for _ in range(2)), key=_seconds)
        whole["plan"] = _plan_numbers(
            planning_case("wlrt", rules), np.load(folder / "wlrt_ours.npz")["dose"]
        )
    result = {
        "schema": "hepatica/benchmark",
        "version": 1,
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version()},
        "versions": {"ours": _versions(), "peer": {"pyRadPlan": _peer_version(peer)}},
        "cases": {"liver50": _paired(mine, theirs), "wlrt": _whole_liver(whole, mine)},
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    _print(result["cases"])
    return 0


def objective(case: PlanningCase, dose: Any) -> float:
    """The peer's objective: each term is a mean over the voxels that its structure keeps."""
    kept = exclusive(case)
    total = 0.0
    for name, kind, priority, level in case.objectives:
        off = dose[kept[name]].astype(float) - level
        if kind == "mean":
            total += priority * float(off.mean()) ** 2
        else:
            off = np.maximum(off, 0.0) if kind == "overdose" else off
            total += priority * float((off**2).mean())
    return total


def _plan_numbers(case: PlanningCase, dose: Any) -> dict[str, float]:
    target = np.sort(dose[case.structures["PTV"]])[::-1]
    return {
        "objective": objective(case, dose),
        "ptv_d98_gy": float(target[int(0.98 * (len(target) - 1))]),
        "ptv_d2_gy": float(target[int(0.02 * (len(target) - 1))]),
        "liver_mean_gy": float(dose[case.structures["LIVER"]].mean()),
    }


def _paired(mine: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    found = {
        "speed_ratio": _seconds(theirs) / _seconds(mine),
        "cpu_ratio": _seconds(theirs, "cpu_s") / _seconds(mine, "cpu_s"),
        "memory_ratio": theirs["peak_mb"] / mine["peak_mb"],
        "objective_excess": mine["plan"]["objective"] / theirs["plan"]["objective"] - 1,
    }
    met = {
        "speed_ratio": found["speed_ratio"] >= TARGETS["speed_ratio"],
        "memory_ratio": found["memory_ratio"] >= TARGETS["memory_ratio"],
        "objective_excess": found["objective_excess"] <= TARGETS["objective_excess"],
    }
    return {**found, "targets": TARGETS, "met": met, "hepatica": mine, "theirs": theirs}


def _whole_liver(whole: dict[str, Any], small: dict[str, Any]) -> dict[str, Any]:
    per_100 = 100 * whole["optimisation"]["wall_s"] / whole["iterations"]
    small_per_100 = 100 * small["optimisation"]["wall_s"] / small["iterations"]
    return {
        "seconds_per_100_iterations": per_100,
        "times_liver50": per_100 / small_per_100,
        "peak_mb": whole["peak_mb"],
        "targets": {"times_liver50": WHOLE_LIVER_TIMES, "peak_mb": WHOLE_LIVER_MB},
        "met": {
            "times_liver50": per_100 <= WHOLE_LIVER_TIMES * small_per_100,
            "peak_mb": whole["peak_mb"] <= WHOLE_LIVER_MB,
        },
        "hepatica": whole,
    }


def _seconds(found: dict[str, Any], clock: str = "wall_s") -> float:
    return float(found["setup"][clock] + found["optimisation"][clock])


def _ours(case: str, folder: Path) -> dict[str, Any]:
    return _run([sys.executable, "plan_ours.py", case, str(folder)], f"{case}: Hepatica")


def _run(words: list[str], title: str) -> dict[str, Any]:
    sys.stderr.write(f"bench-plan: {title}\n")
    call = [words[0], str(HERE / words[1]), *words[2:]]
    found = subprocess.run(call, capture_output=True, text=True, check=False)
    if found.returncode:
        raise SystemExit(f"{title} failed:\n{found.stderr[-4000:]}")
    cost: dict[str, Any] = json.loads(found.stdout.strip().splitlines()[-1])
    return cost


def _machine_file(peer: str) -> str:
    code = "import importlib.util as u, pathlib as p; "
    code += "f = p.Path(u.find_spec('pyRadPlan').origin).parent; "
    code += "print(next(f.rglob('photons_Generic.mat')))"
    found = subprocess.run([peer, "-c", code], capture_output=True, text=True, check=True)
    return found.stdout.strip()


def _peer_version(peer: str) -> str:
    code = "from importlib.metadata import version; print(version('pyRadPlan'))"
    found = subprocess.run([peer, "-c", code], capture_output=True, text=True, check=True)
    return found.stdout.strip()


def _versions() -> dict[str, str]:
    return {name: version(name) for name in ("hepatica", "numpy", "numba", "scipy")}


def _print(cases: dict[str, Any]) -> None:
    pair, whole = cases["liver50"], cases["wlrt"]
    print(f"{'liver50':22}{'Hepatica':>12}{'pyRadPlan':>12}")
    for part in ("setup", "optimisation"):
        for clock in ("wall_s", "cpu_s"):
            mine, other = pair["hepatica"][part][clock], pair["theirs"][part][clock]
            print(f"{part + ', ' + clock[:-2] + ' s':22}{mine:12.2f}{other:12.2f}")
    for key in ("iterations", "bixels", "peak_mb"):
        print(f"{key:22}{pair['hepatica'][key]:12.0f}{pair['theirs'][key]:12.0f}")
    for key, mine in pair["hepatica"]["plan"].items():
        print(f"{key:22}{mine:12.3f}{pair['theirs']['plan'][key]:12.3f}")
    for key in ("speed_ratio", "memory_ratio", "objective_excess"):
        word = "met" if pair["met"][key] else "NOT met"
        print(f"{key}: {pair[key]:.3f} (target {TARGETS[key]:g}, {word})")
    words = {True: "met", False: "NOT met"}
    print(
        f"wlrt, 2.5 mm: {whole['seconds_per_100_iterations']:.1f} s per 100 iterations, "
        f"{whole['times_liver50']:.2f} times liver50 (at most {WHOLE_LIVER_TIMES:g}, "
        f"{words[whole['met']['times_liver50']]}); peak {whole['peak_mb']:.0f} MB (at most "
        f"{WHOLE_LIVER_MB:.0f}, {words[whole['met']['peak_mb']]}); objective on all voxels "
        f"{whole['hepatica']['plan']['objective']:.1f} after {whole['hepatica']['evaluations']} "
        "evaluations"
    )


if __name__ == "__main__":
    sys.exit(main())
