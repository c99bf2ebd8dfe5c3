"""A sample of a region speaks for all of it."""

from __future__ import annotations

import numpy as np
import pytest

from hepatica.errors import Inconsistent, InvalidInput
from hepatica.physics.optimise import Region, SquaredDeviation, SquaredOverdose, sample_of

SHAPE = (40, 44, 48)
INDEX = np.indices(SHAPE)
VOXELS = np.arange(int(np.prod(SHAPE)))


def _ball(centre: tuple[float, float, float], radius: float) -> np.ndarray:
    away = sum((i - c) ** 2 for i, c in zip(INDEX, centre, strict=True))
    return np.asarray(away <= radius**2).ravel()


BALL = _ball((20, 22, 24), 15.0)
INNER = _ball((20, 22, 30), 5.0)


def _region(mask: np.ndarray, name: str = "ball") -> Region:
    return Region(name, np.flatnonzero(mask), 0.016)


def test_deep_inside_one_voxel_per_bixel_is_kept_and_every_second_at_the_edge() -> None:
    ball, around = _region(BALL), _region(~BALL, "around")
    sample = sample_of([ball, around], VOXELS, SHAPE, (2, 2, 2))
    depth = 15.0 - np.sqrt(sum((i - c) ** 2 for i, c in zip(INDEX, (20, 22, 24), strict=True)))
    deep, edge = (depth > 6).ravel(), ((depth > 0) & (depth < 1.5)).ravel()
    assert sample.keep[deep].mean() == pytest.approx(1 / 8, rel=0.05)
    assert sample.keep[edge].mean() == pytest.approx(1 / 2, rel=0.05)


def test_the_sample_stands_for_the_volume_of_the_region() -> None:
    ball = _region(BALL)
    part = sample_of([ball], VOXELS, SHAPE, (2, 2, 2)).part_of(ball)
    assert part.cc.sum() == pytest.approx(ball.total_cc)
    assert part.total_cc == ball.total_cc
    assert part.rows.size < 0.4 * ball.rows.size


@pytest.mark.parametrize("measure", [SquaredDeviation(50.0), SquaredOverdose(45.0)])
def test_a_smooth_dose_is_judged_alike(measure) -> None:
    ball = _region(BALL)
    part = sample_of([ball], VOXELS, SHAPE, (2, 2, 2)).part_of(ball)
    z, y, x = INDEX
    dose = (48.0 + 3.0 * np.sin(x / 4.0) * np.cos(y / 5.0) - 0.2 * (z - 20)).ravel()
    whole = measure.evaluate(dose[ball.rows], ball.voxels).value
    assert measure.evaluate(dose[part.rows], part.voxels).value == pytest.approx(whole, rel=0.01)


def test_a_small_region_keeps_all_its_voxels() -> None:
    small = _region(INNER, "inner")
    sample = sample_of([_region(BALL), small], VOXELS, SHAPE, (2, 2, 2))
    assert sample.among(small).all()
    assert sample.part_of(small).cc == pytest.approx(small.cc)


def test_voxels_as_wide_as_a_bixel_are_all_kept() -> None:
    sample = sample_of([_region(BALL)], VOXELS, SHAPE, (1.0, 1.9, 0.5))
    assert sample.keep.all()


def test_a_stratum_without_a_kept_voxel_leaves_its_volume_to_the_others() -> None:
    ball = _region(BALL)
    sample = sample_of([ball], VOXELS, SHAPE, (2, 2, 2))
    sample.keep[sample.stratum == 2] = False
    assert sample.part_of(ball).cc.sum() == pytest.approx(ball.total_cc)


def test_a_bixel_of_no_width_is_refused() -> None:
    with pytest.raises(InvalidInput, match="three numbers above 0"):
        sample_of([_region(BALL)], VOXELS, SHAPE, (2, 0, 2))


def test_voxels_off_the_grid_are_refused() -> None:
    with pytest.raises(Inconsistent, match="must lie on the grid"):
        sample_of([_region(BALL)], VOXELS + 1, SHAPE, (2, 2, 2))
