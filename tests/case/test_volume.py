"""A volume is a quantity on a grid that nobody can change by accident."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepatica.case import Grid, Volume
from hepatica.errors import InvalidInput
from tests.case.shapes import TURNED

GRID = Grid((4, 5, 6), (1.0, 2.0, 3.0), (10.0, 20.0, 30.0), TURNED)


def ramp(grid: Grid = GRID) -> Volume:
    """A dose that rises linearly with x, y and z of the patient."""
    index = np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), axis=-1)[..., ::-1]
    return Volume(grid.point_at(index) @ [1.0, 2.0, 3.0], grid, "Gy")


def test_values_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="read-only"):
        ramp().values[0, 0, 0] = 1


def test_the_array_that_was_given_can_still_be_written() -> None:
    values = np.zeros(GRID.shape, np.float32)
    Volume(values, GRID, "Gy")
    values[0, 0, 0] = 1


def test_fractions_are_kept_as_float32_and_whole_numbers_as_they_are() -> None:
    assert Volume(np.zeros(GRID.shape), GRID, "Gy").values.dtype == np.float32
    assert Volume(np.zeros(GRID.shape, np.int16), GRID, "HU").values.dtype == np.int16


def test_an_array_of_another_shape_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"Volume in Gy: the array has shape \(6, 5, 4\)"):
        Volume(np.zeros((6, 5, 4)), GRID, "Gy")


@given(
    index=st.tuples(st.floats(0, 5), st.floats(0, 4), st.floats(0, 3)),
)
def test_a_linear_dose_is_interpolated_exactly(index: tuple[float, float, float]) -> None:
    point = GRID.point_at(index)
    assert ramp().sample(point) == pytest.approx(point @ [1, 2, 3], rel=1e-5)


def test_beyond_the_outermost_centres_there_is_nothing() -> None:
    points = GRID.point_at([[0, 0, 0], [5.1, 0, 0], [0, 0, -0.1]])
    found = ramp().sample(points)
    assert np.isfinite(found).tolist() == [True, False, False]
    assert ramp().sample(points, outside=-1.0)[1] == -1.0


def test_scaling_multiplies() -> None:
    np.testing.assert_allclose(ramp().scaled(2).values, 2 * ramp().values)
    assert Volume(np.ones(GRID.shape, np.int16), GRID, "HU").scaled(0.5).values.max() == 0.5


def test_a_crop_keeps_values_where_they_are() -> None:
    part = ramp().crop((1, 2, 3), (3, 4, 6))
    np.testing.assert_allclose(part.values, ramp(part.grid).values, rtol=1e-5)


def test_trimming_removes_empty_borders_only() -> None:
    values = np.zeros(GRID.shape)
    values[1, 2, 3] = values[2, 2, 5] = 1
    trimmed = Volume(values, GRID, "1").trimmed()
    assert trimmed.values.shape == (2, 1, 3)
    assert GRID.offset_of(trimmed.grid) == (1, 2, 3)
    assert trimmed.values.sum() == 2


def test_of_an_empty_volume_one_voxel_remains() -> None:
    assert Volume(np.zeros(GRID.shape), GRID, "1").trimmed().values.shape == (1, 1, 1)
