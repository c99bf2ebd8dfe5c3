"""The words of `hepatica plan create`: beams by their angles, answers by their names."""

from __future__ import annotations

import pytest

from hepatica.cli.plan import named_answers
from hepatica.cli.plan_create import Position, Way, _angles
from hepatica.engine.planning.request import BeamAngles, PlanRequest
from hepatica.errors import UsageError
from hepatica.physics.photon import PATIENT_POSITIONS


@pytest.mark.parametrize(
    ("text", "angles"),
    [
        ("40", BeamAngles(40.0)),
        ("40,10", BeamAngles(40.0, 10.0)),
        ("40,0,10", BeamAngles(40.0, 0.0, 10.0)),
        (" 40 , 350.5, 2e1", BeamAngles(40.0, 350.5, 20.0)),
        ("-90,-30,360", BeamAngles(270.0, 330.0, 0.0)),
    ],
)
def test_a_beam_is_gantry_couch_and_collimator(text: str, angles: BeamAngles) -> None:
    assert _angles(text) == angles


@pytest.mark.parametrize(
    "text", ["", "left", "40;10", "40,,10", "40,0,0,0", "361", "40,-400", "nan", "40,inf"]
)
def test_what_is_no_beam_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match=r"--beam .* is not gantry\[,couch\[,collimator\]\]") as e:
        _angles(text)
    assert "Example: --beam 40,0,10" in str(e.value)


def test_answers_are_read_by_their_names() -> None:
    texts = ["ppi=yes", "cirrhosis = Child A=5"]
    assert named_answers("--fact", texts) == {"ppi": "yes", "cirrhosis": "Child A=5"}
    assert named_answers("--fact", []) == {}


@pytest.mark.parametrize("text", ["ppi", "=yes", "ppi=", ""])
def test_an_answer_without_name_or_value_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=f"--limit-reading {text} is not name=value"):
        named_answers("--limit-reading", [text])


def test_every_way_that_can_be_named_can_be_asked_for() -> None:
    assert {PlanRequest(0.1, way=way.value).way for way in Way} == {"optimal", "as_published"}


def test_positions_that_can_be_named_are_known_to_the_beams() -> None:
    assert {position.value for position in Position} <= set(PATIENT_POSITIONS)
