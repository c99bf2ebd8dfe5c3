"""Density from grey values."""

from __future__ import annotations

import numpy as np
import pytest

from hepatica.errors import InvalidInput
from hepatica.machine import HounsfieldTable, default_hounsfield_table


def test_water_is_one_and_tissue_lies_between_its_neighbours() -> None:
    table = default_hounsfield_table()
    assert table.density([0, 100, 50]).tolist() == pytest.approx([1.0, 1.095, 1.0475])


def test_the_end_points_hold_beyond_the_table() -> None:
    assert default_hounsfield_table().density([-3024, 9000]).tolist() == pytest.approx(
        [0.001, 2.505]
    )


def test_the_shape_is_kept_and_numbers_are_of_single_precision() -> None:
    found = default_hounsfield_table().density(np.zeros((2, 3, 4), np.int16))
    assert found.shape == (2, 3, 4)
    assert found.dtype == np.float32


@pytest.mark.parametrize(
    ("hu", "density", "message"),
    [
        ([0.0], [1.0], "at least two points"),
        ([0.0, 0.0], [1.0, 1.1], "do not rise"),
        ([0.0, 100.0], [1.0, 0.9], "must not fall"),
        ([0.0, 100.0], [-0.1, 0.9], "0 or more"),
    ],
)
def test_a_bad_table_is_refused(hu: list[float], density: list[float], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        HounsfieldTable(np.array(hu), np.array(density))
