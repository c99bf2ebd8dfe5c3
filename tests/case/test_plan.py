"""A segment and a beam that exist can be delivered: what contradicts itself is never built."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hepatica.case import Beam, Case, Grid, Segment, Volume
from hepatica.errors import InvalidInput

EDGES = (-20.0, -10.0, 0.0, 10.0, 20.0)


def opening(mu: float = 50.0, shift_mm: float = 0.0) -> Segment:
    return Segment(mu, np.array([[-5.0] * 4, [5.0] * 4]) + shift_mm, None, (-20.0, 20.0))


def beam(**changes: Any) -> Beam:
    made = Beam(
        1,
        "AP",
        "PHOTON",
        6.0,
        0.0,
        0.0,
        80.0,
        collimator_deg=0.0,
        isocentre_mm=(0.0, 0.0, 0.0),
        sad_mm=1000.0,
        machine="linac",
        leaf_boundaries_mm=EDGES,
        segments=(opening(50.0), opening(30.0)),
    )
    return replace(made, **changes)


def test_a_beam_of_few_words_still_stands() -> None:
    plain = Beam(1, "AP", "PHOTON", 6.0, 0.0, None, 100.5)
    assert plain.segments == ()
    assert plain.isocentre_mm is None
    assert plain.delivery == ""


def test_segments_are_equal_when_their_numbers_are() -> None:
    assert opening() == opening()
    assert hash(opening()) == hash(opening())
    assert opening() != opening(shift_mm=1e-9)
    assert opening() != opening(51.0)
    assert opening() != "opening"
    assert beam() == beam()


def test_leaf_positions_cannot_be_changed_afterwards() -> None:
    given = np.array([[-5.0] * 4, [5.0] * 4])
    made = Segment(1.0, given)
    given[:] = 0.0
    assert made.leaf_mm[1, 0] == 5.0
    with pytest.raises(ValueError, match="read-only"):
        made.leaf_mm[0, 0] = 1.0


@pytest.mark.parametrize("mu", [-0.01, np.nan, np.inf])
def test_a_meterset_is_a_number_from_zero_on(mu: float) -> None:
    with pytest.raises(InvalidInput, match=r"Segment: meterset is .* MU; it needs to be 0 or more"):
        opening(mu)
    with pytest.raises(InvalidInput, match=r"Beam 1 \(AP\): meterset is .* MU"):
        Beam(1, "AP", "PHOTON", 6.0, 0.0, None, mu)


def test_leaves_of_the_two_banks_do_not_cross() -> None:
    leaves = opening().leaf_mm.copy()
    leaves[:, 2] = (3.0, 2.0)
    with pytest.raises(
        InvalidInput, match=r"leaf pair 3 bank X1 stands at 3 mm, beyond bank X2 at"
    ):
        Segment(1.0, leaves)


def test_the_last_digits_of_a_closed_pair_may_cross() -> None:
    leaves = np.array([[5.0 + 1e-7], [5.0]])
    assert Segment(1.0, leaves).leaf_mm.shape == (2, 1)


@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 2, 2)])
def test_leaf_positions_come_in_two_banks(shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidInput, match=r"leaf positions have shape .* need \(2, pairs\)"):
        Segment(1.0, np.zeros(shape))


def test_a_leaf_position_is_a_number() -> None:
    with pytest.raises(InvalidInput, match="a leaf position is not a number"):
        Segment(1.0, np.array([[-1.0], [np.nan]]))


@pytest.mark.parametrize("jaws", [(5.0, -5.0), (np.nan, 5.0)])
def test_jaws_do_not_cross(jaws: tuple[float, float]) -> None:
    with pytest.raises(
        InvalidInput, match=r"the Y jaws stand at .* the first is the negative side"
    ):
        Segment(1.0, opening().leaf_mm, None, jaws)


@pytest.mark.parametrize(
    ("field", "word"),
    [
        ("isocentre_mm", "isocentre"),
        ("sad_mm", "source-axis distance"),
        ("gantry_deg", "gantry angle"),
        ("couch_deg", "couch angle"),
        ("collimator_deg", "collimator angle"),
        ("meterset_mu", "meterset"),
    ],
)
def test_segments_need_all_that_places_them(field: str, word: str) -> None:
    with pytest.raises(InvalidInput, match=rf"Beam 1 \(AP\) has segments but no {word}"):
        beam(**{field: None})


def test_an_isocentre_is_made_of_numbers() -> None:
    with pytest.raises(InvalidInput, match=r"its isocentre is \(0\.0, nan, 0\.0\)"):
        beam(isocentre_mm=(0.0, np.nan, 0.0))


def test_leaf_boundaries_are_those_of_the_leaves() -> None:
    with pytest.raises(InvalidInput, match=r"segment 1: 4 leaf pairs, but .* are those of 3"):
        beam(leaf_boundaries_mm=EDGES[:-1])


@pytest.mark.parametrize("edges", [(0.0,), (0.0, 10.0, 10.0, 20.0, 30.0), (20.0, 10.0, 0.0)])
def test_leaf_boundaries_rise(edges: tuple[float, ...]) -> None:
    with pytest.raises(InvalidInput, match="not one ascending row of at least two positions"):
        beam(leaf_boundaries_mm=edges)


def test_segments_add_up_to_their_beam() -> None:
    with pytest.raises(InvalidInput, match=r"its segments give 80 MU together, the beam 90 MU"):
        beam(meterset_mu=90.0)


def test_a_dynamic_beam_has_no_segments() -> None:
    with pytest.raises(InvalidInput, match="is DYNAMIC and has segments"):
        beam(delivery="DYNAMIC")
    assert beam(delivery="DYNAMIC", segments=()).delivery == "DYNAMIC"


def test_numbers_may_come_as_arrays() -> None:
    made = beam(leaf_boundaries_mm=np.array(EDGES), isocentre_mm=np.zeros(3))
    assert made == beam()


def test_a_case_knows_only_the_patient_positions_of_the_standard() -> None:
    grid = Grid((2, 2, 2), (1.0, 1.0, 1.0))
    image = Volume(np.zeros(grid.shape), grid, "HU")
    assert Case("a", image, "1.2", patient_position="FFDR").patient_position == "FFDR"
    with pytest.raises(InvalidInput, match=r"patient position is 'UPRIGHT'; .* HFS, HFP"):
        Case("a", image, "1.2", patient_position="UPRIGHT")
