"""The longest diameter of a structure, within one slice."""

from __future__ import annotations

import numpy as np
import pytest

from hepatica.case import Contours, Grid, Structure, Volume
from hepatica.case.diameter import longest_diameter_mm

GRID = Grid((12, 60, 70), (1.0, 1.0, 3.0), (0.0, 0.0, 0.0))


def masked(values):
    return Structure("GTV1", Volume(values.astype(np.float32), GRID, "1"), "GTV")


def ball(radius_mm, centre=(35.0, 30.0, 18.0)):
    z, y, x = np.meshgrid(*(np.arange(n) for n in GRID.shape), indexing="ij")
    return (x - centre[0]) ** 2 + (y - centre[1]) ** 2 + (3 * z - centre[2]) ** 2 <= radius_mm**2


def test_that_of_a_sphere_is_its_diameter_to_a_voxel():
    assert longest_diameter_mm(masked(ball(12.0))) == pytest.approx(24.0, abs=1.2)


def test_it_lies_within_a_slice_and_not_along_the_body():
    values = np.zeros(GRID.shape, bool)
    values[1:11, 30:32, 30:32] = True
    assert longest_diameter_mm(masked(values)) == pytest.approx(2 * np.sqrt(2))


def test_two_parts_on_a_slice_are_measured_apart():
    both = ball(6.0, (15.0, 15.0, 18.0)) | ball(6.0, (55.0, 45.0, 18.0))
    assert longest_diameter_mm(masked(both)) == pytest.approx(12.0, abs=1.2)


def test_drawn_outlines_are_measured_as_drawn():
    angle = np.linspace(0, 2 * np.pi, 100, endpoint=False)
    ring = np.stack([30 + 14 * np.cos(angle), 30 + 9 * np.sin(angle), np.full(100, 9.0)], axis=1)
    drawn = Structure.from_contours("GTV1", Contours((ring,)), GRID, "GTV")
    assert longest_diameter_mm(drawn) == pytest.approx(28.0, rel=1e-3)


def test_an_empty_structure_has_none():
    assert longest_diameter_mm(masked(np.zeros(GRID.shape))) == 0.0
