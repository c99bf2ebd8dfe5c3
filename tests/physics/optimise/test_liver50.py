"""The objective of a published comparison case, evaluated on the dose that its program reached."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from hepatica.physics.optimise import (
    Goal,
    MeanDose,
    Measure,
    Region,
    SquaredDeviation,
    SquaredOverdose,
    without_overlap,
)


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("planning_cases", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _measure(kind: str, numbers: dict[str, float]) -> Measure:
    if kind == "mean":
        return MeanDose(numbers["d_ref"], power=2)
    if kind == "sqdev":
        return SquaredDeviation(numbers["d_ref"])
    return SquaredOverdose(numbers["d_max"])


def test_the_objective_is_that_which_the_peer_reports(shared: Path) -> None:
    folder = shared / "reference/planning"
    case = _module(folder / "cases.py").get("liver50")
    reported = json.loads((folder / "pyradplan_liver50.json").read_text(encoding="utf-8"))
    dose = np.load(folder / "pyradplan_liver50.npz")["dose"].reshape(-1).astype(float)
    voxel_cc = float(np.prod(case["spacing"])) / 1000
    claimed = without_overlap(case["structs"], case["overlap"])
    total = 0.0
    for name, kind, priority, numbers in case["objectives"]:
        region = Region(name, np.flatnonzero(claimed[name]), voxel_cc)
        goal = Goal(region, _measure(kind, numbers), priority)
        total += goal.priority * goal.measure.evaluate(dose[region.rows], region.voxels).value
    assert total == pytest.approx(reported["obj_last"], rel=1e-4)
    assert total == pytest.approx(4229.4, rel=1e-3)
