"""The openings of all beams are drawn where leaves and jaws leave the beam free."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hepatica.case import Beam, Plan, Segment
from hepatica.report.drawing import pen, svg_text
from hepatica.report.segments_figure import segments_figure

EDGES = tuple(range(-20, 21, 5))


def segment(
    openings: dict[int, tuple[float, float]],
    jaw_x_mm: tuple[float, float] | None = None,
    jaw_y_mm: tuple[float, float] | None = None,
    meterset_mu: float = 50.0,
) -> Segment:
    """Leaf pairs that are open from and to; the others are closed at 0."""
    leaves = np.zeros((2, len(EDGES) - 1))
    for pair, tips in openings.items():
        leaves[:, pair] = tips
    return Segment(meterset_mu, leaves, jaw_x_mm, jaw_y_mm)


def beam(number: int, *segments: Segment, couch_deg: float = 0.0) -> Beam:
    return Beam(
        number=number,
        name=f"beam {number}",
        radiation="PHOTON",
        energy_mv=6.0,
        gantry_deg=40.0 * number,
        couch_deg=couch_deg,
        meterset_mu=sum(s.meterset_mu for s in segments),
        collimator_deg=0.0,
        isocentre_mm=(0.0, 0.0, 0.0),
        sad_mm=1000.0,
        leaf_boundaries_mm=EDGES,
        segments=segments,
        delivery="STATIC" if segments else "",
    )


def plan(*beams: Beam) -> Plan:
    return Plan("1.2", "test", 6, 40.0, beams, "1.2.3", None)


def drawn(*beams: Beam) -> Figure:
    with pen():
        return segments_figure(plan(*beams))


def fields(figure: Figure) -> list[Axes]:
    return [axes for axes in figure.axes if axes.get_visible()]


def openings(axes: Axes) -> list[tuple[float, float, float, float]]:
    """(left, right, bottom, top) of what is drawn open, from below."""
    corners = [patch.get_xy() for patch in axes.patches]
    found = [(*c[:, 0][[0, 1]], c[:, 1].min(), c[:, 1].max()) for c in corners]
    return sorted((tuple(map(float, f)) for f in found), key=lambda f: f[2])  # type: ignore[misc]


def test_each_segment_is_one_field_with_its_monitor_units() -> None:
    one = segment({3: (-5, 5)}, meterset_mu=12.0)
    figure = drawn(beam(1, one, segment({4: (0, 9)})), beam(2, one))
    titles = [axes.get_title() for axes in fields(figure)]
    assert titles == ["12.0\u00a0MU", "50.0\u00a0MU", "12.0\u00a0MU"]


def test_an_open_pair_is_drawn_between_its_tips_and_edges_and_a_closed_one_is_not() -> None:
    figure = drawn(beam(1, segment({2: (-7, 4), 5: (1, 12.5)})))
    assert openings(fields(figure)[0]) == [(-7, 4, -10, -5), (1, 12.5, 5, 10)]


def test_the_jaws_cut_what_is_open() -> None:
    made = segment({2: (-7, 14), 3: (-7, 14), 6: (-7, 14)}, (-5, 9), (-8, 9))
    assert openings(fields(drawn(beam(1, made)))[0]) == [(-5, 9, -8, -5), (-5, 9, -5, 0)]


def test_an_opening_behind_a_jaw_is_not_drawn() -> None:
    made = segment({3: (10, 14), 4: (-3, 3)}, (-5, 5))
    assert openings(fields(drawn(beam(1, made)))[0]) == [(-3, 3, 0, 5)]


def test_all_fields_share_one_scale_that_shows_every_opening() -> None:
    figure = drawn(beam(1, segment({0: (-3, 60), 7: (-2, 2)})), beam(2, segment({4: (-1, 1)})))
    for axes in fields(figure):
        low, high = axes.get_xlim()
        assert (low, high) == axes.get_ylim() == (-high, high)
        assert high > 60
        assert axes.get_aspect() == 1.0


@pytest.mark.parametrize("wide_mm", [5, 10])
def test_the_outermost_leaf_is_shown_whole(wide_mm: int) -> None:
    made = replace(
        beam(1),
        leaf_boundaries_mm=(-wide_mm, 0, wide_mm),
        segments=(Segment(50.0, np.array([[0.0, -2.0], [0.0, 2.0]])),),
        meterset_mu=50.0,
    )
    assert fields(drawn(made))[0].get_ylim()[1] > wide_mm


def test_rows_are_named_by_beam_and_angles() -> None:
    one = segment({3: (-5, 5)})
    figure = drawn(beam(1, one), beam(2, one, couch_deg=30.0))
    names = [axes.get_ylabel() for axes in fields(figure)]
    assert names == ["beam 1\n40\u00b0", "beam 2\n80\u00b0, 30\u00b0"]


def test_a_beam_without_segments_takes_no_row() -> None:
    figure = drawn(beam(1, segment({3: (-5, 5)})), beam(2))
    assert len(figure.axes) == 1


def test_the_picture_is_the_same_every_time() -> None:
    beams = (beam(1, segment({3: (-5, 5)}), segment({2: (0, 4)})), beam(2, segment({4: (-1, 1)})))
    with pen():
        first, again = (svg_text(segments_figure(plan(*beams))) for _ in range(2))
    assert first == again
    assert first.lstrip().startswith("<?xml")
