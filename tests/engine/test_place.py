"""An idealised dose lies where it is said to lie."""

from __future__ import annotations

import numpy as np
import pytest

from hepatica.case import Margin
from hepatica.engine.place import Placement, dose_grid, place_dose
from hepatica.errors import InvalidInput
from hepatica.physics.dvh import dose_volume_histogram
from hepatica.physics.falloff import Falloff, published_falloff, relative_dose

from .builders import GRID, abdomen

PLACEMENT = Placement(("GTV1",), 40.0, Margin.uniform(5.0), 2.5)


def test_the_surface_gets_the_prescription_and_half_of_the_rest_is_16_mm_outside() -> None:
    shape = published_falloff()
    at = relative_dose(np.array([0.0, 16.0, 1e6]), 20.0, shape)
    assert at == pytest.approx([1.0, 0.55, 0.10])
    assert relative_dose(np.array([-20.0]), 20.0, shape) == pytest.approx([1.15])


def test_the_prescription_covers_95_per_cent_of_tumour_and_margin() -> None:
    case = abdomen()
    dose = place_dose(case, PLACEMENT)
    target = case.structures["GTV1"].grown(Margin.uniform(5.0), case.image.grid)
    found = dose_volume_histogram(dose.volume, target.coverage)
    assert found.dose_to_hottest_cc(0.95 * found.total_cc) == pytest.approx(40.0, abs=0.01)
    assert float(dose.volume.values.max()) == pytest.approx(46.0, rel=0.05)
    assert "not a planned dose" in dose.origin


def test_two_targets_do_not_add_up_their_doses() -> None:
    one = place_dose(abdomen(), PLACEMENT)
    both = place_dose(abdomen(), Placement(("GTV1", "Kidney_L"), 40.0, Margin.uniform(5.0), 2.5))
    assert float(both.volume.values.max()) <= float(one.volume.values.max()) * 1.001
    assert (both.volume.values >= one.volume.values * 0.9).all()


def test_the_dose_grid_covers_the_whole_image() -> None:
    grid = dose_grid(GRID, 2.5)
    image, dose = GRID.corners_mm(), grid.corners_mm()
    assert (dose.min(axis=0) <= image.min(axis=0) + 1e-6).all()
    assert (dose.max(axis=0) >= image.max(axis=0) - 1e-6).all()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"targets": ()}, "name one with --target"),
        ({"prescription_gy": 0.0}, "Prescription is 0 Gy"),
        ({"prescription_gy": float("nan")}, "Prescription is nan Gy"),
        ({"spacing_mm": 0.1}, "allowed: 0.5 to 10"),
    ],
)
def test_a_placement_that_makes_no_sense_is_refused(words: dict[str, object], message: str) -> None:
    given = {"targets": ("GTV1",), "prescription_gy": 40.0, "margin": Margin.uniform(5), **words}
    with pytest.raises(InvalidInput, match=message):
        Placement(**given)  # type: ignore[arg-type]


def test_an_unknown_target_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(InvalidInput, match=r"no structure GTV9. It has: Bowel_Large"):
        place_dose(abdomen(), Placement(("GTV9",), 40.0, Margin.uniform(5)))


def test_a_fall_off_needs_a_length_and_a_sensible_background() -> None:
    with pytest.raises(InvalidInput, match="half distance"):
        Falloff(0, 1, 0.1, 1.1)
    with pytest.raises(InvalidInput, match="background of 0 to 1"):
        Falloff(16, 1, 1.0, 1.1)
