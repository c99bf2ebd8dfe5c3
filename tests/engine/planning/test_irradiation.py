"""The final dose sees all that the jaws leave open, and agrees with the dose of the search."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hepatica.engine.planning.beams import place_of
from hepatica.engine.planning.irradiation import (
    FINAL_PITCH_MM,
    SEARCH_PITCH_MM,
    Irradiation,
)
from hepatica.engine.planning.request import BeamAngles
from hepatica.engine.planning.scene import Scene
from hepatica.errors import InvalidInput
from hepatica.machine import Mlc
from hepatica.physics.photon.segments import Aperture, bixel_weights, leaf_lattice

from .phantom import leaves, linac, seen

ANGLES = (BeamAngles(260.0, 0.0, 20.0), BeamAngles(350.0))


@pytest.fixture(scope="module")
def scene() -> Scene:
    return seen()


def irradiation(scene: Scene, mlc: Mlc | None = None) -> Irradiation:
    return Irradiation(scene, place_of(scene, linac(mlc), "HFS"), ANGLES)


@pytest.fixture(scope="module")
def treated(scene: Scene) -> Irradiation:
    return irradiation(scene)


def opening(
    mlc: Mlc, x_mm: tuple[float, float], y_mm: tuple[float, float], jaws: bool = True
) -> Aperture:
    """A rectangle; the leaves beyond it stand closed in its middle."""
    edges = mlc.leaf_boundaries_mm
    inside = (edges[:-1] >= y_mm[0] - 1e-9) & (edges[1:] <= y_mm[1] + 1e-9)
    middle = sum(x_mm) / 2
    leaf = np.stack([np.where(inside, tip, middle) for tip in x_mm])
    return Aperture(leaf, 100.0, x_mm if jaws else None, y_mm if jaws else None)


def inner(treated: Irradiation, beam: int) -> Aperture:
    """A rectangle on the borders of search bixels, all of which are open."""
    grid = treated.beams[beam].bixels
    column, row = (n // 2 for n in grid.open.shape[::-1])
    assert grid.open[row - 2 : row + 2, column - 3 : column + 4].all()
    x = grid.u_mm[column - 3] - grid.pitch_u_mm / 2, grid.u_mm[column + 3] + grid.pitch_u_mm / 2
    y = grid.v_mm[row - 2] - grid.pitch_v_mm / 2, grid.v_mm[row + 1] + grid.pitch_v_mm / 2
    return opening(treated.mlc, (float(x[0]), float(x[1])), (float(y[0]), float(y[1])))


def edges(first_mm: float, pitch_mm: float, count: int) -> np.ndarray:
    return first_mm + pitch_mm * (np.arange(count + 1) - 0.5)


def test_a_machine_without_leaves_makes_no_segments(scene: Scene) -> None:
    machine = replace(linac(), mlc=None)
    bare = Irradiation(scene, place_of(scene, machine, "HFS"), ANGLES)
    with pytest.raises(InvalidInput, match="Machine plain has no MLC; segments need one"):
        _ = bare.mlc


def test_search_bixels_are_half_the_leaves_wide_along_their_travel(treated: Irradiation) -> None:
    for beam in treated.beams:
        assert beam.bixels.pitch_u_mm == SEARCH_PITCH_MM
        assert beam.bixels.pitch_v_mm == 5.0
    assert treated.operator.bixels == sum(beam.bixels.count for beam in treated.beams)
    assert treated.operator.points == len(treated.scene.voxels)


@pytest.mark.parametrize("boundaries", [np.arange(-100.0, 101, 5), np.arange(-97.5, 98, 5)])
def test_final_bixels_end_where_leaves_and_search_bixels_end(
    scene: Scene, boundaries: np.ndarray
) -> None:
    made = irradiation(scene, leaves(leaf_boundaries_mm=boundaries))
    for beam in made.beams:
        fine = leaf_lattice(beam.bixels, made.mlc, FINAL_PITCH_MM)
        along = edges(fine.v0_mm, fine.pitch_v_mm, fine.open.shape[0])
        assert np.abs(along[:, None] - boundaries).min(axis=1).max() < 1e-9
        coarse = edges(beam.bixels.u0_mm, SEARCH_PITCH_MM, beam.bixels.open.shape[1])
        steps = (coarse - fine.u0_mm) / FINAL_PITCH_MM + 0.5
        np.testing.assert_allclose(steps, np.rint(steps), atol=1e-9)


def test_the_final_dose_agrees_with_that_of_the_search(treated: Irradiation) -> None:
    openings = [[inner(treated, beam)] for beam in range(2)]
    weights = np.concatenate(
        [
            bixel_weights(made, beam.bixels, treated.mlc)
            for made, beam in zip(openings, treated.beams, strict=True)
        ]
    )
    inside = np.flatnonzero(treated.scene.density.values.ravel()[treated.scene.voxels] > 0)
    searched = treated.operator.forward(weights)[inside]
    final = treated.final_dose(openings).values.ravel()[treated.scene.voxels[inside]]
    assert searched.max() > 50
    np.testing.assert_allclose(final, searched, atol=3e-3 * searched.max())


def test_the_final_dose_is_in_gy_on_the_dose_grid_and_0_outside_the_body(
    treated: Irradiation,
) -> None:
    dose = treated.final_dose([[inner(treated, 0)], [inner(treated, 1)]])
    assert (dose.unit, dose.grid) == ("Gy", treated.scene.grid)
    density = treated.scene.density.values
    assert (dose.values[density == 0] == 0).all()
    assert (dose.values[density > 0.5] > 0).any()


def test_the_final_dose_grows_with_the_monitor_units(treated: Irradiation) -> None:
    once = inner(treated, 0)
    twice = replace(once, meterset_mu=2 * once.meterset_mu)
    np.testing.assert_allclose(
        treated.final_dose([[twice], []]).values,
        2 * treated.final_dose([[once], []]).values,
        rtol=1e-5,
        atol=1e-5,
    )


def test_a_beam_without_openings_gives_nothing(treated: Irradiation) -> None:
    first, second = inner(treated, 0), inner(treated, 1)
    both = treated.final_dose([[first], [second]]).values
    apart = treated.final_dose([[first], []]).values + treated.final_dose([[], [second]]).values
    np.testing.assert_allclose(both, apart, rtol=1e-4, atol=1e-3 * both.max())


def test_what_leaks_through_closed_leaves_inside_the_jaws_is_counted(scene: Scene) -> None:
    tight, leaky = irradiation(scene), irradiation(scene, leaves(transmission=0.02))
    closed = replace(inner(tight, 0), leaf_mm=np.zeros((2, tight.mlc.pairs)))
    assert tight.final_dose([[closed], []]).values.max() == pytest.approx(0, abs=1e-9)
    opened = tight.final_dose([[inner(tight, 0)], []]).values
    leaked = leaky.final_dose([[closed], []]).values
    np.testing.assert_allclose(leaked, 0.02 * opened, atol=1e-4 * opened.max())
