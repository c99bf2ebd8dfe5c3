"""Plans one case of planning_case.yaml with Hepatica and prints what it cost and reached.

    python plan_ours.py CASE FOLDER

The dose model imitates the peer's (cut-off, shift, choice of kernel), so that both sides solve the
same problem. Loops are compiled, or loaded from their cache, before the clock starts.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
from planning_case import PlanningCase, exclusive, planning_case
from stopwatch import peak_mb

from hepatica.case import Grid, Volume
from hepatica.io.machine import read_matrad_machine
from hepatica.machine import default_hounsfield_table
from hepatica.physics.optimise import (
    ActiveRows,
    Goal,
    MeanDose,
    Options,
    Problem,
    Region,
    SquaredDeviation,
    SquaredOverdose,
    sample_of,
    solve,
)
from hepatica.physics.optimise.warm import warm as warm_search
from hepatica.physics.photon import (
    BeamGeometry,
    DoseSetup,
    PencilBeamOptions,
    PhotonBeam,
    bixels_of,
    dose_engine,
)
from hepatica.physics.photon.warm import warm

MEASURES = {
    "deviation": SquaredDeviation,
    "overdose": SquaredOverdose,
    "mean": lambda level: MeanDose(level, power=2),
}
WHOLE_LIVER_ITERATIONS = 100
MARGIN = 0.05


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("case")
    words.add_argument("folder", type=Path)
    call = words.parse_args()
    rules = json.loads((call.folder / "rules.json").read_text(encoding="utf-8"))
    case = planning_case(call.case, rules)
    warm()
    warm_search()
    found, dose, weights = _planned(case)
    found["peak_mb"] = peak_mb()
    np.savez(call.folder / f"{call.case}_ours.npz", dose=dose, weights=weights)
    print(json.dumps(found))


def _planned(case: PlanningCase) -> tuple[dict[str, Any], Any, Any]:
    clock = _Clock()
    grid = Grid(case.hu.shape, (case.spacing_mm,) * 3, case.origin_mm)
    setup = _setup(case, grid)
    engine = dose_engine("pencil-beam")
    voxels = np.flatnonzero(case.structures["BODY"])
    operator = engine.prepare(setup, grid, voxels)
    goals = _goals(case, voxels)
    wide = float(case.rules["beams"]["bixel_mm"]) / case.spacing_mm
    prepared = clock.lap()
    stop = case.rules["stop"]
    most = stop["iterations"] if case.name == "liver50" else WHOLE_LIVER_ITERATIONS
    regions = [goal.region for goal in goals]
    rows = ActiveRows(
        lambda rows: engine.prepare(setup, grid, voxels[rows]),
        MARGIN,
        sample_of(regions, voxels, grid.shape, (wide, wide, wide)),
    )
    change = float(stop["relative_reduction"])
    options = Options(change, patience=1, evaluations=most, active_rows=rows)
    solution = solve(Problem(operator, goals), options)
    searched = clock.lap()
    dose = np.zeros(case.hu.shape, np.float32)
    dose.reshape(-1)[voxels] = operator.forward(solution.weights)
    return (
        {
            "bixels": operator.bixels,
            "setup": prepared,
            "optimisation": searched,
            "final_dose": clock.lap(),
            "iterations": solution.iterations,
            "evaluations": solution.evaluations,
            "stopped": solution.status.sentence,
            "objective": solution.objective,
        },
        dose,
        solution.weights,
    )


def _setup(case: PlanningCase, grid: Grid) -> DoseSetup:
    from scipy.ndimage import binary_dilation

    rules = case.rules["beams"]
    machine = read_matrad_machine(Path(case.rules["machine_file"]))
    density = default_hounsfield_table().density(case.hu)
    density[~case.structures["BODY"]] = 0.0
    # The peer widens the target by one bixel, in whole voxels.
    reach = round(rules["bixel_mm"] / case.spacing_mm)
    wide = binary_dilation(case.structures["PTV"], np.ones((2 * reach + 1,) * 3))
    points = grid.point_at(np.argwhere(wide)[:, ::-1])
    beams = []
    for gantry in rules["gantry_deg"]:
        geometry = BeamGeometry(
            float(gantry), 0.0, 0.0, tuple(case.isocentre_mm), machine.sad_mm, "HFS"
        )
        side = float(rules["bixel_mm"])
        beams.append(PhotonBeam(geometry, bixels_of(points, geometry, side, side)))
    options = PencilBeamOptions(
        use_primary_fluence=False,
        cutoff_mm=float(rules["cutoff_mm"]),
        shift_mm=(-0.25, -0.25),
        nearest_ssd=True,
    )
    return DoseSetup(machine, Volume(density, grid, "1"), tuple(beams), options)


def _goals(case: PlanningCase, voxels: Any) -> tuple[Goal, ...]:
    place = np.full(case.hu.size, -1)
    place[voxels] = np.arange(len(voxels))
    cc = case.spacing_mm**3 / 1000
    regions = {
        name: Region(name, place[np.flatnonzero(mask)], cc)
        for name, mask in exclusive(case).items()
        if mask.any()
    }
    return tuple(
        Goal(regions[name], MEASURES[kind](float(level)), float(priority))
        for name, kind, priority, level in case.objectives
    )


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
