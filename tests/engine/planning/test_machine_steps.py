"""A plan is written in the machine's steps, keeps its coverage, and never exceeds its bounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hepatica.case import Grid, Volume
from hepatica.engine.planning.machine_steps import (
    changed_dose,
    highest_on_steps,
    on_meter,
    on_places,
    resolution_of,
)
from hepatica.errors import Infeasible
from hepatica.machine import Resolution, default_resolution
from hepatica.physics.photon.segments import Aperture

from .phantom import leaves, linac

STEPS = Resolution(0.1, 0.5, 1.0)


def opening(mu: float) -> Aperture:
    pairs = leaves().pairs
    tips = np.stack([np.full(pairs, -20.13), np.full(pairs, 31.4)])
    return Aperture(tips, mu, (-20.13, 31.4), None)


def test_a_machine_without_steps_of_its_own_has_the_customary_ones() -> None:
    assert resolution_of(linac()) == default_resolution() == Resolution(0.1, 0.1, 0.1)
    assert resolution_of(replace(linac(), resolution=STEPS)) is STEPS


def test_all_segments_of_all_beams_stand_on_the_steps() -> None:
    found = on_places([[opening(5.0)], [], [opening(3.0), opening(4.0)]], leaves(), STEPS)
    assert [len(beam) for beam in found] == [1, 0, 2]
    assert found[2][1].leaf_mm[:, 3].tolist() == [-20.0, 31.5]
    assert found[2][1].jaw_x_mm == (-21.0, 32.0)


def test_monitor_units_are_rounded_up_in_one_fraction_and_kept_for_the_course() -> None:
    found = on_meter(((opening(60.0), opening(61.0)), ()), 1.0, 6, STEPS)
    assert [one.meterset_mu / 6 for one in found[0]] == pytest.approx([10.0, 10.2])
    halved = on_meter(((opening(60.0),),), 0.5, 6, STEPS)
    assert halved[0][0].meterset_mu == pytest.approx(30.0)


def test_a_segment_that_scaling_brings_below_the_least_gets_the_least() -> None:
    (beam,) = on_meter(((opening(12.0), opening(60.0), opening(0.0)),), 0.5, 6, STEPS, 2.0)
    assert [one.meterset_mu / 6 for one in beam] == pytest.approx([2.0, 5.0, 0.0])


def test_the_first_prescription_stays_where_its_rounded_dose_allows_it() -> None:
    asked = []

    def make(prescribed_gy: float) -> tuple[str, float]:
        asked.append(prescribed_gy)
        return "plan", 50.4

    assert highest_on_steps(make, 49.8, linac()) == "plan"
    assert asked == [49.8]


def test_less_is_prescribed_where_rounding_up_breaks_what_is_allowed() -> None:
    allowed = {50.4: 49.8, 49.8: 49.8}
    assert highest_on_steps(lambda gy: (gy, allowed[gy]), 50.4, linac()) == 49.8


def test_steps_so_coarse_that_nothing_can_be_prescribed_are_refused() -> None:
    with pytest.raises(
        Infeasible, match=r"Machine plain takes monitor units in steps of 500; rounded"
    ):
        highest_on_steps(
            lambda gy: ("", gy - 10.0),
            30.0,
            replace(linac(), resolution=Resolution(500.0, 1.0, 1.0)),
        )


def test_the_account_tells_the_mean_in_the_target_and_the_largest_change() -> None:
    grid = Grid((1, 1, 3), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0))

    def volume(values: list[float], unit: str = "Gy") -> Volume:
        return Volume(np.array([[values]], np.float32), grid, unit)

    before, after = volume([10, 20, 30]), volume([10, 20.5, 29])
    found = changed_dose(before, after, volume([0, 1, 1], "1"), linac(), 0.25)
    assert found.mean_change_gy == pytest.approx(-0.25)
    assert found.largest_change_gy == pytest.approx(1.0)
    assert found.covering_change_gy == 0.25
    assert not found.stated
