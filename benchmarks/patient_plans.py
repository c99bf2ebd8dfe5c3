"""Plans each tumour of a patient, then all of them, and writes what was reached and what it cost.

    python patient_plans.py CASE [plan create option ...]

CASE is an imported case. Each plan is one ``hepatica plan create`` in a process of its own, timed
from outside, program start and report included; the table goes to results/patient_plans.md.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
RISK = "0.10"

Plan = dict[str, Any]


def main() -> None:
    """Plan, print and write the table."""
    case, options = Path(sys.argv[1]), sys.argv[2:]
    tumours = [name for name in _structures(case) if name.startswith("GTV")]
    plans = {name: _planned(case, options, (name,)) for name in tumours}
    if len(tumours) > 1:
        plans[" and ".join(tumours)] = _planned(case, options, tuple(tumours))
    table = _table(plans)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "patient_plans.md").write_text(table, encoding="utf-8")
    print(table)


def _structures(case: Path) -> dict[str, Any]:
    shown = _hepatica("case", "show", str(case), "--json")
    return dict(json.loads(shown)["structures"])


def _planned(case: Path, options: list[str], treated: tuple[str, ...]) -> Plan:
    with tempfile.TemporaryDirectory() as folder:
        words = ["plan", "create", str(case), "sbrt-six-fraction", "--risk", RISK, "--json"]
        words += ["--out", f"{folder}/plan", *options]
        for name in treated:
            words += ["--treat", name]
        wall, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        document = json.loads(_hepatica(*words))
        wall, after = time.perf_counter() - wall, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    kept = ("allocation", "prescription", "limits", "risk", "solver")
    return {**{key: document[key] for key in kept}, "wall_s": wall, "cpu_s": cpu}


def _hepatica(*words: str) -> str:
    call = [str(Path(sys.executable).parent / "hepatica"), *words]
    found = subprocess.run(call, stdout=subprocess.PIPE, text=True, check=False)
    if found.returncode:
        raise SystemExit(found.returncode)
    return found.stdout


def _limit(plan: Plan, structure: str, metric: str) -> str:
    found = [
        row
        for row in plan["limits"]
        if row["structure"] == structure and row["name"].startswith(metric)
    ]
    return f"{found[0]['value']:.1f}" if found and found[0]["value"] is not None else "unknown"


def _verdicts(plan: Plan) -> str:
    count = {"met": 0, "not met": 0, "unknown": 0}
    for row in plan["limits"]:
        count[row["verdict"]] += 1
    return ", ".join(f"{number} {verdict}" for verdict, number in count.items())


def _levels(plan: Plan, where: str) -> str:
    given = plan[where]["doses_gy"]
    return " / ".join("none" if dose is None else f"{dose:.1f}" for dose in given.values())


def _solver(plan: Plan, *path: str) -> Any:
    value: Any = plan["solver"]
    for key in path:
        value = value[key]
    return value


_ROWS: tuple[tuple[str, Callable[[Plan], str]], ...] = (
    ("effective liver volume", lambda p: f"{p['risk']['veff']:.3f}"),
    ("stratum", lambda p: str(p["allocation"]["stratum"])),
    ("dose allowed for this plan at 5 / 10 / 20 % risk, Gy", lambda p: _levels(p, "allocation")),
    ("ideal optimal dose at 5 / 10 / 20 % risk, Gy", lambda p: _levels(p, "solver")),
    (
        "ideal dose as published, Gy",
        lambda p: f"{_solver(p, 'as_published', 'prescription_gy'):.1f}",
    ),
    ("no fluence can do better than, Gy", lambda p: f"{_solver(p, 'optimal', 'bound_gy'):.1f}"),
    ("prescribed, Gy in 6 fractions", lambda p: f"{p['prescription']['dose_gy']:.1f}"),
    ("limited by", lambda p: str(_solver(p, "delivery", "limited_by") or "protocol maximum")),
    ("segments", lambda p: str(_solver(p, "delivery", "segments"))),
    ("MU a fraction", lambda p: f"{_solver(p, 'delivery', 'total_mu'):.0f}"),
    (
        "D95 of PTV_GTV, ideal fluence, Gy",
        lambda p: f"{_solver(p, 'delivery', 'ideal_d95_gy'):.2f}",
    ),
    ("D95 of PTV_GTV, segments, Gy", lambda p: f"{_solver(p, 'delivery', 'delivered_d95_gy'):.2f}"),
    ("lost by the segments, %", lambda p: f"{100 * _solver(p, 'delivery', 'loss'):.1f}"),
    (
        "highest dose in PTV_GTV, % of the prescription",
        lambda p: _limit(p, "PTV_GTV", "target-max"),
    ),
    ("D95 of PTV_CTV, Gy (at least 24)", lambda p: _limit(p, "PTV_CTV", "microscopic")),
    ("limits", _verdicts),
    ("wall time, s", lambda p: f"{p['wall_s']:.0f}"),
    ("CPU time, s", lambda p: f"{p['cpu_s']:.0f}"),
)


def _table(plans: dict[str, Plan]) -> str:
    head = ["|  | " + " | ".join(plans) + " |", "|---" * (len(plans) + 1) + "|"]
    rows = ["| " + " | ".join([name, *map(of, plans.values())]) + " |" for name, of in _ROWS]
    return "\n".join([*head, *rows]) + "\n"


if __name__ == "__main__":
    main()
