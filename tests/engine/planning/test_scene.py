"""The patient as the optimiser sees it: thinned voxels, true volumes, air outside the body."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hepatica.case import Grid, Structure, Volume
from hepatica.engine.derive import ProtocolStructures
from hepatica.engine.planning.scene import (
    BODY,
    FAR,
    NEAR_MM,
    SHELLS_MM,
    Scene,
    SceneRequest,
    density_on,
    scene_of,
    share_on,
)
from hepatica.errors import Inconsistent, InvalidInput
from hepatica.machine import HounsfieldTable
from hepatica.physics.optimise import Region

from .phantom import GRID, TABLE, TUMOUR_MM, ellipsoid, organs, patient, points, seen

TILTED = (
    (0.9396926208, 0.0, 0.3420201433),
    (0.0, 1.0, 0.0),
    (-0.3420201433, 0.0, 0.9396926208),
)
"""Twenty degrees about y: slices that are not axial."""


@pytest.fixture(scope="module")
def scene() -> Scene:
    return seen()


@pytest.fixture(scope="module")
def oblique() -> Scene:
    middle = (np.array(GRID.shape[::-1]) - 1) / 2 * np.array(GRID.spacing_mm)
    origin = -np.array(TILTED) @ middle
    grid = Grid(GRID.shape, GRID.spacing_mm, tuple(origin), TILTED)
    return seen(organs(grid), grid)


def shells(scene: Scene) -> list[Region]:
    return [r for name, r in scene.regions.items() if name == FAR or name.startswith("Shell")]


def body_cc(scene: Scene) -> float:
    return scene.structures.present[BODY].volume_cc


def on_grid(scene: Scene, region: Region) -> np.ndarray:
    """(voxels of the grid,) array: what the region's points stand for, cc."""
    found = np.zeros(int(np.prod(scene.grid.shape)))
    found[scene.voxels[region.rows]] = region.cc
    return found


@pytest.mark.parametrize("name", ["External", "Liver", "PTV", "SpinalCord", "Bowel"])
def test_a_region_has_the_volume_of_its_structure_although_voxels_are_thinned(
    scene: Scene, name: str
) -> None:
    expected = scene.structures.present[name].volume_cc
    assert scene.regions[name].cc.sum() == pytest.approx(expected, rel=1e-5)


def test_far_fewer_voxels_are_kept_than_the_body_has(scene: Scene) -> None:
    assert len(scene.voxels) < 0.1 * np.count_nonzero(scene.shares[BODY])


def test_every_voxel_near_the_target_is_kept_and_stands_for_itself(scene: Scene) -> None:
    body = (scene.shares[BODY] > 0) & (scene.distance_mm <= NEAR_MM)
    kept = np.isin(np.flatnonzero(body), scene.voxels)
    assert kept.all()
    assert (scene.stands_for[scene.distance_mm[scene.voxels] <= NEAR_MM] == 1).all()


def test_a_small_organ_keeps_all_its_voxels_and_a_large_one_does_not(scene: Scene) -> None:
    cord, bowel = (np.count_nonzero(scene.shares[n]) for n in ("SpinalCord", "Bowel"))
    assert len(scene.regions["SpinalCord"].rows) == cord
    assert len(scene.regions["Bowel"].rows) < bowel / 6


def test_every_part_of_the_body_weighs_as_much_as_it_holds(scene: Scene) -> None:
    # The liver keeps one voxel in 8 and the rest one in 64: counted alike, it would weigh double.
    body = on_grid(scene, scene.regions[BODY])
    liver = float(body @ scene.shares["Liver"])
    assert liver == pytest.approx(scene.structures.present["Liver"].volume_cc, rel=0.03)


def test_shells_lie_outside_the_targets(scene: Scene) -> None:
    for shell in shells(scene):
        assert not scene.shares["PTV"][scene.voxels[shell.rows]].any()


def test_shells_lie_in_the_body_at_their_distance(scene: Scene) -> None:
    for low, high in SHELLS_MM:
        rows = scene.regions[f"Shell_{low:g}-{high:g}mm"].rows
        away = scene.distance_mm[scene.voxels[rows]]
        assert low < away.min() <= away.max() <= high
    for shell in shells(scene):
        assert (scene.shares[BODY][scene.voxels[shell.rows]] > 0.5).all()


def test_shells_are_disjoint(scene: Scene) -> None:
    rows = np.concatenate([shell.rows for shell in shells(scene)])
    assert len(rows) == len(np.unique(rows))


def test_shells_and_targets_together_fill_the_body(scene: Scene) -> None:
    together = scene.regions["PTV"].cc.sum() + sum(shell.cc.sum() for shell in shells(scene))
    assert together == pytest.approx(body_cc(scene), rel=0.02)


def test_the_innermost_shell_is_not_thinned(scene: Scene) -> None:
    low, high = SHELLS_MM[0]
    away = scene.distance_mm
    inside = (scene.shares[BODY] > 0.5) & (away > low) & (away <= high)
    shell = scene.regions[f"Shell_{low:g}-{high:g}mm"]
    assert shell.cc.sum() == pytest.approx(inside.sum() * scene.grid.voxel_cc)


def test_density_is_that_of_water_in_the_body_and_0_outside(scene: Scene) -> None:
    density, body = scene.density.values.ravel(), scene.shares[BODY]
    assert (density[body == 0] == 0).all()
    np.testing.assert_allclose(density, body, atol=1e-5)


def test_a_couch_outside_the_body_weighs_nothing() -> None:
    body = organs()[BODY]
    hu = np.zeros(GRID.shape, np.int16)
    density = density_on(seen().grid, Volume(hu, GRID, "HU"), body, TABLE)
    assert float(density.values.sum()) * density.grid.voxel_cc == pytest.approx(
        body.volume_cc, rel=1e-5
    )


def test_the_mass_of_the_body_is_kept_on_the_dose_grid(scene: Scene) -> None:
    hu = np.random.default_rng(3).integers(-900, 1000, GRID.shape).astype(np.int16)
    body = organs()[BODY]
    density = density_on(scene.grid, Volume(hu, GRID, "HU"), body, TABLE)
    mass = float((TABLE.density(hu) * body.mask_on(GRID)).sum(dtype=float)) * GRID.voxel_cc
    assert float(density.values.sum(dtype=float)) * density.grid.voxel_cc == pytest.approx(mass)


def test_density_takes_the_table_that_it_is_given(scene: Scene) -> None:
    heavy = HounsfieldTable(np.array([-1000.0, 0.0]), np.array([0.0, 1.2]))
    case = patient(organs())
    density = density_on(scene.grid, case.image, organs()[BODY], heavy)
    assert density.values.max() == pytest.approx(1.2)


def test_the_grid_holds_all_of_the_body(scene: Scene) -> None:
    assert scene.shares[BODY].sum() * scene.grid.voxel_cc == pytest.approx(body_cc(scene))


def test_a_structure_that_the_case_lacks_is_left_out(scene: Scene) -> None:
    assert "Stomach" not in scene.regions


@pytest.mark.parametrize("name", ["External", "Liver", "PTV", "SpinalCord", "Bowel"])
def test_volumes_are_true_on_an_oblique_image(oblique: Scene, name: str) -> None:
    expected = oblique.structures.present[name].volume_cc
    assert oblique.regions[name].cc.sum() == pytest.approx(expected, rel=1e-5)


def test_the_dose_grid_of_an_oblique_image_lies_along_it(oblique: Scene) -> None:
    assert oblique.grid.direction == pytest.approx(np.array(TILTED))
    np.testing.assert_allclose(oblique.density.values.ravel(), oblique.shares[BODY], atol=1e-5)


def test_places_on_an_oblique_image_are_those_in_the_patient(oblique: Scene) -> None:
    where = points(oblique.grid).reshape(-1, 3)
    share = oblique.shares["PTV"]
    np.testing.assert_allclose(share @ where / share.sum(), TUMOUR_MM, atol=0.5)


def test_sides_at_which_the_image_ends_with_the_body_are_known(scene: Scene) -> None:
    # Along x, y, z: the body's cylinder leaves the image at head and feet only.
    assert scene.cut_off.tolist() == [[False, False, True], [False, False, True]]


def test_a_body_that_ends_within_the_image_is_not_cut_off() -> None:
    parts = organs() | {BODY: ellipsoid(BODY, (0, 0, 0), (106, 96, 66))}
    assert not seen(parts).cut_off.any()


def test_two_targets_count_as_one_when_distance_is_measured() -> None:
    other = ellipsoid("PTV2", (40, 0, 20), (12, 12, 12))
    scene = seen(organs() | {"PTV2": other}, targets=("PTV", "PTV2"))
    for name in ("PTV", "PTV2"):
        assert (scene.distance_mm[scene.shares[name] > 0] == 0).all()
    for shell in shells(scene):
        assert not scene.shares["PTV2"][scene.voxels[shell.rows]].any()


@pytest.mark.parametrize(
    ("left_out", "message"),
    [
        ("External", "A plan needs External: the case has no External"),
        ("PTV", "A plan needs PTV: the case has no PTV"),
    ],
)
def test_without_body_or_target_there_is_no_scene(left_out: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        seen({name: s for name, s in organs().items() if name != left_out})


def test_the_reason_why_a_target_is_missing_is_said() -> None:
    known = ProtocolStructures(organs(), {"PTV_B": "PTV_B is empty (grown)."}, {}, (), ())
    with pytest.raises(InvalidInput, match=r"A plan needs PTV_B: PTV_B is empty \(grown\)"):
        scene_of(patient(organs()), known, TABLE, SceneRequest(("PTV_B",), ()))


def test_a_target_outside_the_body_is_refused_by_name() -> None:
    beside = ellipsoid("PTV2", (-114, -112, 0), (5, 5, 5))
    with pytest.raises(InvalidInput, match="PTV2 lies outside the body: check the contours"):
        seen(organs() | {"PTV2": beside}, targets=("PTV", "PTV2"))


def test_a_body_from_another_image_is_refused() -> None:
    other = Grid(GRID.shape, GRID.spacing_mm, (-117.0, -118.5, -70.0))
    parts = organs()
    moved = parts[BODY].coverage
    body = Structure(
        BODY, Volume(moved.values, replace(moved.grid, origin_mm=other.origin_mm), "1")
    )
    known = ProtocolStructures(parts | {BODY: body}, {}, {}, (), ())
    with pytest.raises(Inconsistent, match="External: the voxels do not coincide"):
        scene_of(patient(parts), known, TABLE, SceneRequest(("PTV",), ()))


@pytest.mark.parametrize("spacing_mm", [0.9, 5.1, float("nan")])
def test_a_voxel_is_1_to_5_mm(spacing_mm: float) -> None:
    with pytest.raises(InvalidInput, match=r"spacing is .* mm; 1 to 5 mm is allowed"):
        SceneRequest(("PTV",), (), spacing_mm)


def test_a_share_is_the_part_of_each_voxel_that_is_filled(scene: Scene) -> None:
    share = share_on(organs()["PTV"], scene.grid)
    assert share.shape == (int(np.prod(scene.grid.shape)),)
    assert share.sum() * scene.grid.voxel_cc == pytest.approx(organs()["PTV"].volume_cc)
    assert 0 <= share.min() <= share.max() <= 1


def test_the_distance_from_a_structure_is_0_inside_and_grows_outside(scene: Scene) -> None:
    away = scene.distance_from("SpinalCord")
    assert away.shape == scene.voxels.shape
    inside = scene.shares["SpinalCord"][scene.voxels] > 0
    assert (away[inside] == 0).all()
    where = points(scene.grid).reshape(-1, 3)[scene.voxels[~inside]]
    expected = np.hypot(where[:, 0], where[:, 1] - 66) - 7
    np.testing.assert_allclose(away[~inside], expected, atol=scene.grid.spacing_mm[0])


def test_the_distance_from_the_target_is_that_of_the_shells(scene: Scene) -> None:
    np.testing.assert_array_equal(scene.distance_from("PTV"), scene.distance_mm[scene.voxels])
