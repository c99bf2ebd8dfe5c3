"""Step-and-shoot beams become segments; whatever moves, or is no fixed opening, is said instead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from hepatica.case import Beam
from hepatica.errors import Inconsistent, InvalidInput
from hepatica.io.dicom.plan import read_plan, read_plan_fully
from tests.io.dicom.builders import beam, plan

EDGES = [-10.0, -5.0, 0.0, 5.0, 10.0]
OPEN = [-4.0, -5.0, -6.0, -2.0, 4.0, 5.0, 6.0, 2.0]
NARROW = [-1.0, -1.0, -1.0, -1.0, 1.0, 1.0, 1.0, 1.0]
JAWS_Y = [-10.0, 10.0]


def device(kind: str, positions: list[float]) -> Dataset:
    item = Dataset()
    item.RTBeamLimitingDeviceType, item.LeafJawPositions = kind, positions
    return item


def collimator(kind: str, pairs: int, edges: list[float] | None = None) -> Dataset:
    item = Dataset()
    item.RTBeamLimitingDeviceType, item.NumberOfLeafJawPairs = kind, pairs
    if edges is not None:
        item.LeafPositionBoundaries = edges
    return item


def point(weight: float | None, leaves: list[float] | None = None, **said: object) -> Dataset:
    item = Dataset()
    if weight is not None:
        item.CumulativeMetersetWeight = weight
    if leaves is not None:
        item.BeamLimitingDevicePositionSequence = [device("MLCX", leaves)]
    for keyword, value in said.items():
        setattr(item, keyword, value)
    return item


def first_point(leaves: list[float] | None = None, **said: object) -> Dataset:
    item = point(0.0, None, GantryAngle=40, PatientSupportAngle=10, NominalBeamEnergy=6)
    item.BeamLimitingDeviceAngle, item.GantryRotationDirection = 5, "NONE"
    item.IsocenterPosition = [1.5, -2.5, 3.5]
    item.BeamLimitingDevicePositionSequence = [
        device("ASYMY", JAWS_Y),
        device("MLCX", leaves or OPEN),
    ]
    for keyword, value in said.items():
        setattr(item, keyword, value)
    return item


def shooting() -> Dataset:
    """Two openings of a quarter and three quarters, in four control points."""
    item = beam(1)
    item.BeamType, item.SourceAxisDistance, item.TreatmentMachineName = "STATIC", 1000, "linac"
    item.PrimaryDosimeterUnit = "MU"
    item.BeamLimitingDeviceSequence = [collimator("ASYMY", 1), collimator("MLCX", 4, EDGES)]
    item.FinalCumulativeMetersetWeight = 4.0
    item.ControlPointSequence = [first_point(), point(1.0), point(1.0, NARROW), point(4.0)]
    return item


def read(tmp_path: Path, change: Callable[[Dataset], None] | None = None) -> tuple[Beam, str]:
    """The beam as read, and all notes in one text."""

    def put(ds: Dataset) -> None:
        item = shooting()
        if change is not None:
            change(item)
        ds.BeamSequence = [item]

    path = plan(tmp_path / "p.dcm", beams=(1,), change=put)
    found = read_plan_fully(path)
    return found.plan.beams[0], " ".join(note.text for note in found.notes)


def test_pairs_of_control_points_become_segments(tmp_path: Path) -> None:
    found, said = read(tmp_path)
    assert "without segments" not in said
    assert (found.gantry_deg, found.couch_deg, found.collimator_deg) == (40.0, 10.0, 5.0)
    assert (found.isocentre_mm, found.sad_mm) == ((1.5, -2.5, 3.5), 1000.0)
    assert (found.machine, found.delivery, found.meterset_mu) == ("linac", "STATIC", 101.0)
    assert found.leaf_boundaries_mm == tuple(EDGES)
    assert [s.meterset_mu for s in found.segments] == pytest.approx([101 / 4, 101 * 3 / 4])
    np.testing.assert_array_equal(found.segments[0].leaf_mm, np.reshape(OPEN, (2, 4)))
    np.testing.assert_array_equal(found.segments[1].leaf_mm, np.reshape(NARROW, (2, 4)))


def test_what_only_the_first_point_states_holds_for_all(tmp_path: Path) -> None:
    found, _ = read(tmp_path)
    assert [s.jaw_y_mm for s in found.segments] == [(-10.0, 10.0)] * 2
    assert [s.jaw_x_mm for s in found.segments] == [None, None]


def test_a_beam_of_one_opening_has_one_segment(tmp_path: Path) -> None:
    def single(item: Dataset) -> None:
        item.ControlPointSequence = [first_point(), point(4.0)]

    found, _ = read(tmp_path, single)
    assert [s.meterset_mu for s in found.segments] == [101.0]


def test_a_beam_with_jaws_alone_has_a_segment_without_leaves(tmp_path: Path) -> None:
    def open_field(item: Dataset) -> None:
        item.BeamLimitingDeviceSequence = [collimator("X", 1), collimator("Y", 1)]
        start = first_point()
        start.BeamLimitingDevicePositionSequence = [
            device("X", [-50.0, 50.0]),
            device("Y", [-30.0, 30.0]),
        ]
        item.ControlPointSequence = [start, point(4.0)]

    (segment,) = read(tmp_path, open_field)[0].segments
    assert segment.leaf_mm.shape == (2, 0)
    assert (segment.jaw_x_mm, segment.jaw_y_mm) == ((-50.0, 50.0), (-30.0, 30.0))


def test_step_and_shoot_that_is_called_dynamic_is_read_by_what_it_does(tmp_path: Path) -> None:
    def label(item: Dataset) -> None:
        item.BeamType = "DYNAMIC"

    found, _ = read(tmp_path, label)
    assert len(found.segments) == 2
    assert found.delivery == "STATIC"


def sliding(item: Dataset) -> None:
    item.ControlPointSequence = [first_point(), point(2.0, NARROW), point(4.0, OPEN)]


def arc(item: Dataset) -> None:
    start = first_point(GantryRotationDirection="CW")
    item.ControlPointSequence = [start, point(2.0, GantryAngle=80), point(4.0, GantryAngle=120)]


def full_turn(item: Dataset) -> None:
    item.ControlPointSequence = [first_point(GantryRotationDirection="CC"), point(4.0)]


def couch_glides(item: Dataset) -> None:
    item.ControlPointSequence = [
        first_point(TableTopLongitudinalPosition=100.0),
        point(4.0, TableTopLongitudinalPosition=150.0),
    ]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (
            sliding,
            "dynamic (although the plan calls it STATIC): the leaves in motion",
        ),
        (arc, "the gantry in motion while the beam is on"),
        (full_turn, "the gantry in motion while the beam is on"),
        (couch_glides, "dynamic (although the plan calls it STATIC): the table top in motion"),
    ],
)
def test_a_moving_beam_is_recognised_and_said(
    tmp_path: Path, change: Callable[[Dataset], None], what: str
) -> None:
    found, said = read(tmp_path, change)
    assert found.segments == ()
    assert found.delivery == "DYNAMIC"
    assert found.isocentre_mm == (1.5, -2.5, 3.5)
    assert what in said
    assert "Read without segments" in said


def with_wedge(item: Dataset) -> None:
    item.NumberOfWedges = 1


def with_applicator(item: Dataset) -> None:
    item.ApplicatorSequence = [Dataset()]


def unflattened(item: Dataset) -> None:
    mode = Dataset()
    mode.FluenceMode, mode.FluenceModeID = "NON_STANDARD", "FFF"
    item.PrimaryFluenceModeSequence = [mode]


def across(item: Dataset) -> None:
    item.ControlPointSequence[0].BeamLimitingDevicePositionSequence[1] = device("MLCY", OPEN)
    del item.ControlPointSequence[2].BeamLimitingDevicePositionSequence


def turned_between(item: Dataset) -> None:
    item.ControlPointSequence[2].GantryAngle = 41


def tilted(item: Dataset) -> None:
    item.ControlPointSequence[0].TableTopPitchAngle = 1.5


def weightless(item: Dataset) -> None:
    del item.ControlPointSequence[1].CumulativeMetersetWeight


def without_edges(item: Dataset) -> None:
    del item.BeamLimitingDeviceSequence[1].LeafPositionBoundaries


def without_isocentre(item: Dataset) -> None:
    del item.ControlPointSequence[0].IsocenterPosition


def without_sad(item: Dataset) -> None:
    del item.SourceAxisDistance


def in_minutes(item: Dataset) -> None:
    item.PrimaryDosimeterUnit = "MINUTE"


def late_device(item: Dataset) -> None:
    del item.ControlPointSequence[0].BeamLimitingDevicePositionSequence[0]
    late = item.ControlPointSequence[2].BeamLimitingDevicePositionSequence
    late.append(device("ASYMY", JAWS_Y))


def uncollimated(item: Dataset) -> None:
    del item.ControlPointSequence[0].BeamLimitingDevicePositionSequence
    del item.ControlPointSequence[2].BeamLimitingDevicePositionSequence


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (with_wedge, "it is shaped by more than leaves and jaws: wedges"),
        (with_applicator, "more than leaves and jaws: an applicator"),
        (unflattened, "its fluence is not the usual flattened one"),
        (across, "its collimator has MLCY"),
        (turned_between, "not everything stays between its segments: the gantry"),
        (tilted, "tilted in a way that three angles do not tell"),
        (weightless, "do not all state their meterset weight"),
        (without_edges, r"(LeafPositionBoundaries) are missing"),
        (without_isocentre, "it has no isocentre"),
        (without_sad, "it has no source-axis distance"),
        (in_minutes, "it has no meterset in MU"),
        (late_device, "the first control point does not state all leaves and jaws"),
        (uncollimated, "it states neither leaves nor jaws"),
    ],
)
def test_what_is_no_fixed_opening_is_said(
    tmp_path: Path, change: Callable[[Dataset], None], what: str
) -> None:
    found, said = read(tmp_path, change)
    assert found.segments == ()
    assert what in said
    assert "Read without segments" in said


def test_beams_with_the_same_reason_share_a_note(tmp_path: Path) -> None:
    found = read_plan_fully(plan(tmp_path / "p.dcm"))
    assert any("Beams 1, 2: it has 1 control point" in note.text for note in found.notes)


def crossing(item: Dataset) -> None:
    leaves = [*OPEN[:4], 4.0, -6.0, 6.0, 2.0]
    item.ControlPointSequence[0].BeamLimitingDevicePositionSequence[1] = device("MLCX", leaves)


def falling(item: Dataset) -> None:
    item.ControlPointSequence[2].CumulativeMetersetWeight = 0.5


def never_full(item: Dataset) -> None:
    item.FinalCumulativeMetersetWeight = 5.0


def odd_leaves(item: Dataset) -> None:
    for k in (0, 2):
        item.ControlPointSequence[k].BeamLimitingDevicePositionSequence[-1] = device(
            "MLCX", OPEN[:7]
        )


def fewer_edges(item: Dataset) -> None:
    item.BeamLimitingDeviceSequence[1].LeafPositionBoundaries = EDGES[:-1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (crossing, r"RTPLAN .*: Segment: in leaf pair 2 bank X1 stands at -5 mm, beyond .*Export"),
        (falling, r"weights run from 0 to 4 with a final weight of 4; .* never fall"),
        (never_full, r"weights run from 0 to 4 with a final weight of 5; .* end at the final"),
        (odd_leaves, r"7 leaf positions; the two banks need the same number"),
        (fewer_edges, r"4 leaf pairs, but the leaf boundaries are those of 3"),
    ],
)
def test_a_beam_that_contradicts_itself_is_refused(
    tmp_path: Path, change: Callable[[Dataset], None], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        read(tmp_path, change)


def test_a_negative_meterset_is_refused(tmp_path: Path) -> None:
    def negative(ds: Dataset) -> None:
        ds.FractionGroupSequence[0].ReferencedBeamSequence[1].BeamMeterset = -5

    with pytest.raises(InvalidInput, match=r"RTPLAN .*Beam 2 .* meterset is -5.0 MU"):
        read_plan(plan(tmp_path / "p.dcm", change=negative))


def unreferenced(ds: Dataset) -> None:
    del ds.FractionGroupSequence[0].ReferencedBeamSequence[1]


def unknown_number(ds: Dataset) -> None:
    ds.FractionGroupSequence[0].ReferencedBeamSequence[1].ReferencedBeamNumber = 7


def unmetered(ds: Dataset) -> None:
    del ds.FractionGroupSequence[0].ReferencedBeamSequence[0].BeamMeterset


def miscounted(ds: Dataset) -> None:
    ds.FractionGroupSequence[0].NumberOfBeams = 3


def twice(ds: Dataset) -> None:
    ds.BeamSequence[1].BeamNumber = 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (unreferenced, "beam 2 has no meterset"),
        (unknown_number, "beam 7 has a meterset but is not there; beam 2 has no meterset"),
        (unmetered, "beam 1 has no meterset"),
        (miscounted, "fraction group 1 states 3 beams and lists 2"),
        (twice, "2 beams have the number 1"),
    ],
)
def test_beams_and_metersets_must_match(
    tmp_path: Path, change: Callable[[Dataset], None], message: str
) -> None:
    with pytest.raises(Inconsistent, match=rf"do not match: .*{message}"):
        read_plan(plan(tmp_path / "p.dcm", change=change))


def test_a_plan_without_any_meterset_is_read_without_segments(tmp_path: Path) -> None:
    def none(ds: Dataset) -> None:
        ds.BeamSequence[0] = shooting()
        for item in ds.FractionGroupSequence[0].ReferencedBeamSequence:
            del item.BeamMeterset

    found = read_plan_fully(plan(tmp_path / "p.dcm", change=none))
    assert found.plan.beams[0].meterset_mu is None
    assert any("it has no meterset in MU" in note.text for note in found.notes)


def test_groups_that_give_a_beam_differently_leave_its_meterset_open(tmp_path: Path) -> None:
    def differ(ds: Dataset) -> None:
        ds.FractionGroupSequence[1].ReferencedBeamSequence[0].BeamMeterset = 55

    found = read_plan(plan(tmp_path / "p.dcm", fractions=(5, 1), change=differ))
    assert [b.meterset_mu for b in found.beams] == [None, 102.0]


def test_the_real_plan_of_sliding_leaves_stays_readable(rt_set_breast: Path) -> None:
    found = read_plan_fully(rt_set_breast / "rtplan.dcm")
    assert [b.meterset_mu for b in found.plan.beams] == [97.0, 87.0, 89.0, 94.0]
    assert [b.gantry_deg for b in found.plan.beams] == [327.0, 0.0, 56.0, 150.0]
    assert {b.delivery for b in found.plan.beams} == {"DYNAMIC"}
    assert {b.dose_gy for b in found.plan.beams} == {0.5}
    assert found.plan.beams[0].isocentre_mm == pytest.approx((72.53047, -304.34456, -9.30924))
    assert found.plan.patient_position == "HFS"
    said = " ".join(note.text for note in found.notes)
    assert "Beams 1, 2, 3, 4: dynamic: the leaves in motion while the beam is on" in said
