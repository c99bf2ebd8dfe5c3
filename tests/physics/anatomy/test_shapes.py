"""Distances, surfaces and scans that the image rules are built on."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from hepatica.errors import InvalidInput
from hepatica.physics.anatomy import Scan
from hepatica.physics.anatomy.level import edge_level, smooth_level
from hepatica.physics.anatomy.shapes import depth_mm, distance_mm

from .phantoms import PITCH, Phantom


@pytest.mark.parametrize("seed", range(4))
def test_a_distance_is_exact_up_to_its_reach_and_larger_beyond(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mask = rng.random((9, 14, 17)) > 0.985
    pitch = (2.5, 1.25, 3.0)
    mine = distance_mm(mask, 9.0, pitch)
    exact = distance_transform_edt(~mask, sampling=pitch)
    near = exact <= 9.0
    assert mine[near] == pytest.approx(exact[near], abs=1e-4)
    assert (mine[~near] > 9.0).all()


def test_the_ends_of_the_image_do_not_make_a_body_thin() -> None:
    mask = np.ones((4, 9, 9), bool)
    mask[:, :, 0] = False
    assert depth_mm(mask, 8.0, (1.0, 1.0, 1.0))[0, 0, 5] == pytest.approx(5.0)


@pytest.mark.parametrize("shift", [0.0, 0.4, 0.9])
def test_a_smooth_surface_keeps_the_volume_of_a_ball(shift: float) -> None:
    phantom = Phantom((40, 40, 40))
    ball = phantom.ball((shift, shift, shift), (30, 30, 30))
    level = smooth_level(ball, PITCH)
    share = np.clip(0.5 + level / 2.5, 0, 1).sum() * 2.5**3
    assert share == pytest.approx(4 / 3 * np.pi * 30**3, rel=0.03)


def test_a_surface_lies_where_the_image_crosses_the_threshold() -> None:
    # A wall that fills 30 % of the voxels of one column.
    hu = np.full((3, 3, 8), -1000.0, np.float32)
    hu[:, :, 4:] = 0.0
    hu[:, :, 3] = -700.0
    level = edge_level(Scan(hu, PITCH), hu > -500, -500.0, 1000.0)
    assert level[1, 1, 3] == pytest.approx(-0.5)
    assert level[1, 1, 4] == pytest.approx(1.25)
    assert level[1, 1, 7] == pytest.approx(2.5)


def test_a_scan_must_be_a_volume_with_a_pitch() -> None:
    with pytest.raises(InvalidInput, match=r"A scan is \(z, y, x\); .* \(3, 3\)"):
        Scan(np.zeros((3, 3), np.float32), PITCH)
    with pytest.raises(InvalidInput, match=r"pitch of a scan is \(2.5, 0.0, 1.0\) mm"):
        Scan(np.zeros((3, 3, 3), np.float32), (2.5, 0.0, 1.0))
