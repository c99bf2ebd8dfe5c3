"""Radiological depth: exact, at any angle, for any orientation of the image."""

from __future__ import annotations

import numpy as np
import pytest

from hepatica.case import Grid, Volume
from hepatica.physics.photon import PhotonBeam
from hepatica.physics.photon.beam_path import BeamPath, beam_paths, surface_distance_mm
from hepatica.physics.photon.water_depth import body_of
from tests.physics.photon.dose_phantoms import geometry, grid_of, places, setup_of, square

EVERYTHING = np.array([-1e4, 1e4, -1e4, 1e4])


def _depths(path: BeamPath) -> np.ndarray:
    runs, count = path.runs(path.voxels, EVERYTHING)
    assert count == len(path.voxels)
    seen = path.beam.geometry.project(places(path.grid).reshape(-1, 3)[path.voxels])
    return path.water.of(path.voxels, runs, seen[:, 2].astype(np.float32))


def _path(
    density: Volume, beam: PhotonBeam, grid: Grid | None = None, **options: object
) -> BeamPath:
    grid = grid or density.grid
    voxels = np.arange(np.prod(grid.shape))
    return next(beam_paths(setup_of(density, beam, **options), grid, voxels))


def test_slabs_are_crossed_obliquely() -> None:
    # Density changes with depth only: 2 within 20 to 40 mm of the surface at y = -60 mm, else 1.
    grid = grid_of((20, 24, 28), 5.0)
    y = places(grid)[..., 1]
    density = Volume(np.where((y > -40) & (y < -20), 2.0, 1.0).astype(np.float32), grid, "1")
    beam = geometry(25.0, isocentre_mm=(5.0, 3.0, -8.0))
    found = _depths(_path(density, PhotonBeam(beam, square()))).reshape(grid.shape)
    points = places(grid)
    way = points - beam.source_mm
    inside = points[..., 1] + 60.0
    water = inside + np.clip(inside - 20.0, 0.0, 20.0)
    expected = water * np.linalg.norm(way, axis=-1) / way[..., 1]
    entry = beam.source_mm + way * ((-60 - beam.source_mm[1]) / way[..., 1])[..., None]
    from_the_front = (np.abs(entry[..., 0]) < 70) & (np.abs(entry[..., 2]) < 50)
    assert from_the_front.sum() > 1000
    assert found[from_the_front] == pytest.approx(expected[from_the_front], rel=1e-5, abs=1e-4)


def test_depth_adds_the_voxels_on_the_way_for_random_densities() -> None:
    rng = np.random.default_rng(3)
    grid = grid_of((9, 11, 10), 4.0)
    density = Volume(rng.random(grid.shape).astype(np.float32), grid, "1")
    beam = geometry(37.0, couch=21.0, isocentre_mm=(3.0, 1.0, -2.0))
    found = _depths(_path(density, PhotonBeam(beam, square())))
    for voxel in (0, 123, 555, 989):
        point = places(grid).reshape(-1, 3)[voxel]
        way = point - beam.source_mm
        steps = np.linspace(0.9, 1.0, 200001)
        middle = (steps[1:] + steps[:-1]) / 2
        index = np.rint(grid.index_of(beam.source_mm + middle[:, None] * way)).astype(int)
        inside = ((index >= 0) & (index < np.array(grid.shape[::-1]))).all(axis=1)
        i, j, k = index[inside].T
        length = np.linalg.norm(way) * (steps[1] - steps[0])
        expected = density.values[k, j, i].astype(float).sum() * length
        assert found[voxel] == pytest.approx(expected, abs=0.01)


def test_an_oblique_image_of_the_same_patient_gives_the_same_depths() -> None:
    # A ball of water, seen on a straight grid and on one that is turned about two axes.
    angle = np.radians(30)
    turn = np.array(
        [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1.0]]
    ) @ np.array([[1, 0, 0], [0, np.cos(0.4), -np.sin(0.4)], [0, np.sin(0.4), np.cos(0.4)]])
    shape, spacing = (60, 60, 60), 2.0
    corner = turn @ np.full(3, -59.0)
    oblique = Grid(shape, (spacing,) * 3, tuple(corner), tuple(map(tuple, turn)))
    target = grid_of((5, 5, 5), 10.0)
    found = []
    for grid in (grid_of(shape, spacing), oblique):
        ball = np.linalg.norm(places(grid), axis=-1) < 50
        density = Volume(ball.astype(np.float32), grid, "1")
        path = _path(density, PhotonBeam(geometry(70.0, couch=15.0), square()), target)
        found.append(_depths(path))
    assert np.abs(found[0] - found[1]).max() < 2.5
    assert np.abs(found[0] - found[1]).mean() < 0.7
    centre = np.ravel_multi_index((2, 2, 2), target.shape)
    assert found[1][centre] == pytest.approx(50.0, abs=1.5)


def test_the_same_image_with_flipped_axes_gives_the_same_depths() -> None:
    rng = np.random.default_rng(5)
    grid = grid_of((8, 9, 10), 5.0)
    values = rng.random(grid.shape).astype(np.float32)
    last = grid.point_at((9, 8, 7))
    flipped = Grid(grid.shape, grid.spacing_mm, tuple(last), tuple(map(tuple, -np.eye(3))))
    beam = PhotonBeam(geometry(110.0, couch=-20.0), square())
    straight = _depths(_path(Volume(values, grid, "1"), beam))
    turned = Volume(np.ascontiguousarray(values[::-1, ::-1, ::-1]), flipped, "1")
    assert _depths(_path(turned, beam, grid)) == pytest.approx(straight, rel=1e-5)


def test_a_fan_of_rays_is_exact_in_water() -> None:
    grid = grid_of((12, 20, 24), 5.0)
    density = Volume(np.ones(grid.shape, np.float32), grid, "1")
    beam = PhotonBeam(geometry(0.0), square())
    exact = _depths(_path(density, beam))
    fan = _depths(_path(density, beam, depth_pitch_mm=2.5))
    # Rays that enter through a side face meet the corner between two faces.
    assert np.abs(fan - exact).max() < 2.5
    assert np.percentile(np.abs(fan - exact), 90) < 0.01


def test_a_fan_of_rays_comes_close_in_a_patient_with_lungs_and_closer_when_finer() -> None:
    grid = grid_of((30, 40, 50), 4.0)
    x, y, z = np.moveaxis(places(grid), -1, 0)
    body = (x / 90) ** 2 + (y / 70) ** 2 < 1
    lung = (x - 40) ** 2 / 30**2 + y**2 / 40**2 + z**2 / 50**2 < 1
    density = Volume(np.where(lung, 0.26, 1.0).astype(np.float32) * body, grid, "1")
    beam = PhotonBeam(geometry(40.0, couch=10.0), square())
    exact = _depths(_path(density, beam)).reshape(grid.shape)[body]
    coarse = _depths(_path(density, beam, depth_pitch_mm=4.0)).reshape(grid.shape)[body]
    fine = _depths(_path(density, beam, depth_pitch_mm=1.0)).reshape(grid.shape)[body]
    assert np.sqrt(np.mean((coarse - exact) ** 2)) < 2.0
    assert np.sqrt(np.mean((fine - exact) ** 2)) < 0.4
    assert np.abs(np.mean(fine - exact)) < 0.05


def test_the_skin_is_found_on_the_central_ray() -> None:
    grid = grid_of((20, 20, 20), 5.0)
    body = body_of(Volume(np.ones(grid.shape, np.float32), grid, "1"))
    assert surface_distance_mm(body, PhotonBeam(geometry(0), square()), 0.05) == pytest.approx(950)


def test_the_skin_is_found_beside_a_central_ray_that_misses() -> None:
    grid = grid_of((20, 20, 20), 5.0)
    density = Volume(np.ones(grid.shape, np.float32), grid, "1")
    beam = PhotonBeam(geometry(0, isocentre_mm=(55.0, 0.0, 0.0)), square())
    found = surface_distance_mm(body_of(density), beam, 0.05)
    assert 950 <= found < 1000


def test_thin_air_is_not_skin() -> None:
    grid = grid_of((20, 20, 20), 5.0)
    y = places(grid)[..., 1]
    density = Volume(np.where(y < -30, 0.02, 1.0).astype(np.float32), grid, "1")
    beam = PhotonBeam(geometry(0), square())
    assert surface_distance_mm(body_of(density), beam, 0.05) == pytest.approx(970.0)
