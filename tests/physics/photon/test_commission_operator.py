"""The fitted machines repeat the public measurements through the dose operator of the planner."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hepatica.case import Grid, Volume
from hepatica.io.machine.measurements import read_measurements
from hepatica.machine import Machine, load_machine
from hepatica.machine.parts import Floats
from hepatica.physics.photon import BeamGeometry, BixelGrid, DoseSetup, PhotonBeam, dose_engine

STEP_MM = 2.0
FIELDS_MM = (20.0, 100.0, 200.0)
BIXEL_MM = 5.0


def axis_dose(machine: Machine, field_mm: float, ssd_mm: float) -> tuple[Floats, Floats]:
    """Depths, mm, and dose on the central ray of a square field in a column of water, Gy per MU."""
    count = 155
    origin = (-2 * STEP_MM, STEP_MM / 2, -2 * STEP_MM)
    grid = Grid(shape=(5, count, 5), spacing_mm=(STEP_MM,) * 3, origin_mm=origin)
    water = Volume(np.ones(grid.shape, np.float32), grid, "1")
    isocentre = (0.0, machine.sad_mm - ssd_mm, 0.0)
    geometry = BeamGeometry(0.0, 0.0, 0.0, isocentre, machine.sad_mm, "HFS")
    n = round(field_mm / BIXEL_MM)
    first = -(n - 1) / 2 * BIXEL_MM
    bixels = BixelGrid(first, first, BIXEL_MM, BIXEL_MM, np.ones((n, n), bool))
    setup = DoseSetup(machine, water, (PhotonBeam(geometry, bixels),))
    column = (np.full(count, 2), np.arange(count), np.full(count, 2))
    voxels = np.ravel_multi_index(column, grid.shape).astype(np.int64)
    dose = dose_engine("pencil-beam").prepare(setup, grid, voxels).forward(np.ones(n * n))
    return STEP_MM * (np.arange(count) + 0.5), np.asarray(dose, dtype=np.float64)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["artiste-6mv", "synergy-6mv"])
def test_the_operator_repeats_tpr_and_output_factors(shared: Path, name: str) -> None:
    machine = load_machine(name)
    measured, _ = read_measurements(name, shared / "data/linac_6mv")
    table, factors = measured.depth_dose, measured.output_factors
    at_reference = {}
    for field in FIELDS_MM:
        column = int(np.flatnonzero(table.field_mm == field)[0])
        value = table.value[:, column]
        found, expected = [], []
        # In TPR geometry every depth has its own distance to the surface.
        for depth in (20.0, factors.depth_mm, 200.0):
            z, dose = axis_dose(machine, field, machine.sad_mm - depth)
            found.append(np.exp(np.interp(depth, z, np.log(dose))))
            expected.append(value[np.argmin(np.abs(table.depth_mm - depth))])
            if np.isclose(machine.sad_mm - depth, factors.ssd_mm):
                at_reference[field] = found[-1]
        model, wanted = np.array(found), np.array(expected)
        model *= np.sum(model * wanted) / np.sum(model**2)
        assert np.abs(model - wanted).max() <= 0.005 * value.max()
    # One monitor unit gives one centigray at the reference.
    assert 100 * at_reference[100.0] == pytest.approx(1.0, rel=2e-3)
    for field in FIELDS_MM:
        factor = np.interp(field, factors.field_mm, factors.factor)
        if np.any(np.abs(factors.field_mm - field) < 0.5):
            assert at_reference[field] / at_reference[100.0] == pytest.approx(factor, rel=0.01)
