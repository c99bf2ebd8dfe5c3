"""The outline of the patient, with what belongs to it and without what does not."""

from __future__ import annotations

import numpy as np
import pytest

from hepatica.physics.anatomy import Finding, NotFound, body_outline

from .phantoms import AIR, BONE, FAT, LUNG, MUSCLE, Phantom, dice, trunk


def _found(phantom: Phantom) -> Finding:
    answer = body_outline(phantom.scan())
    assert isinstance(answer, Finding)
    return answer


def test_the_body_is_what_the_skin_encloses() -> None:
    phantom, body = trunk()
    assert dice(_found(phantom).mask, body) > 0.99


@pytest.mark.parametrize("air_hu", [-1000.0, -1024.0, -976.0])
def test_lungs_and_bowel_gas_are_inside_wherever_the_scanner_puts_air(air_hu: float) -> None:
    phantom, body = trunk()
    phantom.hu[phantom.hu == AIR] = air_hu
    phantom.paint(phantom.ball((20, -10, 60), (50, 55, 45)), LUNG)
    phantom.paint(phantom.ball((-40, -50, 0), (20, 15, 40)), air_hu)
    assert dice(_found(phantom).mask, body) > 0.99


def test_a_lung_is_inside_though_the_wall_around_it_is_thin() -> None:
    phantom, body = trunk()
    shell = phantom.column((0, 0), (94, 144))
    phantom.paint(shell, LUNG)
    phantom.paint(shell & ~phantom.column((0, 0), (91, 141)), BONE)
    phantom.paint(phantom.column((0, 0), (70, 60)), MUSCLE)
    assert dice(_found(phantom).mask, body) > 0.98


def test_a_couch_of_shells_and_foam_is_left_out() -> None:
    phantom, body = trunk()
    _, y, _ = phantom.points()
    outside = ~body
    phantom.paint(outside & (y > 99), -930.0)
    for top in (100.0, 115.0):
        phantom.paint(outside & (y > top) & (y < top + 5), 0.0)
    assert dice(_found(phantom).mask, body) > 0.985


def test_a_blanket_is_left_out() -> None:
    phantom, body = trunk()
    around = phantom.column((0, 0), (108, 160)) & ~phantom.column((0, 0), (104, 156))
    phantom.paint(around, -250.0)
    assert dice(_found(phantom).mask, body) > 0.985


def test_arms_belong_to_the_body_and_the_air_between_does_not() -> None:
    phantom, body = trunk((60, 100, 240))
    z, _, x = phantom.points()
    arms = np.zeros_like(body)
    for side in (-1, 1):
        # Nearer to the trunk at one end, where it touches.
        middle = side * (195 + 25 * np.cos(z / 24))
        _, y, _ = phantom.points()
        distance = np.hypot(y, x - middle)
        arms |= phantom.paint((distance < 36) & ~body, FAT)
        phantom.paint((distance < 30) & ~body, MUSCLE)
        phantom.paint((distance < 10) & ~body, BONE)
    assert dice(_found(phantom).mask, body | arms) > 0.985


def test_a_patient_wider_than_the_image_is_said_to_be_cut() -> None:
    phantom, _ = trunk()
    phantom.hu = phantom.hu[:, :, 20:]
    assert "cuts the patient on 100% of the slices" in _found(phantom).quality


def test_nothing_but_air_has_no_body() -> None:
    phantom = Phantom((10, 40, 40))
    assert body_outline(phantom.scan()) == NotFound("no voxel is brighter than air")


def test_an_image_without_air_is_refused() -> None:
    phantom, _ = trunk()
    phantom.hu += 1024
    answer = body_outline(phantom.scan())
    assert isinstance(answer, NotFound)
    assert "no air is seen around the patient" in answer.reason


def test_a_small_phantom_is_no_trunk() -> None:
    phantom = Phantom((20, 80, 80))
    phantom.paint(phantom.column((0, 0), (50, 50)), 0.0)
    answer = body_outline(phantom.scan())
    assert isinstance(answer, NotFound)
    assert "cross-section of 79 cm2; a trunk has 150 to 2500 cm2" in answer.reason
