"""What may be asked of a plan, and what is refused with which words."""

from __future__ import annotations

import pytest

from hepatica.engine.planning.request import BeamAngles, BeamChoice, PlanRequest
from hepatica.errors import UsageError


@pytest.mark.parametrize("count", [2, 11])
def test_three_to_ten_beams_are_chosen(count: int) -> None:
    with pytest.raises(UsageError, match=f"--beams is {count}; 3 to 10 beams"):
        BeamChoice(count=count)


@pytest.mark.parametrize("turned", [-1, 4])
def test_up_to_three_beams_have_a_turned_couch(turned: int) -> None:
    with pytest.raises(UsageError, match=f"--noncoplanar is {turned}; 0 to 3 is possible"):
        BeamChoice(noncoplanar=turned)


def test_up_to_twenty_beams_may_be_given() -> None:
    given = tuple(BeamAngles(10.0 * n) for n in range(21))
    assert len(BeamChoice(given[:20]).given) == 20
    with pytest.raises(UsageError, match="21 beams are given; 1 to 20 are possible"):
        BeamChoice(given)


@pytest.mark.parametrize("segments", [0, 5])
def test_one_to_four_segments_are_possible(segments: int) -> None:
    with pytest.raises(UsageError, match=f"--segments is {segments}; 1 to 4 a beam"):
        PlanRequest(0.1, segments_per_beam=segments)


def test_another_way_is_refused() -> None:
    with pytest.raises(UsageError, match="--way is best; it is optimal or as_published"):
        PlanRequest(0.1, way="best")


@pytest.mark.parametrize(
    ("angles", "words", "coplanar"),
    [
        (BeamAngles(40.0), "gantry 40", True),
        (BeamAngles(12.5, 0.0, 30.0), "gantry 12.5", True),
        (BeamAngles(350.0, 90.0), "gantry 350, couch 90", False),
        (BeamAngles(0.0, 360.0), "gantry 0", True),
    ],
)
def test_a_beam_is_named_by_its_angles(angles: BeamAngles, words: str, coplanar: bool) -> None:
    assert str(angles) == words
    assert angles.coplanar is coplanar
