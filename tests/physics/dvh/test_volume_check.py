"""Three volumes of one structure side by side."""

from __future__ import annotations

import pytest

from hepatica.errors import InvalidInput
from hepatica.physics.dvh import check_volumes
from tests.physics.dvh.test_curve import dvh_of


def test_volumes_that_agree_need_no_sentence() -> None:
    check = check_volumes("Liver", dvh_of([60.0, 40.0]), voxel_cc=100.5, contour_cc=101.0)
    assert check.agrees
    assert check.sentence is None
    assert check.spread == pytest.approx(0.01)


def test_a_structure_without_outlines_is_compared_all_the_same() -> None:
    assert check_volumes("Liver", dvh_of([100.0]), voxel_cc=100.0).agrees


def test_volumes_more_than_two_per_cent_apart_are_said_aloud() -> None:
    check = check_volumes("GTV1", dvh_of([1.87]), voxel_cc=6.4, contour_cc=6.42)
    assert not check.agrees
    assert check.sentence is not None
    assert "GTV1: its volumes are 243.3 % apart (contour 6.42 cc, voxel 6.4 cc" in check.sentence
    assert "2 % is allowed" in check.sentence


def test_what_the_dose_grid_misses_is_said_aloud() -> None:
    check = check_volumes("Liver", dvh_of([97.0], uncovered_cc=3.0), 100.0, 100.0)
    assert check.uncovered_fraction == pytest.approx(0.03)
    assert not check.agrees
    assert check.sentence == (
        "Structure Liver: 3 % of it (3 cc) lies outside the dose grid; its dose is unknown."
    )


def test_a_volume_is_above_0() -> None:
    with pytest.raises(InvalidInput, match=r"Structure Liver: the voxel volume is 0\.0 cc"):
        check_volumes("Liver", dvh_of([1.0]), voxel_cc=0.0)
