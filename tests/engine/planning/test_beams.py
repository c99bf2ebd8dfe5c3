"""Beams are chosen where they spare organs, apart from each other, through what the image shows."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from hepatica.case import Grid, Structure
from hepatica.engine.planning.beams import (
    PENUMBRA_ROOM_MM,
    BeamPlace,
    ChosenBeams,
    _apart,
    _Fields,
    candidates,
    choose_beams,
    place_of,
)
from hepatica.engine.planning.request import BeamAngles, BeamChoice
from hepatica.engine.planning.scene import BODY, Scene
from hepatica.errors import Infeasible, InvalidInput
from hepatica.physics.photon import BeamGeometry

from .phantom import GRID, TUMOUR_MM, ellipsoid, leaves, linac, organs, points, seen

LONG = 1e6
UNSEEN = "enters through a part of the body that the image does not show"


def cylinder(*more: Structure, target_mm: tuple[float, float, float] = (0, 0, 0)) -> Scene:
    """A round body with a target, and nothing else but what is added."""
    body = ellipsoid(BODY, (0, 0, 0), (106, 106, LONG))
    parts = (body, ellipsoid("PTV", target_mm, (18, 18, 18)), *more)
    return seen({part.name: part for part in parts})


def loops() -> tuple[Structure, ...]:
    """Five organs, one above the other, that fill the patient's left."""
    where = points(GRID)
    inside = np.linalg.norm((where - np.array((62, 0, 0))) / np.array((36, 60, 50)), axis=-1) <= 1
    z = np.linspace(-50, 50, 6)
    layers = [(where[..., 2] > z[i]) & (where[..., 2] <= z[i + 1]) for i in range(5)]
    return tuple(
        Structure.from_mask(f"Bowel{i}", inside & layer, GRID) for i, layer in enumerate(layers)
    )


def place(scene: Scene, **mlc: object) -> BeamPlace:
    return place_of(scene, linac(leaves(**mlc)), "HFS")


def chosen(scene: Scene, **choice: object) -> ChosenBeams:
    return choose_beams(scene, place(scene), BeamChoice(**choice))  # type: ignore[arg-type]


def direction(angles: BeamAngles) -> np.ndarray:
    geometry = BeamGeometry(angles.gantry_deg, angles.couch_deg, 0.0, (0, 0, 0), 1.0, "HFS")
    return geometry.source_mm


def degrees(one: BeamAngles, other: BeamAngles) -> float:
    return float(np.degrees(np.arccos(np.clip(direction(one) @ direction(other), -1, 1))))


def _height(angles: BeamAngles) -> float:
    """How far towards the head the source lies."""
    return float(direction(angles)[2])


@pytest.fixture(scope="module")
def scene() -> Scene:
    return seen()


@pytest.fixture(scope="module")
def seven(scene: Scene) -> ChosenBeams:
    return chosen(scene)


@pytest.fixture(scope="module")
def turned(scene: Scene) -> ChosenBeams:
    return chosen(scene, count=5, noncoplanar=1)


def test_the_isocentre_is_the_middle_of_the_target(scene: Scene) -> None:
    assert place(scene).isocentre_mm == pytest.approx(TUMOUR_MM, abs=0.6)
    middle = scene.structures.present["PTV"].centroid_mm
    assert place(scene).isocentre_mm == pytest.approx(middle, abs=0.06)


def test_several_targets_share_the_isocentre_in_their_middle() -> None:
    other = ellipsoid("PTV2", (30, -6, 2), (20, 20, 20))
    both = seen(organs() | {"PTV2": other}, targets=("PTV", "PTV2"))
    assert place(both).isocentre_mm == pytest.approx((-10, -6, 2), abs=0.6)


def test_bixels_cover_the_target_and_room_for_the_penumbra(scene: Scene) -> None:
    there = place(scene)
    for angles in (BeamAngles(0.0), BeamAngles(30.0, 30.0, 40.0)):
        beam = there.beam(angles, 2.5)
        covered = beam.bixels.centres_mm
        for point in beam.geometry.project(there.target_mm)[::50, :2]:
            around = point + PENUMBRA_ROOM_MM * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])
            away = np.abs(covered[:, None, :] - around) / [1.25, 2.5]
            assert (away.max(axis=2).min(axis=0) < 1.2).all()


@pytest.mark.parametrize("edges", [np.arange(-100.0, 101, 5), np.arange(-98.0, 99, 4)])
def test_each_row_of_bixels_lies_under_one_leaf(scene: Scene, edges: np.ndarray) -> None:
    beam = place(scene, leaf_boundaries_mm=edges).beam(BeamAngles(70.0), 2.5)
    for row in beam.bixels.v_mm:
        for side in (-0.5, 0.5):
            border = row + side * beam.bixels.pitch_v_mm
            assert np.abs(edges - border).min() < 1e-9


def test_the_candidates_are_all_around_and_with_a_turned_couch_above_the_patient() -> None:
    flat, all_of_them = candidates(False), candidates(True)
    assert [a.gantry_deg for a in flat] == list(range(0, 360, 10))
    assert all(a.coplanar for a in flat)
    assert all_of_them[: len(flat)] == flat
    more = all_of_them[len(flat) :]
    assert len(more) == len(set(more)) > 0
    for angles in more:
        assert not angles.coplanar
        assert np.cos(np.radians(angles.gantry_deg)) > 0.7


def test_as_many_beams_as_asked_are_chosen(seven: ChosenBeams, turned: ChosenBeams) -> None:
    assert len(set(seven.angles)) == 7
    assert len(set(turned.angles)) == 5


def test_no_more_beams_than_asked_have_a_turned_couch(
    seven: ChosenBeams, turned: ChosenBeams
) -> None:
    assert all(angles.coplanar for angles in seven.angles)
    assert sum(not angles.coplanar for angles in turned.angles) <= 1


def test_beams_are_apart_and_not_opposed(seven: ChosenBeams, turned: ChosenBeams) -> None:
    for found in (seven, turned):
        for one, other in combinations(found.angles, 2):
            assert 15 - 1e-3 <= degrees(one, other) <= 170 + 1e-3


def test_the_choice_is_the_same_every_time(scene: Scene, seven: ChosenBeams) -> None:
    assert chosen(scene) == seven


def test_beams_are_in_the_order_in_which_they_are_given(turned: ChosenBeams) -> None:
    order = [(angles.couch_deg, angles.gantry_deg) for angles in turned.angles]
    assert order == sorted(order)


def test_the_report_says_how_beams_were_chosen(seven: ChosenBeams) -> None:
    assert seven.how.startswith("chosen from 36 directions")
    assert "collisions were not computed" in seven.how


def test_no_beam_enters_through_organs_on_one_side() -> None:
    # From the target they span gantry angles 40 to 140.
    without, there = (chosen(cylinder(*more), count=3) for more in ((), loops()))
    assert any(40 <= angles.gantry_deg <= 140 for angles in without.angles)
    assert not any(40 <= angles.gantry_deg <= 140 for angles in there.angles)


def test_given_beams_are_taken_as_they_are(scene: Scene) -> None:
    given = (BeamAngles(7.0, 0.0, 15.0), BeamAngles(187.0), BeamAngles(9.0))
    found = chosen(scene, given=given)
    assert found == ChosenBeams(given, "given by the user")


def test_a_given_beam_through_what_the_image_does_not_show_is_refused(scene: Scene) -> None:
    with pytest.raises(InvalidInput, match=f"Beam gantry 60, couch 90 {UNSEEN}.*Choose another"):
        chosen(scene, given=(BeamAngles(0.0), BeamAngles(60.0, 90.0)))


def test_such_directions_are_left_out_of_the_choice_and_named() -> None:
    high = cylinder(target_mm=(0, 0, 40))
    found = chosen(high, count=3, noncoplanar=3)
    unseen = {text.partition(":")[0] for text in found.refused}
    assert all(text.endswith(UNSEEN) for text in found.refused)
    by_height = sorted((BeamAngles(gantry, 90.0) for gantry in (30.0, 330.0)), key=_height)
    assert [str(angles) in unseen for angles in by_height] == [False, True]
    assert not unseen & {str(angles) for angles in found.angles}
    assert found.how.startswith(f"chosen from {len(candidates(True)) - len(unseen)} directions")


def test_a_body_that_ends_within_the_image_may_be_entered_anywhere() -> None:
    block = np.abs(points(GRID)[..., 2]) <= 60
    whole = Structure.from_mask(
        BODY, block & (ellipsoid(BODY, (0, 0, 0), (106, 96, LONG)).mask_on(GRID) > 0), GRID
    )
    given = (BeamAngles(60.0, 90.0), BeamAngles(300.0, 90.0))
    assert chosen(seen(organs() | {BODY: whole}), given=given).angles == given


def test_a_body_cut_off_at_its_side_is_not_entered_there() -> None:
    narrow = Grid((36, 80, 52), GRID.spacing_mm, GRID.origin_mm)  # ends at x = 36 mm
    parts = organs(narrow)
    del parts["Bowel"]
    scene = seen(parts, narrow)
    assert scene.cut_off.tolist() == [[False, False, True], [True, False, True]]
    assert chosen(scene, given=(BeamAngles(270.0),)).angles == (BeamAngles(270.0),)
    with pytest.raises(InvalidInput, match=f"Beam gantry 90 {UNSEEN}"):
        chosen(scene, given=(BeamAngles(90.0),))


def test_where_no_direction_is_seen_there_is_no_choice() -> None:
    inner = Grid((36, 40, 40), GRID.spacing_mm, (-108.5, -64.5, -70.0))
    body = Structure.from_mask(BODY, np.ones(inner.shape), inner)
    scene = seen({BODY: body, "PTV": ellipsoid("PTV", TUMOUR_MM, (18, 18, 18), inner)}, inner)
    with pytest.raises(Infeasible, match=r"0 of 36 directions enter only .*; 7 beams need as many"):
        chosen(scene)


def test_too_few_directions_apart_from_each_other_are_said(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    near = tuple(BeamAngles(float(gantry)) for gantry in (0, 4, 8))
    monkeypatch.setattr("hepatica.engine.planning.beams.candidates", lambda _: near)
    with pytest.raises(Infeasible, match="Only 1 of 3 beams find a direction apart from the"):
        chosen(scene, count=3)


def test_each_direction_that_is_tried_is_told(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    three = tuple(BeamAngles(float(gantry)) for gantry in (0, 120, 240))
    monkeypatch.setattr("hepatica.engine.planning.beams.candidates", lambda _: three)
    told: list[tuple[str, int, int]] = []
    choice = BeamChoice(count=3)
    choose_beams(scene, place(scene), choice, lambda *words: told.append(words))
    assert told == [("trying directions", n, 3) for n in range(3)]


@pytest.mark.parametrize(("turn", "allowed"), [(10, False), (20, True), (170, True), (180, False)])
def test_rounding_does_not_decide_what_is_apart(turn: float, allowed: bool) -> None:
    for angles in candidates(False):
        other = BeamAngles((angles.gantry_deg + turn) % 360)
        assert _apart(angles, other) is allowed


def some_fields() -> _Fields:
    generator = np.random.default_rng(8)
    dose = generator.random((60, 12))
    owner = np.repeat(np.arange(4), 3)
    angles = tuple(BeamAngles(90.0 * n) for n in range(4))
    return _Fields(angles, dose.T @ dose, dose.T @ generator.random(60), owner)


def test_the_cost_is_the_least_that_fields_reach_without_negative_weights() -> None:
    from scipy.optimize import minimize

    fields = some_fields()
    own = np.isin(fields.owner, [0, 2])
    gram, gain = fields.gram[np.ix_(own, own)], fields.gain[own]
    found = minimize(
        lambda w: (w @ gram @ w - 2 * gain @ w, 2 * (gram @ w - gain)),
        np.ones(own.sum()),
        jac=True,
        bounds=[(0, None)] * own.sum(),
        options={"ftol": 1e-14, "gtol": 1e-10},
    )
    assert fields.cost([0, 2]) == pytest.approx(found.fun, rel=1e-5)


def test_another_beam_never_raises_the_cost() -> None:
    fields = some_fields()
    costs = [fields.cost(range(count + 1)) for count in range(4)]
    assert all(later <= earlier + 1e-9 for earlier, later in pairwise(costs))
