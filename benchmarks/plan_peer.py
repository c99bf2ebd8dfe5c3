"""Plans one case of planning_case.yaml with pyRadPlan and prints what it cost and reached.

    python plan_peer.py CASE FOLDER [--iterations N]

Runs in the peer's own environment; loops are compiled on a small case before the clock starts.
"""

from __future__ import annotations

import argparse
import json
import logging
import resource
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
from planning_case import PlanningCase, planning_case

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("case")
    words.add_argument("folder", type=Path)
    words.add_argument("--iterations", type=int)
    call = words.parse_args()
    rules = json.loads((call.folder / "rules.json").read_text(encoding="utf-8"))
    small = {**rules, "grid": {"shape": [25, 30, 42], "spacing_mm": 10.0}}
    small["beams"] = {**rules["beams"], "gantry_deg": [0]}
    _planned(planning_case("liver50", small), 2)
    case = planning_case(call.case, rules)
    found, dose, weights = _planned(case, call.iterations or rules["stop"]["iterations"])
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    np.savez(call.folder / f"{call.case}_peer.npz", dose=dose.astype(np.float32), weights=weights)
    print(json.dumps(found))


def _planned(case: PlanningCase, iterations: int) -> tuple[dict[str, Any], Any, Any]:
    import SimpleITK
    from pyRadPlan import calc_dose_influence, fluence_optimization, generate_stf

    ct, structures = _patient(case, SimpleITK)
    plan = _plan(case, iterations)
    clock = _Clock()
    beams = generate_stf(ct, structures, plan)
    influence = calc_dose_influence(ct, structures, beams, plan)
    setup = clock.lap()
    told: dict[str, Any] = {}
    weights = fluence_optimization(ct, structures, beams, influence, plan, opt_info=told)
    optimisation = clock.lap()
    dose = SimpleITK.GetArrayFromImage(influence.compute_result_ct_grid(weights)["physical_dose"])
    final = clock.lap()
    return (
        {
            "bixels": int(beams.total_number_of_bixels),
            "setup": setup,
            "optimisation": optimisation,
            "final_dose": final,
            "iterations": told.get("num_iter"),
            "evaluations": len(told.get("obj_history", [])),
            "stopped": str(told.get("result_info", {}).get("message", "")),
        },
        dose,
        np.asarray(weights),
    )


def _patient(case: PlanningCase, sitk: Any) -> tuple[Any, Any]:
    from pyRadPlan.cst import create_cst, create_voi
    from pyRadPlan.ct import create_ct

    def image(values: Any) -> Any:
        made = sitk.GetImageFromArray(values)
        made.SetSpacing([case.spacing_mm] * 3)
        made.SetOrigin(list(case.origin_mm))
        return made

    ct = create_ct(cube_hu=image(case.hu.astype(float)))
    rank = case.rules["precedence"]
    regions = [
        create_voi(
            voi_type={"PTV": "TARGET", "BODY": "EXTERNAL"}.get(name, "OAR"),
            name=name,
            ct_image=ct,
            mask=image(mask.astype(np.uint8)),
            objectives=[_objective(row) for row in case.objectives if row[0] == name],
            overlap_priority=rank[name],
        )
        for name, mask in case.structures.items()
    ]
    return ct, create_cst(vois=regions, ct=ct)


def _objective(row: tuple[str, str, float, float]) -> Any:
    from pyRadPlan.optimization.objectives import MeanDose, SquaredDeviation, SquaredOverdosing

    _, kind, priority, dose_gy = row
    if kind == "overdose":
        return SquaredOverdosing(priority=priority, d_max=dose_gy)
    made = {"deviation": SquaredDeviation, "mean": MeanDose}[kind]
    return made(priority=priority, d_ref=dose_gy)


def _plan(case: PlanningCase, iterations: int) -> Any:
    from pyRadPlan import PhotonPlan

    rules = case.rules["beams"]
    angles = [float(a) for a in rules["gantry_deg"]]
    made = PhotonPlan(machine="Generic", num_of_fractions=1)
    made.prop_stf = {
        "gantry_angles": angles,
        "couch_angles": [0.0] * len(angles),
        "bixel_width": float(rules["bixel_mm"]),
    }
    made.prop_dose_calc = {
        "dose_grid": {"resolution": dict.fromkeys("xyz", case.spacing_mm)},
        "geometric_lateral_cutoff": float(rules["cutoff_mm"]),
    }
    made.prop_opt = {"solver": "scipy", "max_iter": iterations}
    return made


class _Clock:
    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def lap(self) -> dict[str, float]:
        wall, cpu = time.perf_counter(), time.process_time()
        spent = {"wall_s": wall - self.wall, "cpu_s": cpu - self.cpu}
        self.wall, self.cpu = wall, cpu
        return spent


if __name__ == "__main__":
    main()
