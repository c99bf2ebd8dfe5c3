"""Holes joined to their outline enclose the same area, whichever way a system fills loops."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from hepatica.io.dicom.write_keyhole import keyholes

PLANE = np.eye(3)[:, :2]


def circle(x: float, y: float, radius: float, points: int = 60) -> NDArray[np.float64]:
    turn = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return np.stack(
        [x + radius * np.cos(turn), y + radius * np.sin(turn), np.full(points, 5.0)], axis=1
    )


def area(loop: NDArray[np.float64]) -> float:
    x, y = loop[:, 0], loop[:, 1]
    return 0.5 * abs(float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)))


def test_a_ring_becomes_one_loop_of_the_same_area() -> None:
    outer, inner = circle(0, 0, 30), circle(3, 2, 12)
    (joined,) = keyholes([outer, inner], PLANE)
    assert area(joined) == pytest.approx(area(outer) - area(inner))
    assert len(joined) == len(outer) + len(inner) + 2


@pytest.mark.parametrize("turned", [True, False])
def test_the_hole_is_walked_against_the_outline(turned: bool) -> None:
    outer, inner = circle(0, 0, 30), circle(0, 0, 12)
    (joined,) = keyholes([outer, inner[::-1] if turned else inner], PLANE)
    assert area(joined) == pytest.approx(area(outer) - area(inner))


def test_two_holes_are_joined_one_after_the_other() -> None:
    outer, holes = circle(0, 0, 30), [circle(-12, 0, 6), circle(12, 0, 6)]
    (joined,) = keyholes([holes[0], outer, holes[1]], PLANE)
    assert area(joined) == pytest.approx(area(outer) - sum(map(area, holes)))


def test_an_island_in_a_hole_stays_a_loop_of_its_own() -> None:
    loops = [circle(0, 0, 30), circle(0, 0, 20), circle(0, 0, 8)]
    joined = keyholes(loops, PLANE)
    assert len(joined) == 2
    areas = sorted(map(area, joined))
    assert areas == pytest.approx([area(loops[2]), area(loops[0]) - area(loops[1])])


def test_loops_side_by_side_are_left_alone() -> None:
    loops = [circle(-40, 0, 10), circle(40, 0, 20)]
    joined = keyholes(loops, PLANE)
    assert all(np.array_equal(a, b) for a, b in zip(joined, loops, strict=True))
