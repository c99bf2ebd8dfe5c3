"""The lungs: gas with tissue in it, left and right, without bowel gas and windpipe."""

from __future__ import annotations

import numpy as np

from hepatica.physics.anatomy import Finding, NotFound, lungs

from .phantoms import AIR, LUNG, Phantom, dice, spine_of, trunk


def _chest() -> tuple[Phantom, np.ndarray, np.ndarray, np.ndarray]:
    """A trunk with the lower part of two lungs; also the body, the left and the right lung."""
    phantom, body = trunk()
    left = phantom.ball((75, 10, 68), (110, 65, 45))
    right = phantom.ball((75, 10, -68), (120, 65, 45))
    phantom.paint(left | right, LUNG)
    return phantom, body, left, right


def _sides(phantom: Phantom, body: np.ndarray) -> tuple[Finding | NotFound, Finding | NotFound]:
    return lungs(phantom.scan(), body, spine_of(phantom))


def test_two_lungs_are_told_apart() -> None:
    phantom, body, left, right = _chest()
    found = _sides(phantom, body)
    assert all(isinstance(f, Finding) for f in found)
    assert dice(found[0].mask, left) > 0.97
    assert dice(found[1].mask, right) > 0.97
    assert "cut by the end of the image" in found[0].quality


def test_lungs_that_touch_in_front_are_parted() -> None:
    phantom, body, left, right = _chest()
    z, _, _ = phantom.points()
    bridge = phantom.paint(phantom.column((-35, 0), (5, 40)) & (z > 20), LUNG)
    found = _sides(phantom, body)
    assert dice(found[0].mask, left | (bridge & (phantom.points()[2] > 0))) > 0.95
    assert dice(found[1].mask, right | (bridge & (phantom.points()[2] < 0))) > 0.95


def test_vessels_are_filled_in() -> None:
    phantom, body, left, _ = _chest()
    phantom.paint(phantom.column((10, 75), (4, 4)) & left, 60.0)
    assert dice(_sides(phantom, body)[0].mask, left) > 0.97


def test_bowel_gas_is_no_lung() -> None:
    phantom, body, left, _ = _chest()
    gas = phantom.paint(phantom.ball((55, -50, 60), (40, 18, 40)) & ~left, AIR)
    found = _sides(phantom, body)
    assert isinstance(found[0], Finding)
    assert (found[0].mask & gas).sum() < 0.06 * gas.sum()


def test_a_dark_part_of_a_lung_stays_lung() -> None:
    phantom, body, left, _ = _chest()
    phantom.paint(phantom.ball((60, 5, 75), (40, 30, 20)) & left, -965.0)
    assert dice(_sides(phantom, body)[0].mask, left) > 0.97


def test_the_windpipe_is_no_lung() -> None:
    phantom, body, left, _ = _chest()
    phantom.paint(phantom.column((0, 0), (14, 24)), 40.0)
    pipe = phantom.paint(phantom.column((0, 0), (9, 9)), AIR)
    z, _, _ = phantom.points()
    phantom.paint((z > 0) & (z < 12) & phantom.column((0, 0), (6, 60)), AIR)
    found = _sides(phantom, body)
    assert all(isinstance(f, Finding) for f in found)
    upper = pipe & (z > 20)
    assert ((found[0].mask | found[1].mask) & upper).sum() == 0
    assert dice(found[0].mask, left) > 0.93


def test_an_abdomen_without_lung_has_none() -> None:
    phantom, body = trunk()
    phantom.paint(phantom.ball((60, -50, 50), (40, 20, 40)), AIR)
    left, right = _sides(phantom, body)
    assert (
        left == right == NotFound("no gas with the density of lung reaches the back of the chest")
    )


def test_one_lung_alone_leaves_the_other_not_found() -> None:
    phantom, body, left, right = _chest()
    phantom.paint(right, 20.0)
    found = _sides(phantom, body)
    assert dice(found[0].mask, left) > 0.97
    assert found[1] == NotFound("no gas with the density of lung lies right of the spine")
