"""Laws that the dose of a pencil beam obeys, and its formula written out bixel by bixel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hepatica.case import Grid, Volume
from hepatica.errors import Inconsistent, InvalidInput, UsageError
from hepatica.machine import Calibration
from hepatica.physics.photon import (
    ENGINE_NAMES,
    BixelGrid,
    PencilBeamOptions,
    PhotonBeam,
    bixels_of,
    dose_engine,
    dose_on,
    stored,
)
from hepatica.physics.photon.dose_setup import DoseSetup
from tests.physics.photon.dose_phantoms import (
    formula,
    geometry,
    grid_of,
    places,
    setup_of,
    square,
    toy,
)


def _water(grid: Grid) -> Volume:
    return Volume(np.ones(grid.shape, np.float32), grid, "1")


def _operator(setup: DoseSetup, grid: Grid, voxels: np.ndarray | None = None) -> Any:
    chosen = np.arange(np.prod(grid.shape)) if voxels is None else voxels
    return dose_engine("pencil-beam").prepare(setup, grid, chosen)


def _patchy(grid: Grid) -> Volume:
    """A round patient with a lung."""
    x, y, _ = np.moveaxis(places(grid), -1, 0)
    body = x**2 + y**2 < 60**2
    lung = (x - 25) ** 2 + y**2 < 20**2
    return Volume((body * np.where(lung, 0.25, 1.0)).astype(np.float32), grid, "1")


def _two_beams(**options: Any) -> tuple[DoseSetup, Grid]:
    grid = grid_of((20, 26, 28), 5.0)
    uneven = BixelGrid(-12.0, -7.0, 5.0, 2.5, np.random.default_rng(2).random((6, 5)) < 0.7)
    beams = (
        PhotonBeam(geometry(30.0, couch=10.0, collimator_deg=15.0), uneven),
        PhotonBeam(geometry(200.0), square(4, 5.0)),
    )
    return setup_of(_patchy(grid), *beams, **options), grid


@pytest.mark.parametrize(
    "options",
    [{}, {"cutoff_mm": 20.0}, {"shift_mm": (-0.25, 0.25)}, {"depth_pitch_mm": 2.5}],
    ids=["plain", "cutoff", "shift", "fan"],
)
def test_the_adjoint_is_the_transpose(options: dict[str, Any]) -> None:
    setup, grid = _two_beams(**options)
    operator = _operator(setup, grid)
    rng = np.random.default_rng(1)
    for draw in (rng.random, rng.standard_normal):
        weights, values = draw(operator.bixels), draw(operator.points)
        dose, sums = operator.forward(weights), operator.adjoint(values)
        scale = np.linalg.norm(dose) * np.linalg.norm(values)
        assert abs(dose @ values - sums @ weights) < 1e-6 * min(scale, 10 * abs(dose @ values))


def test_dose_is_linear_in_the_weights() -> None:
    setup, grid = _two_beams()
    operator = _operator(setup, grid)
    rng = np.random.default_rng(1)
    a, b = rng.random(operator.bixels), rng.random(operator.bixels)
    together = operator.forward(2.0 * a + 3.0 * b)
    apart = 2.0 * operator.forward(a) + 3.0 * operator.forward(b)
    assert np.abs(together - apart).max() < 2e-6 * together.max()
    assert not operator.forward(np.zeros(operator.bixels)).any()


def test_beams_add_up_and_know_their_weights() -> None:
    setup, grid = _two_beams()
    operator = _operator(setup, grid)
    assert [s.stop - s.start for s in operator.beam_slices] == [b.bixels.count for b in setup.beams]
    weights = np.random.default_rng(1).random(operator.bixels)
    alone = [
        _operator(setup_of(setup.density, beam), grid).forward(weights[chosen])
        for beam, chosen in zip(setup.beams, operator.beam_slices, strict=True)
    ]
    assert operator.forward(weights) == pytest.approx(sum(alone), abs=1e-6)


@pytest.mark.parametrize(
    ("options", "allowed"),
    [({}, 4e-3), ({"sharp_pitch_mm": 0.625, "tail_pitch_mm": 0.625}, 5e-4)],
    ids=["default", "fine"],
)
@pytest.mark.parametrize("pitch", [(5.0, 5.0), (2.5, 5.0), (1.25, 5.0), (4.0, 3.0), (40.0, 25.0)])
def test_dose_is_the_formula_summed_over_bixels(
    pitch: tuple[float, float], options: dict[str, float], allowed: float
) -> None:
    machine = toy()
    grid = grid_of((16, 30, 20), 5.0)
    open_bixels = np.random.default_rng(4).random((3, 4)) < 0.8
    bixels = BixelGrid(-9.0, 4.0, *pitch, open_bixels)
    beam = PhotonBeam(geometry(0.0), bixels)
    setup = setup_of(_water(grid), beam, machine=machine, use_primary_fluence=False, **options)
    weights = np.random.default_rng(6).random(bixels.count)
    dose = _operator(setup, grid).forward(weights).reshape(grid.shape)
    seen = beam.geometry.project(places(grid))
    for k, j, i in [(8, 3, 9), (8, 20, 11), (10, 28, 12), (3, 15, 2), (12, 10, 16), (9, 12, 9)]:
        y = places(grid)[k, j, i, 1]
        oblique = seen[k, j, i, 2] / (1000.0 + y)
        depth = (y + 75.0) * oblique
        expected = formula(machine, seen[k, j, i], depth, 925.0, bixels, weights)
        assert dose[k, j, i] == pytest.approx(expected, abs=allowed * dose.max())


def test_the_distance_to_the_skin_is_interpolated_or_taken_from_the_nearest_table() -> None:
    machine, grid = toy(), grid_of((8, 60, 8), 5.0)
    beam = PhotonBeam(geometry(0.0), square())
    found = []
    for nearest in (False, True):
        setup = setup_of(_water(grid), beam, nearest_ssd=nearest, use_primary_fluence=False)
        found.append(_operator(setup, grid).forward(np.ones(36)).reshape(grid.shape)[4, 30, 4])
    seen = beam.geometry.project(places(grid)[4, 30, 4])
    for ssd, dose in zip((850.0, 1000.0), found, strict=True):
        expected = formula(machine, seen, 152.5, ssd, beam.bixels, np.ones(36))
        assert dose == pytest.approx(expected, rel=2e-3)


def test_behind_a_slab_dose_falls_with_the_square_of_the_distance() -> None:
    grid = grid_of((5, 60, 5), 5.0)
    y = places(grid)[..., 1]
    density = Volume(np.where(y < -120, 1.0, 1e-9).astype(np.float32), grid, "1")
    setup = setup_of(density, PhotonBeam(geometry(0.0), square(20)))
    dose = _operator(setup, grid).forward(np.ones(400)).reshape(grid.shape)[2, :, 2]
    behind = y[2, :, 2] > -115
    from_source = 1000.0 + y[2, :, 2][behind]
    constant = dose[behind] * from_source**2
    assert constant == pytest.approx(constant[0], rel=1e-5)


def test_fields_are_centred() -> None:
    grid = grid_of((41, 20, 41), 2.5)
    setup = setup_of(_water(grid), PhotonBeam(geometry(0.0), square(6)))
    dose = _operator(setup, grid).forward(np.ones(36)).reshape(grid.shape)
    assert dose == pytest.approx(dose[:, :, ::-1], abs=2e-6 * dose.max())
    assert dose == pytest.approx(dose[::-1], abs=2e-6 * dose.max())


def test_a_shift_moves_the_field() -> None:
    grid = grid_of((41, 20, 41), 2.5)
    beam = PhotonBeam(geometry(0.0), square(6))
    dose = _operator(setup_of(_water(grid), beam, shift_mm=(-0.25, 0.0)), grid).forward(np.ones(36))
    plane = dose.reshape(grid.shape)[:, 10]
    x = places(grid)[20, 10, :, 0]
    scale = (1000.0 + places(grid)[20, 10, 20, 1]) / 1000.0
    assert plane[20] @ x / plane[20].sum() == pytest.approx(-0.25 * scale, abs=0.01)


def test_a_cutoff_drops_what_lies_beyond() -> None:
    grid = grid_of((3, 20, 41), 2.5)
    one = BixelGrid(0.0, 0.0, 5.0, 5.0, [[True]])
    beam = PhotonBeam(geometry(0.0), one)
    whole = _operator(setup_of(_water(grid), beam), grid).forward(np.ones(1))
    cut = _operator(setup_of(_water(grid), beam, cutoff_mm=20.0), grid).forward(np.ones(1))
    u = np.abs(beam.geometry.project(places(grid).reshape(-1, 3))[:, 0])
    assert np.all(whole[u < 45] > 0)
    assert not cut[u > 26].any()
    assert cut[u < 17] == pytest.approx(whole[u < 17], abs=1e-4 * whole.max())


@pytest.mark.parametrize("gantry", [0.0, 37.0, 90.0, 222.0])
def test_a_round_patient_gets_the_same_dose_from_every_side(gantry: float) -> None:
    grid = grid_of((9, 64, 64), 2.5)
    x, y, _ = np.moveaxis(places(grid), -1, 0)
    density = Volume((x**2 + y**2 < 70**2).astype(np.float32), grid, "1")
    setup = setup_of(density, PhotonBeam(geometry(gantry), square(8)))
    dose = dose_on(setup, np.ones(64), grid)
    axis = np.arange(-55.0, 56.0, 5.0)
    way = geometry(gantry).axes[:, 2]
    side = geometry(gantry).axes[:, 0]
    along = dose.sample(np.array([0.0, 0.0, 0.0]) + axis[:, None] * way)
    across = dose.sample(axis[:, None] * side)
    straight = dose_on(setup_of(density, PhotonBeam(geometry(0.0), square(8))), np.ones(64), grid)
    expected = straight.sample(np.stack([0 * axis, -axis, 0 * axis], axis=1))
    assert along == pytest.approx(expected, rel=0.012)
    beside = straight.sample(np.stack([axis, 0 * axis, 0 * axis], axis=1))
    assert across == pytest.approx(beside, abs=0.02 * along.max())


def test_a_beam_from_the_left_enters_at_the_left() -> None:
    grid = grid_of((8, 30, 30), 5.0)
    setup = setup_of(_water(grid), PhotonBeam(geometry(90.0), square(4)))
    row = dose_on(setup, np.ones(16), grid).values[4, 15]
    assert np.argmax(row) > 25
    assert np.all(np.diff(row[2:24]) > 0)


def test_a_tilted_image_of_the_same_water_gives_the_same_dose() -> None:
    angle = 0.3
    turn = np.array(
        [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1.0]]
    )
    shape, spacing = (40, 60, 60), 2.5
    corner = turn @ np.array([-73.75, -73.75, -48.75])
    oblique = Grid(shape, (spacing,) * 3, tuple(corner), tuple(map(tuple, turn)))
    target = grid_of((5, 12, 9), 7.5)
    found = []
    for grid in (grid_of(shape, spacing), oblique):
        x, y, _ = np.moveaxis(places(grid), -1, 0)
        density = Volume((x**2 + y**2 < 65**2).astype(np.float32), grid, "1")
        setup = setup_of(density, PhotonBeam(geometry(120.0, couch=5.0), square(6)))
        found.append(_operator(setup, target).forward(np.ones(36)))
    assert np.abs(found[0] - found[1]).max() < 0.015 * found[0].max()
    assert np.mean(found[0] - found[1]) == pytest.approx(0.0, abs=1e-3 * found[0].max())


def test_asking_for_some_voxels_gives_their_part_of_the_whole() -> None:
    setup, grid = _two_beams()
    weights = np.random.default_rng(1).random(setup.bixels)
    everywhere = _operator(setup, grid).forward(weights)
    some = np.random.default_rng(8).permutation(np.prod(grid.shape))[:500]
    assert _operator(setup, grid, some).forward(weights) == pytest.approx(
        everywhere[some], abs=2e-3 * everywhere.max()
    )


def test_a_beam_that_misses_the_patient_gives_nothing() -> None:
    grid = grid_of((8, 20, 20), 5.0)
    far = PhotonBeam(geometry(0.0, isocentre_mm=(600.0, 0.0, 0.0)), square(4))
    operator = _operator(setup_of(_water(grid), far), grid)
    assert not operator.forward(np.ones(16)).any()
    assert not operator.adjoint(np.ones(operator.points)).any()


def test_the_isocentre_may_lie_outside_the_image() -> None:
    grid = grid_of((8, 20, 20), 5.0)
    beam = PhotonBeam(geometry(0.0, isocentre_mm=(0.0, 90.0, 0.0)), square(4))
    dose = dose_on(setup_of(_water(grid), beam), np.ones(16), grid)
    assert dose.values[4, 3, 10] > 0.5


def test_primary_fluence_scales_each_bixel() -> None:
    grid = grid_of((5, 20, 41), 5.0)
    beam = PhotonBeam(geometry(0.0), BixelGrid(50.0, 0.0, 5.0, 5.0, [[True]]))
    flat = _operator(setup_of(_water(grid), beam, use_primary_fluence=False), grid)
    shaped = _operator(setup_of(_water(grid), beam), grid)
    ratio = shaped.forward(np.ones(1)).max() / flat.forward(np.ones(1)).max()
    assert ratio == pytest.approx(1.05, abs=2e-3)


def test_a_calibrated_machine_gives_its_dose_per_mu() -> None:
    machine = toy(calibration=Calibration(0.8, 100.0, 900.0, 100.0))
    grid = Grid((41, 121, 41), (5.0, 2.5, 5.0), (-100.0, 1.25, -100.0))
    beam = PhotonBeam(geometry(0.0, isocentre_mm=(0.0, 100.0, 0.0)), square(20))
    setup = setup_of(_water(grid), beam, machine=machine)
    voxels = np.ravel_multi_index(([20, 20], [39, 40], [20, 20]), grid.shape)
    dose = _operator(setup, grid, voxels).forward(np.full(400, 100.0)).mean()
    assert dose == pytest.approx(0.8, rel=1e-3)


def test_outside_the_body_the_dose_on_a_grid_is_zero() -> None:
    setup, grid = _two_beams()
    wider = Grid((22, 30, 32), grid.spacing_mm, tuple(grid.point_at((-2, -2, -1))))
    dose = dose_on(setup, np.ones(setup.bixels), wider)
    assert dose.unit == "Gy"
    inside = setup.density.on(wider).values > 0
    assert not dose.values[~inside].any()
    assert np.mean(dose.values[inside] > 0) > 0.9


def test_a_stored_matrix_is_the_operator() -> None:
    setup, grid = _two_beams()
    operator = _operator(setup, grid, np.arange(2000, 2400))
    matrix = stored(operator)
    assert matrix.shape == (400, setup.bixels)
    weights = np.random.default_rng(1).random(setup.bixels)
    assert matrix @ weights == pytest.approx(operator.forward(weights), rel=1e-5, abs=1e-7)


def test_many_blocks_of_voxels_give_what_one_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    from hepatica.physics.photon import pairs, pencil_beam

    setup, grid = _two_beams()
    weights = np.random.default_rng(1).random(setup.bixels)
    whole = _operator(setup, grid)
    values = np.random.default_rng(2).random(whole.points)
    dose, sums = whole.forward(weights), whole.adjoint(values)
    for module in (pairs, pencil_beam):
        monkeypatch.setattr(module, "BLOCK", 1000)
    parts = _operator(setup, grid)
    assert parts.forward(weights) == pytest.approx(dose, abs=1e-9)
    assert parts.adjoint(values) == pytest.approx(sums, rel=1e-5)


def test_target_bixels_cover_the_target() -> None:
    grid = grid_of((30, 40, 40), 2.5)
    ball = np.linalg.norm(places(grid), axis=-1) < 15
    beam = geometry(60.0, couch=20.0)
    beam_of_target = PhotonBeam(beam, bixels_of(places(grid)[ball], beam, 5.0, 5.0, margin_mm=5.0))
    dose = dose_on(
        setup_of(_water(grid), beam_of_target), np.ones(beam_of_target.bixels.count), grid
    )
    assert dose.values[ball].min() > 0.8 * dose.values[ball].max()


def test_a_source_within_or_behind_the_patient_is_refused() -> None:
    grid = grid_of((8, 20, 20), 5.0)
    for y in (990.0, 1200.0):
        beam = PhotonBeam(geometry(0.0, isocentre_mm=(0.0, y, 0.0)), square(4))
        with pytest.raises(InvalidInput, match="the source lies within or behind the patient"):
            _operator(setup_of(_water(grid), beam), grid)


def test_voxels_behind_the_source_are_refused() -> None:
    grid = grid_of((8, 20, 20), 5.0)
    tall = Grid((1, 300, 1), (5.0, 5.0, 5.0), (0.0, -1200.0, 0.0))
    setup = setup_of(_water(grid), PhotonBeam(geometry(0.0), square(4)))
    with pytest.raises(InvalidInput, match="voxels beside or behind the source"):
        _operator(setup, tall)


@pytest.mark.parametrize("voxels", [[], [-1, 2], [3200], [[1, 2]]])
def test_voxel_numbers_off_the_grid_are_refused(voxels: list[Any]) -> None:
    grid = grid_of((8, 20, 20), 5.0)
    setup = setup_of(_water(grid), PhotonBeam(geometry(0.0), square(4)))
    with pytest.raises(InvalidInput, match="voxel numbers for a grid of 3200 voxels"):
        _operator(setup, grid, np.array(voxels, dtype=np.int64))


def test_weights_and_values_of_the_wrong_number_are_refused() -> None:
    setup, grid = _two_beams()
    operator = _operator(setup, grid, np.arange(10))
    with pytest.raises(Inconsistent, match=r"weights of shape \(3,\) for \d+ bixels"):
        operator.forward(np.ones(3))
    with pytest.raises(Inconsistent, match=r"values of shape \(9,\) for 10 voxels"):
        operator.adjoint(np.ones(9))


def test_setups_that_cannot_be_are_refused() -> None:
    grid = grid_of((2, 2, 2), 5.0)
    beam = PhotonBeam(geometry(0.0), square(2))
    with pytest.raises(InvalidInput, match="there is no beam; at least one is needed"):
        setup_of(_water(grid))
    hounsfield = Volume(np.full(grid.shape, -1000.0, np.float32), grid, "1")
    with pytest.raises(InvalidInput, match="density is from -1000 to -1000; relative to water"):
        setup_of(hounsfield, beam)
    other = PhotonBeam(geometry(0.0, sad_mm=800.0), square(2))
    with pytest.raises(Inconsistent, match="distance is 800 mm, that of machine toy 1000 mm"):
        setup_of(_water(grid), other)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"sharp_pitch_mm": 0.0}, "sharp_pitch_mm is 0.0; it must be above 0"),
        ({"cutoff_mm": -1.0}, "cutoff_mm is -1.0; give a distance above 0, or None to keep all"),
        ({"depth_pitch_mm": 0.0}, "depth_pitch_mm is 0.0; give a distance above 0, or None to tra"),
        ({"shift_mm": (np.nan, 0.0)}, "two numbers u, v are needed"),
    ],
)
def test_options_out_of_range_are_refused(option: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        PencilBeamOptions(**option)


def test_an_unknown_engine_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="Dose engine 'monte-carlo' is not known; there are: penc"):
        dose_engine("monte-carlo")
    assert [dose_engine(name).name for name in ENGINE_NAMES] == list(ENGINE_NAMES)
