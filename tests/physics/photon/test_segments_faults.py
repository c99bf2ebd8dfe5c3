"""Everything that leaves cannot do is said in a sentence."""

from __future__ import annotations

import numpy as np
import pytest

from hepatica.physics.photon.segments import Aperture, faults
from tests.physics.photon.segments_phantom import leaves

BOUNDARIES = np.array([-15.0, -5.0, 5.0, 15.0])


def found(leaf_mm, mu: float = 10.0, jaws: dict | None = None, **changes) -> tuple[str, ...]:
    mlc = leaves(leaf_boundaries_mm=BOUNDARIES, **changes)
    return faults(Aperture(leaf_mm, mu, **(jaws or {})), mlc)


def test_a_good_aperture_has_no_faults() -> None:
    jaws = {"jaw_x_mm": (-10.0, 10.0), "jaw_y_mm": (-15.0, 15.0)}
    assert found([[-10, -5, 0], [10, 5, 1]], jaws=jaws, interdigitation=False) == ()


@pytest.mark.parametrize(
    ("leaf_mm", "changes", "sentence"),
    [
        (
            [[0, 3, 4], [1, 2, 1]],
            {},
            "Leaf pair 2 (and 1 more): bank X1 at 3 mm stands beyond bank X2 at 2 mm.",
        ),
        (
            [[0, 0, 0], [5, 4, 5]],
            {"minimum_gap_mm": 5.0},
            "Leaf pair 2: the gap is 4 mm; at least 5 mm are needed.",
        ),
        (
            [[0, 0, -101], [5, 4, 5]],
            {},
            "Leaf pair 3: tips at -101 and 5 mm; the leaves reach from -100 to 100 mm.",
        ),
        (
            [[0, 0, 0], [5, 104, 5]],
            {},
            "Leaf pair 2: tips at 0 and 104 mm; the leaves reach from -100 to 100 mm.",
        ),
        (
            [[81, 0, 0], [90, 5, 5]],
            {},
            "Leaf pair 1: tips at 81 and 90 mm; a leaf passes the central ray by at most 80 mm.",
        ),
        (
            [[-90, 0, 0], [-85, 5, 5]],
            {},
            "Leaf pair 1: tips at -90 and -85 mm; a leaf passes the central ray by at most 80 mm.",
        ),
        (
            [[0, 7, 7], [6, 9, 9]],
            {"interdigitation": False},
            "Leaf pair 2: bank X1 at 7 mm comes closer than 0 mm to bank X2 of pair 1 at 6 mm, and "
            "these leaves do not interdigitate.",
        ),
        (
            [[7, 0, 0], [9, 6, 6]],
            {"interdigitation": False},
            "Leaf pair 1: bank X1 at 7 mm comes closer than 0 mm to bank X2 of pair 2 at 6 mm, and "
            "these leaves do not interdigitate.",
        ),
    ],
)
def test_each_fault_of_the_leaves_is_named(leaf_mm, changes, sentence) -> None:
    assert found(leaf_mm, **changes) == (sentence,)


def test_crossing_neighbours_are_fine_where_leaves_interdigitate() -> None:
    assert found([[0, 7, 7], [6, 9, 9]]) == ()


def test_all_faults_come_at_once() -> None:
    sentences = found([[5, -120, 0], [1, 0, 2]], mu=0.0, minimum_gap_mm=5.0)
    assert [s.split(":")[0] for s in sentences] == [
        "Leaf pair 1",
        "Leaf pair 3",
        "Leaf pair 2",
        "Its meterset is 0 MU; leave it out.",
    ]


@pytest.mark.parametrize(("axis", "name"), [("X", "jaw_x_mm"), ("Y", "jaw_y_mm")])
def test_jaws_must_leave_something_open(axis: str, name: str) -> None:
    sentence = f"The {axis} jaws at 5 and 5 mm leave nothing open; the first is the negative side."
    assert found([[0, 0, 0], [9, 9, 9]], jaws={name: (5.0, 5.0)}) == (sentence,)


@pytest.mark.parametrize(
    ("leaf_mm", "jaws"),
    [
        ([[0, 0, 0], [0, 0, 0]], None),
        ([[0, 0, 0], [9, 0, 0]], {"jaw_y_mm": (-5.0, 15.0)}),
        ([[0, 0, 0], [9, 0, 0]], {"jaw_x_mm": (9.0, 15.0)}),
    ],
)
def test_an_aperture_that_exposes_nothing_is_a_fault(leaf_mm, jaws) -> None:
    sentence = "Nothing is open: no leaf pair leaves a gap between the jaws; leave it out."
    assert found(leaf_mm, jaws=jaws) == (sentence,)


def test_an_aperture_without_mu_is_a_fault() -> None:
    assert found([[0, 0, 0], [9, 9, 9]], mu=0.0) == ("Its meterset is 0 MU; leave it out.",)


def test_an_aperture_of_another_mlc_is_a_fault() -> None:
    sentence = "It has 2 leaf pairs, the MLC 3; take both from the same machine."
    assert found([[0, 0], [9, 9]]) == (sentence,)
