"""What each beam gives to a point adds up to the dose there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hepatica.engine.planning.beam_doses import beam_doses_gy, dose_point
from hepatica.engine.planning.beams import place_of
from hepatica.engine.planning.irradiation import Irradiation
from hepatica.engine.planning.request import BeamAngles
from hepatica.physics.photon.segments import Aperture

from .phantom import GRID, TUMOUR_MM, ellipsoid, leaves, linac, points, seen

ANGLES = (BeamAngles(260.0, 0.0, 20.0), BeamAngles(350.0), BeamAngles(90.0))


@pytest.fixture(scope="module")
def treated() -> Irradiation:
    scene = seen()
    return Irradiation(scene, place_of(scene, linac(), "HFS"), ANGLES)


def opening(mu: float) -> Aperture:
    pairs = leaves().pairs
    return Aperture(
        np.stack([np.full(pairs, -20.0), np.full(pairs, 20.0)]), mu, None, (-20.0, 20.0)
    )


@pytest.mark.parametrize("point", [TUMOUR_MM, (-43.3, -1.7, 9.1)])
def test_the_beams_of_one_fraction_give_the_dose_at_the_point(
    treated: Irradiation, point: tuple[float, float, float]
) -> None:
    openings = ((opening(100.0), opening(30.0)), (), (opening(50.0),))
    found = beam_doses_gy(treated, openings, point, 6)
    whole = treated.final_dose(openings).sample(np.array(point))
    assert found[1] == 0.0
    assert found[0] > found[2] > 0
    assert 6 * sum(found) == pytest.approx(float(whole), rel=1e-5)


def test_the_dose_is_stated_at_the_isocentre_where_that_lies_in_the_target(
    treated: Irradiation,
) -> None:
    target = treated.scene.structures.present["PTV"]
    assert dose_point(treated, target) == treated.place.isocentre_mm


def test_between_two_tumours_the_dose_is_stated_deep_inside_the_larger_one(
    treated: Irradiation,
) -> None:
    large = ellipsoid("PTV", (-60.0, -6.0, 2.0), (18, 18, 18))
    small = ellipsoid("PTV", (10.0, -6.0, 2.0), (9, 9, 9))
    both = large | small
    between = replace(treated, place=replace(treated.place, isocentre_mm=(-20.0, -6.0, 2.0)))
    assert np.asarray(both.mask_on(GRID))[points(GRID)[..., 0] == -19.5].max() == 0
    assert dose_point(between, both) == pytest.approx((-60.0, -6.0, 2.0), abs=4.0)
