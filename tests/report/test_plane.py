"""Cuts lie along the body's axes and show each side where a reader expects it."""

from __future__ import annotations

import numpy as np
import pytest

from hepatica.case import Grid, Structure, Volume
from hepatica.report.plane import (
    AXIAL,
    CORONAL,
    SAGITTAL,
    Plane,
    View,
    cut,
    cut_coverage,
    letter,
)

GRID = Grid((11, 21, 31), (2.0, 2.0, 3.0), (-30.0, -20.0, -15.0))
TURNED = Grid(
    (31, 11, 21),
    (2.0, 3.0, 2.0),
    (-20.0, -15.0, -30.0),
    ((0.0, 0.0, 1.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
)


def ramp(grid: Grid) -> Volume:
    """A volume whose value at (x, y, z) is x + 10 y + 100 z."""
    z, y, x = np.indices(grid.shape)
    points = grid.point_at(np.stack([x, y, z], axis=-1))
    return Volume(points @ np.array([1.0, 10.0, 100.0]), grid, "Gy")


def points_of(plane: Plane) -> np.ndarray:
    """(rows, columns, 3) LPS points of a plane, walked from its corner."""
    across = (plane.across - plane.across[0])[None, :, None] * np.array(plane.view.across)
    down = (plane.down - plane.down[0])[:, None, None] * np.array(plane.view.down)
    return np.array(plane.corner_mm) + across + down


@pytest.mark.parametrize(
    ("view", "letters"),
    [
        (AXIAL, ("R", "L", "A", "P")),
        (CORONAL, ("R", "L", "S", "I")),
        (SAGITTAL, ("A", "P", "S", "I")),
    ],
)
def test_orientation_letters_follow_radiological_convention(
    view: View, letters: tuple[str, str, str, str]
) -> None:
    assert view.letters == letters


def test_a_letter_names_the_side_of_the_patient() -> None:
    ways = [(1.0, 0, 0), (-1.0, 0, 0), (0, 1.0, 0), (0, -1.0, 0), (0, 0, 1.0), (0, 0, -1.0)]
    assert [letter(way) for way in ways] == ["L", "R", "P", "A", "S", "I"]


@pytest.mark.parametrize("view", [AXIAL, CORONAL, SAGITTAL])
@pytest.mark.parametrize("grid", [GRID, TURNED])
def test_a_cut_shows_the_value_of_the_patient_point_whatever_way_the_voxels_lie(
    view: View, grid: Grid
) -> None:
    centre = grid.point_at((np.array(grid.shape[::-1]) - 1) / 2) + 0.7
    u, v = (float(centre @ np.array(way)) for way in (view.across, view.down))
    plane = Plane(view, tuple(centre), (u - 5, u + 5), (v - 4, v + 4), 1.0)  # type: ignore[arg-type]
    expected = points_of(plane) @ np.array([1.0, 10.0, 100.0])
    shown = cut(ramp(grid), plane)
    np.testing.assert_allclose(shown, expected, atol=1e-2)


def test_the_plane_passes_through_its_point() -> None:
    plane = Plane(CORONAL, (4.0, 7.0, -3.0), (0.0, 10.0), (-10.0, 0.0), 2.0)
    assert plane.depth_mm == 7.0
    assert plane.corner_mm == (0.0, 7.0, 10.0)  # the top row is the most superior one


def test_an_image_of_one_slice_is_shown_within_half_its_thickness_only() -> None:
    grid = Grid((1, 5, 5), (1.0, 1.0, 4.0))
    image = Volume(np.full(grid.shape, 7.0), grid, "HU")
    near = Plane(AXIAL, (2.0, 2.0, 1.9), (0.0, 4.0), (0.0, 4.0), 1.0)
    far = Plane(AXIAL, (2.0, 2.0, 2.1), (0.0, 4.0), (0.0, 4.0), 1.0)
    assert (cut(image, near) == 7.0).all()
    assert np.isnan(cut(image, far)).all()


def test_the_outline_of_a_block_lies_on_its_outer_faces() -> None:
    mask = np.zeros(GRID.shape)
    mask[4:7, 5:10, 10:20] = 1
    block = Structure.from_mask("Block", mask, GRID)
    plane = Plane(AXIAL, (0.0, 0.0, 0.0), (-30.0, 30.0), (-20.0, 20.0), 0.25)
    inside = cut_coverage(block.coverage, plane) >= 0.5
    columns, rows = plane.across[inside.any(axis=0)], plane.down[inside.any(axis=1)]
    assert (columns.min(), columns.max()) == (-11.0, 9.0)
    assert (rows.min(), rows.max()) == (-11.0, -1.0)
