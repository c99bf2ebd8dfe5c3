"""The machines that come with Hepatica: sane beams, and sources for all that is said."""

from __future__ import annotations

import numpy as np
import pytest

from hepatica.machine import Machine, load_machine, machine_names
from hepatica.machine.describe import describe
from hepatica.physics.photon.depth_dose import depth_factors
from hepatica.physics.photon.square_field import square_field_dose

NAMES = machine_names()


@pytest.fixture(scope="module", params=NAMES)
def machine(request: pytest.FixtureRequest) -> Machine:
    return load_machine(request.param)


def test_the_dose_around_a_pencil_is_positive_and_falls_outwards(machine: Machine) -> None:
    factors = depth_factors(machine.depth, np.array([2.0, 15, 50, 100, 200, 300, 400]))
    for ssd_mm in (600.0, 730.0, 875.0, 950.0, 1100.0):
        tail, centre = machine.lateral.at(ssd_mm)
        dose = factors @ tail
        assert np.all(factors @ centre >= -1e-6)
        assert np.all(dose > -1e-9)
        # Coefficients are written with six digits, which may leave a ripple of that size.
        assert np.all(np.diff(dose, axis=1) <= 1e-5 * dose[:, :1])


def test_no_component_is_large_beside_the_dose(machine: Machine) -> None:
    factors = depth_factors(machine.depth, 100.0)
    tail, centre = machine.lateral.at(900.0)
    r = machine.lateral.radius_mm
    volume = np.trapezoid(2 * np.pi * r * tail, r) + centre
    assert np.sum(np.abs(factors * volume)) < 4 * abs(np.sum(factors * volume))


def test_absolute_dose_and_leaves_are_marked_as_recalled(machine: Machine) -> None:
    status = {said.number: said.status for said in machine.sources}
    assert status["calibration"] == "recalled"
    assert status["mlc"] == "recalled"
    assert status["mlc.transmission"] == "verified"
    assert machine.mlc is not None
    assert machine.mlc.pairs == 80
    assert machine.mlc.leaf_boundaries_mm[[0, -1]].tolist() == [-200.0, 200.0]


def test_the_licence_of_the_measurements_is_named(machine: Machine) -> None:
    assert all("MIT" in s.source for s in machine.sources if s.number in ("beam", "depth"))


def test_the_description_says_what_a_physicist_asks_first(machine: Machine) -> None:
    text = describe(machine)
    assert "80 pairs of 5 mm" in text
    assert "1 cGy/MU for a field of 100 mm" in text
    assert "calibration [recalled]" in text


def test_the_depth_dose_is_that_of_six_megavolts(machine: Machine) -> None:
    depth = np.arange(5.0, 201.0)
    dose = square_field_dose(machine, [100.0], 1000.0, depth)[:, 0]
    percent = 100 * dose / dose.max()
    # Published TrueBeam 6 MV: 86.1, 66.4 and 38.1 % at 50, 100 and 200 mm; machines differ by 2 %.
    assert percent[[45, 95, 195]] == pytest.approx([86.1, 66.4, 38.1], abs=2.5)
    assert 13 <= depth[np.argmax(percent)] <= 18
