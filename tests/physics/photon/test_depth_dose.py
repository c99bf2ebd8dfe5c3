"""The depth part of a pencil beam: nothing at the surface, then build-up, then attenuation."""

from __future__ import annotations

import doctest

import numpy as np
import pytest

from hepatica.machine import DepthComponents
from hepatica.physics.photon import depth_dose
from hepatica.physics.photon.depth_dose import depth_factors


def test_the_example_of_the_documentation_runs() -> None:
    found = doctest.testmod(depth_dose)
    assert found.attempted > 0
    assert found.failed == 0


def test_a_factor_by_hand() -> None:
    # 0.3 / (0.3 - 0.005) (exp(-0.5) - exp(-30)) at 100 mm
    found = depth_factors(DepthComponents(0.005, np.array([0.3])), 100.0)
    assert found[0] == pytest.approx(0.3 / 0.295 * (np.exp(-0.5) - np.exp(-30.0)), rel=1e-13)


def test_there_is_no_dose_at_and_before_the_surface() -> None:
    found = depth_factors(DepthComponents(0.005, np.array([0.3, 0.01])), np.array([-5.0, 0.0]))
    assert found.tolist() == [[0.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize("distance", [0.0, 1e-15, 1e-12, 1e-9, 1e-6])
def test_a_rate_near_the_attenuation_gives_the_limit(distance: float) -> None:
    m, z = 0.005066, np.array([1.0, 50.0, 300.0])
    found = depth_factors(DepthComponents(m, np.array([m + distance])), z)[:, 0]
    assert found == pytest.approx(m * z * np.exp(-m * z), rel=2e-4)


def test_a_rate_below_the_attenuation_is_as_good_as_one_above() -> None:
    found = depth_factors(DepthComponents(0.02, np.array([0.004])), 100.0)
    assert found[0] == pytest.approx(0.004 / -0.016 * (np.exp(-2.0) - np.exp(-0.4)), rel=1e-12)


def test_the_shape_of_the_depths_is_kept() -> None:
    assert depth_factors(DepthComponents(0.005, np.ones(4)), np.zeros((2, 3))).shape == (2, 3, 4)
