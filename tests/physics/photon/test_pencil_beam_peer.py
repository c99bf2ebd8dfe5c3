"""Agreement with pyRadPlan 0.5.0, its shift, cut-off and choice of kernel imitated."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hepatica.case import Grid, Volume
from hepatica.io.machine import read_matrad_machine
from hepatica.machine import Machine
from hepatica.physics.photon import (
    BeamGeometry,
    BixelGrid,
    DoseSetup,
    PencilBeamOptions,
    PhotonBeam,
    bixels_of,
    dose_engine,
    dose_on,
)
from tests.machine_files import photons_generic  # noqa: F401

_PLANES = [5, 19, 39, 79, 119]
_FIELDS = [("uni", side) for side in (5, 30, 50, 100, 200)] + [
    ("prim", side) for side in (30, 50, 100, 200)
]


@pytest.fixture(scope="module")
def machine(photons_generic: Path) -> Machine:  # noqa: F811
    return read_matrad_machine(photons_generic)


@pytest.fixture(scope="module")
def cases(shared: Path) -> Any:
    """The benchmark cases, which are a module beside the reference data."""
    sys.path.insert(0, str(shared / "reference/planning"))
    try:
        import cases as found  # type: ignore[import-not-found]
    finally:
        sys.path.pop(0)
    return found


@pytest.fixture(scope="module")
def water(shared: Path) -> Any:
    return np.load(shared / "reference/planning/water_pyradplan.npz")


def _water_setup(machine: Machine, kind: str, side: float, ssd: float) -> DoseSetup:
    grid = Grid((121, 161, 121), (2.5, 2.5, 2.5), (-150.0, 1.25, -150.0))
    if kind == "uni":
        bixels = BixelGrid(0.0, 0.0, side, side, [[True]])
        options = PencilBeamOptions(
            use_primary_fluence=False, cutoff_mm=170.0, shift_mm=(-0.25, -0.25), nearest_ssd=True
        )
    else:
        # A field given as a mask is turned before it is placed, and its shift with it.
        first, count = 1.25 - side / 2, round(side / 2.5)
        bixels = BixelGrid(first, first, 2.5, 2.5, np.ones((count, count), bool))
        options = PencilBeamOptions(shift_mm=(-0.25, 0.25), nearest_ssd=True)
    geometry = BeamGeometry(0.0, 0.0, 0.0, (0.0, 1000.0 - ssd, 0.0), 1000.0, "HFS")
    density = Volume(np.ones(grid.shape, np.float32), grid, "1")
    return DoseSetup(machine, density, (PhotonBeam(geometry, bixels),), options)


@pytest.mark.peer
@pytest.mark.parametrize("ssd", [900, 850])
@pytest.mark.parametrize(("kind", "side"), _FIELDS)
def test_every_value_in_the_water_box_agrees_to_half_a_percent(
    machine: Machine, water: Any, kind: str, side: int, ssd: int
) -> None:
    setup = _water_setup(machine, kind, float(side), float(ssd))
    grid = setup.density.grid
    numbers = np.arange(np.prod(grid.shape)).reshape(grid.shape)
    curves = {
        "pdd": numbers[60, :, 60][None],
        "lat_x": numbers[60][_PLANES],
        "lat_z": numbers[:, _PLANES, 60].T,
    }
    asked = np.unique(np.concatenate([voxels.ravel() for voxels in curves.values()]))
    dose = dose_engine("pencil-beam").prepare(setup, grid, asked).forward(np.ones(setup.bixels))
    for name, voxels in curves.items():
        found = dose[np.searchsorted(asked, voxels)]
        expected = np.atleast_2d(water[f"{kind}_F{side}_SSD{ssd}_{name}"])
        error = (found - expected) / expected.max(axis=1, keepdims=True)
        # The peer's ray tracer does not reach some voxels at the sides of the box and leaves
        # exactly 0 there.
        reached = expected > 0
        assert reached.mean() > 0.8
        assert np.abs(error[reached]).max() < 0.005
        assert np.sqrt(np.mean(error[reached] ** 2)) < 0.003


def _liver(machine: Machine, cases: Any, **options: Any) -> tuple[DoseSetup, Any]:
    from scipy.ndimage import binary_dilation

    case = cases.get("liver50")
    grid = Grid(case["hu"].shape, tuple(case["spacing"]), tuple(case["origin"]))
    density = np.interp(case["hu"], cases.HLUT[:, 0], cases.HLUT[:, 1])
    density[~case["structs"]["BODY"]] = 0.0
    ptv = case["structs"]["PTV"]
    points = grid.point_at(np.argwhere(ptv)[:, ::-1])
    # The peer widens the target by one bixel, in whole voxels.
    wide = grid.point_at(np.argwhere(binary_dilation(ptv, np.ones((5, 5, 5))))[:, ::-1])
    isocentre = tuple(points.mean(axis=0))
    beams = []
    for gantry in case["gantry"]:
        geometry = BeamGeometry(gantry, 0.0, 0.0, isocentre, 1000.0, "HFS")
        beams.append(PhotonBeam(geometry, bixels_of(wide, geometry, 5.0, 5.0)))
    volume = Volume(density.astype(np.float32), grid, "1")
    return DoseSetup(machine, volume, tuple(beams), PencilBeamOptions(**options)), case


@pytest.fixture(scope="module")
def peer(shared: Path) -> Any:
    return np.load(shared / "reference/planning/pyradplan_liver50.npz")


@pytest.mark.peer
def test_the_same_1313_bixels_are_chosen(machine: Machine, cases: Any, peer: Any) -> None:
    setup, _ = _liver(machine, cases)
    assert [beam.bixels.count for beam in setup.beams] == peer["bixels_per_beam"].tolist()
    rays = peer["ray_pos_bev"][:, [0, 2]]
    for beam, chosen in zip(setup.beams, setup.beam_slices, strict=True):
        theirs = {tuple(place) for place in rays[chosen].round(6)}
        assert {tuple(place) for place in beam.bixels.centres_mm.round(6)} == theirs


@pytest.mark.peer
@pytest.mark.slow
def test_the_dose_of_a_whole_plan_agrees(machine: Machine, cases: Any, peer: Any) -> None:
    setup, case = _liver(
        machine,
        cases,
        use_primary_fluence=False,
        cutoff_mm=50.0,
        shift_mm=(-0.25, -0.25),
        nearest_ssd=True,
    )
    weights = np.empty(setup.bixels)
    for beam, chosen in zip(setup.beams, setup.beam_slices, strict=True):
        rays = peer["ray_pos_bev"][chosen][:, [0, 2]].round(6)
        theirs = dict(zip(map(tuple, rays), peer["w"][chosen], strict=True))
        weights[chosen] = [theirs[tuple(c)] for c in beam.bixels.centres_mm.round(6)]
    dose = dose_on(setup, weights, setup.density.grid).values
    error = (dose - peer["dose"])[case["structs"]["BODY"]] / peer["dose"].max()
    assert abs(error.mean()) < 0.0005
    assert np.sqrt(np.mean(error**2)) < 0.0025
    high = peer["dose"][case["structs"]["BODY"]] > 0.1 * peer["dose"].max()
    assert abs(error[high].mean()) < 0.0005
    assert np.sqrt(np.mean(error[high] ** 2)) < 0.0025
