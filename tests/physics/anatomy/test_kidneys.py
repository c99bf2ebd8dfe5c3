"""The kidneys, with and without contrast, and what must not be taken for one."""

from __future__ import annotations

import numpy as np
import pytest

from hepatica.physics.anatomy import Finding, NotFound, kidneys

from .phantoms import MUSCLE, Phantom, dice, spine_of, trunk

LEFT, RIGHT = (0.0, 25.0, 68.0), (-8.0, 25.0, -68.0)
RADII = (52.0, 26.0, 24.0)


def _abdomen(hu: float, sides: tuple[int, ...] = (1, -1)) -> tuple[Phantom, np.ndarray, list]:
    """A trunk with psoas and kidneys of that brightness."""
    phantom, body = trunk()
    masks = []
    for side, centre in ((1, LEFT), (-1, RIGHT)):
        phantom.paint(phantom.column((32, side * 36), (16, 13)), MUSCLE)
        sinus = phantom.ball((centre[0], centre[1] - 12, centre[2] - side * 20), (14, 12, 12))
        kidney = phantom.ball(centre, RADII) & ~sinus
        if side in sides:
            phantom.paint(kidney, hu)
        masks.append(kidney)
    return phantom, body, masks


@pytest.mark.parametrize("hu", [30.0, 110.0, 190.0])
def test_kidneys_are_found_with_and_without_contrast(hu: float) -> None:
    phantom, body, masks = _abdomen(hu)
    found = kidneys(phantom.scan(15.0), body, spine_of(phantom))
    for answer, mask in zip(found, masks, strict=True):
        assert isinstance(answer, Finding)
        assert dice(answer.mask, mask) > 0.93


def test_a_kidney_that_was_taken_out_is_not_replaced_by_a_neighbour() -> None:
    phantom, body, masks = _abdomen(170.0, sides=(-1,))
    phantom.paint(phantom.ball((45, 20, 108), (45, 50, 22)), 120.0)
    left, right = kidneys(phantom.scan(), body, spine_of(phantom))
    assert isinstance(left, NotFound)
    assert "fat of a kidney lies left of the spine" in left.reason
    assert dice(right.mask, masks[1]) > 0.93


def test_the_liver_is_kept_apart_when_it_is_known() -> None:
    phantom, body, masks = _abdomen(60.0)
    liver = (
        phantom.ball((30, -5, -95), (85, 75, 50)) & ~masks[1] & phantom.column((0, 0), (80, 130))
    )
    phantom.paint(liver, 65.0)
    without = kidneys(phantom.scan(), body, spine_of(phantom))[1]
    assert isinstance(without, NotFound)
    assert "with the liver contoured it may be found" in without.reason
    found = kidneys(phantom.scan(), body, spine_of(phantom), liver)[1]
    assert isinstance(found, Finding)
    assert dice(found.mask, masks[1]) > 0.9


def test_a_kidney_at_the_end_of_the_image_is_said_to_be_cut() -> None:
    phantom, body, masks = _abdomen(170.0)
    phantom.hu, body = phantom.hu[26:], body[26:]
    left, _ = kidneys(phantom.scan(), body, spine_of(phantom)[26:])
    assert isinstance(left, Finding)
    assert dice(left.mask, masks[0][26:]) > 0.93
    assert "cut by the end of the image" in left.quality


def test_slices_without_a_canal_are_not_searched() -> None:
    phantom, body, _ = _abdomen(170.0)
    spine = spine_of(phantom)
    spine[:] = np.nan
    spine[:6] = spine_of(phantom)[:6]
    left, right = kidneys(phantom.scan(), body, spine)
    assert isinstance(left, NotFound)
    assert isinstance(right, NotFound)


def test_two_kidneys_of_very_different_size_are_refused() -> None:
    phantom, body, _ = _abdomen(170.0, sides=())
    phantom.paint(phantom.ball(LEFT, (62, 34, 34)), 170.0)
    phantom.paint(phantom.ball(RIGHT, (42, 23, 22)), 170.0)
    left, right = kidneys(phantom.scan(), body, spine_of(phantom))
    assert left == right
    assert isinstance(left, NotFound)
    assert "differ more than 2.5 times" in left.reason
