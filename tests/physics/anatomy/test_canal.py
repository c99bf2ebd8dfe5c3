"""The spinal canal: found where it is, bridged where it is open, refused where it is none."""

from __future__ import annotations

import numpy as np
import pytest

from hepatica.physics.anatomy import Canal, NotFound, Scan, canal_window, spinal_canal

Z, SIZE, PITCH = 50, 112, 1.25
MIDDLE = np.array([(SIZE - 1) / 2 + 16, (SIZE - 1) / 2])


def _plane(wall: float = 10.0, at: np.ndarray = MIDDLE) -> np.ndarray:
    """A vertebra with a canal of that radius in muscle."""
    y, x = np.indices((SIZE, SIZE))
    hu = np.full((SIZE, SIZE), 55.0)
    away = np.hypot(y - at[0], x - at[1]) * PITCH
    body = np.hypot((y - at[0]) * PITCH + wall + 16, (x - at[1]) * PITCH) < 19
    hu[body] = 180.0
    hu[away < wall + 5] = 450.0
    hu[away < wall] = 30.0
    return hu


def _scan(planes: list[np.ndarray]) -> Scan:
    noise = np.random.default_rng(1).normal(0, 15, (len(planes), SIZE, SIZE))
    return Scan((np.stack(planes) + noise).astype(np.float32), (2.5, PITCH, PITCH))


def _width(canal: Canal) -> np.ndarray:
    """Diameter of the circle of the same area in each slice, mm."""
    share = np.clip(0.5 + canal.level_mm / PITCH, 0, 1).sum(axis=(1, 2))
    return 2 * PITCH * np.sqrt(share / np.pi)


@pytest.mark.parametrize("radius_mm", [7.0, 9.0, 11.0])
def test_the_canal_has_the_width_of_the_hole(radius_mm: float) -> None:
    canal = spinal_canal(_scan([_plane(radius_mm)] * Z))
    assert isinstance(canal, Canal)
    assert _width(canal) == pytest.approx(2 * radius_mm, abs=0.6)
    assert np.abs(canal.centre - MIDDLE).max() * PITCH < 0.8


def test_a_curved_spine_is_followed() -> None:
    course = [MIDDLE + np.array([6 * np.sin(k / 9), 0.35 * (k - Z / 2)]) for k in range(Z)]
    canal = spinal_canal(_scan([_plane(9.0, at) for at in course]))
    assert isinstance(canal, Canal)
    assert np.abs(canal.centre - np.array(course)).max() * PITCH < 1.5


def test_an_open_ring_is_bridged_from_its_neighbours() -> None:
    planes = [_plane(9.0) for _ in range(Z)]
    y, x = np.indices((SIZE, SIZE))
    lateral = (np.abs(x - MIDDLE[1]) * PITCH > 5) & (y > MIDDLE[0] - 9)
    for start in (8, 22, 36):
        for plane in planes[start : start + 4]:
            plane[lateral | (y > MIDDLE[0] + 4)] = 55.0
    canal = spinal_canal(_scan(planes))
    assert isinstance(canal, Canal)
    assert _width(canal) == pytest.approx(18.0, abs=1.5)
    assert "the rest is interpolated" in canal.quality


def test_muscle_alone_has_no_canal() -> None:
    answer = spinal_canal(_scan([np.full((SIZE, SIZE), 55.0)] * Z))
    assert isinstance(answer, NotFound)
    assert "no bony ring behind a vertebral body can be followed over 30 mm" in answer.reason


def test_the_marrow_of_a_long_bone_is_no_canal() -> None:
    y, x = np.indices((SIZE, SIZE))
    away = np.hypot(y - MIDDLE[0], x - MIDDLE[1]) * PITCH
    shaft = np.where(away < 14, np.where(away < 8, -60.0, 900.0), 55.0)
    answer = spinal_canal(_scan([shaft] * Z))
    assert isinstance(answer, NotFound)
    assert "behind a vertebral body" in answer.reason


def test_a_hole_too_narrow_is_refused_with_its_width() -> None:
    answer = spinal_canal(_scan([_plane(5.3)] * Z))
    assert isinstance(answer, NotFound)
    assert "measures 10 mm (median)" in answer.reason
    assert "between 12 and 25 mm" in answer.reason


def test_the_end_of_the_canal_is_said() -> None:
    sacrum = np.full((SIZE, SIZE), 55.0)
    canal = spinal_canal(_scan([sacrum] * 16 + [_plane(9.0)] * (Z - 16)))
    assert isinstance(canal, Canal)
    assert "not followed on the lowest" in canal.quality
    assert "highest" not in canal.quality
    assert np.isnan(canal.centre[:8]).all()


def test_the_window_lies_in_front_of_the_back() -> None:
    body = np.zeros((5, 100, 140), bool)
    body[:, 10:90, 10:130] = True
    rows, columns = canal_window(body, (2.5, 2.5, 2.5))
    assert rows.stop * 2.5 <= 90 * 2.5 - 10
    assert columns.start < 69 < columns.stop
