"""Openings on the machine's steps: near what was asked, deliverable, and never below in dose."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hepatica.machine import Resolution
from hepatica.physics.photon.segments import Aperture, faults, metered, placed
from tests.physics.photon.segments_phantom import leaves

STEPS = Resolution(0.1, 0.1, 0.1)
PAIRS = 12


def on_steps(values: np.ndarray, step: float) -> bool:
    return bool(np.allclose(values / step, np.round(values / step), atol=1e-6))


def test_tips_go_to_the_nearest_place_and_jaws_outwards() -> None:
    asked = Aperture(
        np.stack([np.full(PAIRS, -10.04), np.full(PAIRS, 12.26)]), 7.0, (-10.04, 12.26), (-60, 60)
    )
    found = placed(asked, leaves(), STEPS)
    assert found.leaf_mm[:, 0].tolist() == [-10.0, 12.3]
    assert found.jaw_x_mm == (-10.1, 12.3)
    assert found.jaw_y_mm == (-60.0, 60.0)
    assert found.meterset_mu == 7.0


def test_a_machine_with_whole_millimetres_gets_whole_millimetres() -> None:
    asked = Aperture(np.stack([np.full(PAIRS, -10.4), np.full(PAIRS, 12.6)]), 7.0)
    found = placed(asked, leaves(), Resolution(1.0, 1.0, 1.0))
    assert found.leaf_mm[:, 0].tolist() == [-10.0, 13.0]


def test_no_tip_is_set_beyond_its_reach() -> None:
    mlc = leaves(minimum_mm=-100.04, maximum_mm=100.04, overtravel_mm=80.06)
    wide = Aperture(np.stack([np.full(PAIRS, -100.04), np.full(PAIRS, 100.04)]), 1.0)
    assert placed(wide, mlc, STEPS).leaf_mm[:, 0].tolist() == [-100.0, 100.0]
    over = Aperture(np.stack([np.full(PAIRS, 80.06), np.full(PAIRS, 90.0)]), 1.0)
    assert placed(over, mlc, STEPS).leaf_mm[:, 0].tolist() == [80.0, 90.0]


def test_a_gap_that_is_no_multiple_of_the_step_is_opened_outwards() -> None:
    mlc = leaves(minimum_gap_mm=5.05)
    asked = Aperture(np.stack([np.zeros(PAIRS), np.full(PAIRS, 5.05)]), 1.0)
    found = placed(asked, mlc, Resolution(0.1, 0.2, 0.1))
    assert found.leaf_mm[:, 0].tolist() == [0.0, 5.2]
    assert faults(found, mlc) == ()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-70, 70), min_size=PAIRS, max_size=PAIRS),
    st.lists(st.floats(0, 60), min_size=PAIRS, max_size=PAIRS),
    st.sampled_from([0.1, 0.25, 0.5, 1.0]),
    st.booleans(),
)
def test_what_can_be_delivered_can_be_delivered_on_steps(
    left: list[float], open_by: list[float], step: float, interdigitation: bool
) -> None:
    mlc = leaves(minimum_gap_mm=5.0, interdigitation=interdigitation)
    start = np.array(left) if interdigitation else np.full(PAIRS, left[0])
    tips = np.stack([start, np.minimum(start + 5.0 + np.array(open_by), 100.0)])
    asked = Aperture(tips, 3.0)
    assert faults(asked, mlc) == ()
    found = placed(asked, mlc, Resolution(0.1, step, step))
    assert on_steps(found.leaf_mm, step)
    assert faults(found, mlc) == ()
    assert np.abs(found.leaf_mm - tips).max() < step + 1e-6


@given(st.lists(st.floats(0, 500), min_size=1, max_size=30), st.sampled_from([0.01, 0.1, 1.0]))
def test_monitor_units_are_on_steps_and_never_below(asked: list[float], step: float) -> None:
    found = metered(np.array(asked), Resolution(step, 1.0, 1.0))
    assert on_steps(found, step)
    assert (found >= np.array(asked) - 2e-6 * step - 1e-6).all()
    assert (found < np.array(asked) + step + 1e-6).all()


def test_what_stands_on_a_step_stays() -> None:
    exact = np.arange(0, 200) * 0.1
    assert metered(exact, STEPS) == pytest.approx(exact, abs=1e-9)
    assert metered(metered(exact + 0.03, STEPS), STEPS).tolist() == (
        metered(exact + 0.03, STEPS).tolist()
    )
