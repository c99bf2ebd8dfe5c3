"""Angles of IEC 61217, as someone beside the machine would check them."""

from __future__ import annotations

import numpy as np
import pytest

from hepatica.errors import InvalidInput
from hepatica.physics.photon import PATIENT_POSITIONS, BeamGeometry
from tests.physics.photon.dose_phantoms import geometry

LEFT, BACK, HEAD = np.eye(3)


def _from(beam: BeamGeometry) -> np.ndarray:
    return (beam.source_mm - np.array(beam.isocentre_mm)) / beam.sad_mm


@pytest.mark.parametrize(("gantry", "side"), [(0, -BACK), (90, LEFT), (180, BACK), (270, -LEFT)])
def test_the_gantry_turns_from_above_over_the_left_of_a_supine_patient(
    gantry: float, side: np.ndarray
) -> None:
    assert _from(geometry(gantry)) == pytest.approx(side, abs=1e-12)


@pytest.mark.parametrize(
    ("position", "above", "gantry_90", "gantry_side"),
    [
        ("HFS", -BACK, LEFT, HEAD),
        ("HFP", BACK, -LEFT, HEAD),
        ("FFS", -BACK, -LEFT, -HEAD),
        ("FFP", BACK, LEFT, -HEAD),
        ("HFDR", LEFT, BACK, HEAD),
        ("HFDL", -LEFT, -BACK, HEAD),
        ("FFDR", LEFT, -BACK, -HEAD),
        ("FFDL", -LEFT, BACK, -HEAD),
    ],
)
def test_each_patient_position_turns_the_room_around_the_patient(
    position: str, above: np.ndarray, gantry_90: np.ndarray, gantry_side: np.ndarray
) -> None:
    vertical = geometry(0, patient_position=position)
    assert _from(vertical) == pytest.approx(above, abs=1e-12)
    assert _from(geometry(90, patient_position=position)) == pytest.approx(gantry_90, abs=1e-12)
    assert vertical.axes[:, 1] == pytest.approx(gantry_side, abs=1e-12)
    assert np.linalg.det(vertical.axes) == pytest.approx(1.0)


def test_a_beam_from_above_looks_along_patient_axes() -> None:
    assert pytest.approx(np.array([LEFT, HEAD, -BACK]), abs=1e-12) == geometry(0).axes.T


def test_couch_90_takes_the_head_to_the_left_of_someone_who_faces_the_gantry() -> None:
    # The couch turns counter-clockwise from above, so a lateral beam from the right of the room
    # now comes from the feet.
    assert _from(geometry(90, couch=90)) == pytest.approx(-HEAD, abs=1e-12)
    assert _from(geometry(0, couch=90)) == pytest.approx(-BACK, abs=1e-12)
    assert _from(geometry(90, couch=30)) == pytest.approx(
        np.cos(np.pi / 6) * LEFT - np.sin(np.pi / 6) * HEAD
    )


def test_the_collimator_turns_counter_clockwise_seen_from_the_source() -> None:
    turned = geometry(0, collimator_deg=90)
    assert turned.axes[:, 0] == pytest.approx(HEAD, abs=1e-12)
    assert turned.axes[:, 1] == pytest.approx(-LEFT, abs=1e-12)
    # Seen from above with the head up, the patient's left is on the right: from right to up is
    # counter-clockwise.


def test_turning_couch_and_collimator_together_under_a_vertical_beam_cancels() -> None:
    both = geometry(0, couch=25, collimator_deg=25)
    assert both.axes == pytest.approx(geometry(0).axes, abs=1e-12)


def test_supine_feet_first_is_the_couch_turned_by_180_degrees() -> None:
    for gantry in (0, 40, 90):
        feet_first = geometry(gantry, couch=10, patient_position="FFS")
        assert feet_first.axes == pytest.approx(geometry(gantry, couch=190).axes, abs=1e-12)


def test_prone_is_the_gantry_turned_by_180_degrees() -> None:
    assert _from(geometry(30, patient_position="HFP")) == pytest.approx(_from(geometry(210)))


def test_points_are_projected_along_rays_from_the_source() -> None:
    beam = geometry(0, isocentre_mm=(10.0, -20.0, 5.0))
    seen = beam.project([(10.0, -20.0, 5.0), (30.0, 480.0, 20.0)])
    assert seen[0] == pytest.approx([0.0, 0.0, 1000.0])
    assert seen[1] == pytest.approx([20 / 1.5, 15 / 1.5, np.sqrt(1500**2 + 20**2 + 15**2)])


def test_a_point_behind_the_source_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"gantry 0, couch 0: 1 points lie beside or behind"):
        geometry(0).project([(0.0, -1200.0, 0.0), (0.0, 0.0, 0.0)])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gantry_deg": np.nan}, "gantry_deg is nan; an angle in degrees is needed"),
        ({"isocentre_mm": (0.0, np.inf, 0.0)}, "three numbers x, y, z are needed"),
        ({"sad_mm": 0.0}, "source-axis distance is 0.0 mm; it must be above 0"),
        ({"patient_position": "SITTING"}, "patient position is 'SITTING'; allowed are HFS, HFP"),
    ],
)
def test_impossible_beams_are_refused(change: dict[str, object], message: str) -> None:
    numbers = {
        "gantry_deg": 0.0,
        "couch_deg": 0.0,
        "collimator_deg": 0.0,
        "isocentre_mm": (0.0, 0.0, 0.0),
        "sad_mm": 1000.0,
        "patient_position": "HFS",
    }
    with pytest.raises(InvalidInput, match=message):
        BeamGeometry(**(numbers | change))  # type: ignore[arg-type]


def test_every_position_is_known_by_name() -> None:
    assert set(PATIENT_POSITIONS) == {
        "HFS", "HFP", "FFS", "FFP", "HFDR", "HFDL", "FFDR", "FFDL"
    }  # fmt: skip
