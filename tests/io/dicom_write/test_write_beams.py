"""A plan with segments goes out as step and shoot, unapproved, and comes back the same."""

from __future__ import annotations

import datetime
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom import config
from pydicom.dataset import Dataset

from hepatica.case import Beam, Case, Plan, Segment, Structure
from hepatica.errors import Inconsistent, InvalidInput
from hepatica.io.dicom.export import export_plan
from hepatica.io.dicom.read import read_dicom
from hepatica.io.dicom.write import WriteOptions, write_case, write_dose
from tests.io.dicom_write.planned_case import BOUNDARIES_MM, PAIRS, beams, dose, plan, planned

DECIMALS = {"rtol": 1e-13, "atol": 1e-12}


def export(folder: Path, case: Case | None = None, **options: Any) -> Dataset:
    """The RTPLAN of an exported case."""
    write_case(case or planned(), folder, WriteOptions(**options))
    return pydicom.dcmread(folder / "RTPLAN_1.dcm")


def with_beam(**changes: Any) -> Case:
    first, second = beams()
    return planned(beams=(replace(first, **changes), second))


def same(one: Beam, other: Beam) -> None:
    for word in ("number", "name", "radiation", "energy_mv", "machine", "sad_mm", "delivery"):
        assert getattr(one, word) == getattr(other, word)
    for word in ("gantry_deg", "couch_deg", "collimator_deg", "isocentre_mm", "meterset_mu"):
        np.testing.assert_allclose(getattr(one, word), getattr(other, word), **DECIMALS)
    np.testing.assert_allclose(one.leaf_boundaries_mm, other.leaf_boundaries_mm, **DECIMALS)
    assert one.dose_gy == other.dose_gy
    for a, b in zip(one.segments, other.segments, strict=True):
        assert a.meterset_mu == pytest.approx(b.meterset_mu, rel=1e-12)
        np.testing.assert_allclose(a.leaf_mm, b.leaf_mm, **DECIMALS)
        assert (a.jaw_x_mm, a.jaw_y_mm) == (b.jaw_x_mm, b.jaw_y_mm)


@pytest.mark.parametrize("jaws", [True, False])
def test_beams_and_segments_come_back_to_the_last_decimal(tmp_path: Path, jaws: bool) -> None:
    original = planned(beams=beams(jaws))
    export(tmp_path / "out", original)
    back = read_dicom([tmp_path / "out"], case_id=original.case_id)
    (found,) = back.plans
    for one, other in zip(found.beams, original.plans[0].beams, strict=True):
        same(one, other)
    assert (found.fractions, found.prescription_gy) == (6, 42.7)
    assert (found.patient_position, back.patient_position) == ("HFS", "HFS")
    assert back.doses[0].plan_uid == found.uid
    assert not [n for n in back.notes if "without segments" in n.text]


def test_beams_are_read_although_their_structure_set_is_absent(tmp_path: Path) -> None:
    export(tmp_path)
    (tmp_path / "RTSTRUCT.dcm").unlink()
    back = read_dicom([tmp_path])
    assert [len(b.segments) for b in back.plans[0].beams] == [3, 2]
    assert any("could not be linked to a structure set" in note.text for note in back.notes)


def test_a_second_export_of_what_came_back_says_the_same_numbers(tmp_path: Path) -> None:
    once = export(tmp_path / "one")
    back = read_dicom([tmp_path / "one"], case_id="HEP-001")
    again = export(tmp_path / "two", back)
    np.testing.assert_allclose(numbers(once), numbers(again), **DECIMALS)


def numbers(ds: Dataset) -> list[float]:
    return [
        float(value)
        for beam in ds.BeamSequence
        for point in beam.ControlPointSequence
        for device in point.get("BeamLimitingDevicePositionSequence", [])
        for value in (point.CumulativeMetersetWeight, *device.LeafJawPositions)
    ]


def test_segments_are_pairs_of_control_points_with_rising_weight(tmp_path: Path) -> None:
    beam = export(tmp_path).BeamSequence[0]
    points = beam.ControlPointSequence
    assert (beam.BeamType, beam.NumberOfControlPoints, len(points)) == ("STATIC", 6, 6)
    weights = [float(point.CumulativeMetersetWeight) for point in points]
    assert weights == pytest.approx([0, 101.37, 101.37, 134.7033, 134.7033, 141.7133])
    assert float(beam.FinalCumulativeMetersetWeight) == weights[-1]
    assert [p.ControlPointIndex for p in points] == list(range(6))
    assert ["GantryAngle" in p for p in points] == [True] + [False] * 5
    assert ["BeamLimitingDevicePositionSequence" in p for p in points] == [True, False] * 3


def test_leaves_stand_as_iec_61217_counts_them(tmp_path: Path) -> None:
    beam = export(tmp_path).BeamSequence[0]
    kinds = {d.RTBeamLimitingDeviceType: d for d in beam.BeamLimitingDeviceSequence}
    assert set(kinds) == {"ASYMX", "ASYMY", "MLCX"}
    assert kinds["MLCX"].NumberOfLeafJawPairs == PAIRS
    np.testing.assert_allclose(kinds["MLCX"].LeafPositionBoundaries, BOUNDARIES_MM)
    positions = {
        d.RTBeamLimitingDeviceType: np.array(d.LeafJawPositions, float)
        for d in beam.ControlPointSequence[0].BeamLimitingDevicePositionSequence
    }
    leaves = beams()[0].segments[0].leaf_mm
    np.testing.assert_allclose(positions["MLCX"][:PAIRS], leaves[0])
    np.testing.assert_allclose(positions["MLCX"][PAIRS:], leaves[1])
    assert (positions["MLCX"][:PAIRS] <= positions["MLCX"][PAIRS:]).all()
    np.testing.assert_allclose(positions["ASYMX"], (-31.5, 30.25))
    np.testing.assert_allclose(positions["ASYMY"], (-20.0, 20.0))


def test_the_plan_says_who_what_and_how_often(tmp_path: Path) -> None:
    ds = export(tmp_path)
    structures = pydicom.dcmread(tmp_path / "RTSTRUCT.dcm")
    dose_file = pydicom.dcmread(tmp_path / "RTDOSE_1.dcm")
    assert (ds.ApprovalStatus, ds.PlanIntent, ds.RTPlanGeometry) == (
        "UNAPPROVED",
        "RESEARCH",
        "PATIENT",
    )
    assert ds.RTPlanDescription.startswith("2 beams, 5 segments, step and shoot. Research")
    assert (
        ds.ReferencedStructureSetSequence[0].ReferencedSOPInstanceUID == structures.SOPInstanceUID
    )
    assert ds.DoseReferenceSequence[0].TargetPrescriptionDose == 42.7
    (group,) = ds.FractionGroupSequence
    assert (group.NumberOfFractionsPlanned, group.NumberOfBeams) == (6, 2)
    assert [b.ReferencedBeamNumber for b in group.ReferencedBeamSequence] == [1, 2]
    assert [b.get("BeamDose") for b in group.ReferencedBeamSequence] == [4.1, None]
    metersets = [float(b.BeamMeterset) for b in group.ReferencedBeamSequence]
    assert metersets == pytest.approx([b.meterset_mu for b in beams()])
    (setup,) = ds.PatientSetupSequence
    assert setup.PatientPosition == "HFS"
    for beam in ds.BeamSequence:
        assert beam.ReferencedPatientSetupNumber == setup.PatientSetupNumber
        assert beam.TreatmentMachineName == "artiste-6mv"
    assert dose_file.DoseSummationType == "PLAN"
    assert dose_file.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID == ds.SOPInstanceUID


def test_each_beam_states_its_dose_at_a_point_and_reads_it_back(tmp_path: Path) -> None:
    point = (-3.1, 12.5, 24.7)
    stated = tuple(
        replace(beam, dose_gy=gy, dose_point_mm=point)
        for beam, gy in zip(beams(), (4.1, 2.95), strict=True)
    )
    ds = export(tmp_path, planned(beams=stated))
    (group,) = ds.FractionGroupSequence
    assert group.BeamDoseMeaning == "BEAM_LEVEL"
    for item in group.ReferencedBeamSequence:
        np.testing.assert_allclose(item.BeamDoseSpecificationPoint, point)
    prescribed, reference = ds.DoseReferenceSequence
    assert (prescribed.DoseReferenceNumber, reference.DoseReferenceNumber) == (1, 2)
    assert reference.DoseReferenceStructureType == "COORDINATES"
    np.testing.assert_allclose(reference.DoseReferencePointCoordinates, point)
    assert {b.ReferencedDoseReferenceUID for b in group.ReferencedBeamSequence} == {
        reference.DoseReferenceUID
    }
    assert [b.BeamDose for b in group.ReferencedBeamSequence] == [4.1, 2.95]
    (found,) = read_dicom([tmp_path]).plans
    assert [(b.dose_gy, b.dose_point_mm) for b in found.beams] == [(4.1, point), (2.95, point)]
    assert found.prescription_gy == 42.7


def test_the_point_is_read_from_the_dose_reference_alone_as_well(tmp_path: Path) -> None:
    point = (-3.1, 12.5, 24.7)
    stated = tuple(replace(beam, dose_gy=2.0, dose_point_mm=point) for beam in beams())
    ds = export(tmp_path, planned(beams=stated))
    for item in ds.FractionGroupSequence[0].ReferencedBeamSequence:
        del item.BeamDoseSpecificationPoint
    ds.save_as(tmp_path / "RTPLAN_1.dcm")
    (found,) = read_dicom([tmp_path]).plans
    assert [beam.dose_point_mm for beam in found.beams] == [point, point]


def test_where_a_beam_has_no_dose_the_sum_means_nothing(tmp_path: Path) -> None:
    (group,) = export(tmp_path).FractionGroupSequence
    assert "BeamDoseMeaning" not in group
    assert all("BeamDoseSpecificationPoint" not in b for b in group.ReferencedBeamSequence)


def test_an_approved_plan_leaves_unapproved(tmp_path: Path) -> None:
    assert export(tmp_path, planned(approval="APPROVED")).ApprovalStatus == "UNAPPROVED"


def test_derived_structures_go_out_and_say_that_they_are(tmp_path: Path) -> None:
    derived = replace(planned().structures["GTV1"].named("PTV1", "PTV"), derived=True)
    export(tmp_path, planned().with_structures(derived))
    rois = pydicom.dcmread(tmp_path / "RTSTRUCT.dcm").StructureSetROISequence
    assert {r.ROIName: r.ROIGenerationAlgorithm for r in rois}["PTV1"] == "AUTOMATIC"


def test_every_value_passes_the_strict_reader(tmp_path: Path) -> None:
    export(tmp_path)
    before = config.settings.reading_validation_mode
    config.settings.reading_validation_mode = config.RAISE
    try:
        for path in tmp_path.rglob("*.dcm"):
            assert pydicom.dcmread(path).walk(lambda _, element: element.value) is None
    finally:
        config.settings.reading_validation_mode = before


@pytest.mark.peer
@pytest.mark.parametrize("jaws", [True, False])
def test_dciodvfy_finds_no_error_and_no_warning_in_the_plan(tmp_path: Path, jaws: bool) -> None:
    program = shutil.which("dciodvfy")
    if program is None:
        pytest.skip("dciodvfy is not installed (Debian package dicom3tools)")
    options = {"dose_bits": 16, "study_date": datetime.date(2024, 2, 29)}
    point = (-3.1, 12.5, 24.7)
    stated = tuple(replace(beam, dose_gy=2.05, dose_point_mm=point) for beam in beams(jaws))
    export(tmp_path, planned(beams=stated), **options)
    for path in sorted(tmp_path.glob("*.dcm")):
        done = subprocess.run(
            [program, "-new", str(path)], capture_output=True, text=True, check=False
        )
        said = done.stdout + done.stderr
        assert "Error" not in said, f"{path.name}: {said}"
        assert done.returncode == 0


def test_the_same_plan_is_written_as_the_same_bytes_and_another_is_another(tmp_path: Path) -> None:
    one, two = export(tmp_path / "one"), export(tmp_path / "two")
    assert (tmp_path / "one/RTPLAN_1.dcm").read_bytes() == (
        tmp_path / "two/RTPLAN_1.dcm"
    ).read_bytes()
    first, second = beams()
    leaves = first.segments[0].leaf_mm.copy()
    leaves[1, 5] += 0.1
    moved = replace(first.segments[0], leaf_mm=leaves)
    changed = planned(beams=(replace(first, segments=(moved, *first.segments[1:])), second))
    assert export(tmp_path / "three", changed).SOPInstanceUID != one.SOPInstanceUID
    assert one.SOPInstanceUID == two.SOPInstanceUID


def test_angles_are_written_from_0_to_360(tmp_path: Path) -> None:
    ds = export(tmp_path, with_beam(gantry_deg=-30.0, couch_deg=360.0))
    point = ds.BeamSequence[0].ControlPointSequence[0]
    assert (point.GantryAngle, point.PatientSupportAngle) == (330.0, 0.0)


def test_a_segment_of_no_monitor_units_is_left_out(tmp_path: Path) -> None:
    first, _ = beams()
    idle = replace(first.segments[0], meterset_mu=0.0)
    ds = export(tmp_path, with_beam(segments=(idle, *first.segments)))
    assert ds.BeamSequence[0].NumberOfControlPoints == 6


def test_a_plan_without_dose_is_written_too(tmp_path: Path) -> None:
    ds = export(tmp_path, replace(planned(), doses=()))
    assert len(ds.BeamSequence) == 2


def test_a_plan_of_which_one_beam_is_not_known_goes_out_without_beams(tmp_path: Path) -> None:
    first, second = beams()
    case = planned(beams=(first, replace(second, segments=(), delivery="DYNAMIC")))
    summary = write_case(case, tmp_path)
    ds = pydicom.dcmread(tmp_path / "RTPLAN_1.dcm")
    assert "BeamSequence" not in ds
    assert "PatientSetupSequence" not in ds
    assert any(
        "without beams (no segments are known of beams 2)" in note.text for note in summary.notes
    )


def test_without_structures_the_plan_is_placed_by_the_machine(tmp_path: Path) -> None:
    ds = export(tmp_path, replace(planned(), structures={}))
    assert ds.RTPlanGeometry == "TREATMENT_DEVICE"
    assert "ReferencedStructureSetSequence" not in ds


def test_a_single_dose_file_carries_no_beams_beside_it(tmp_path: Path) -> None:
    write_dose(dose(), tmp_path / "d.dcm", planned())
    assert "BeamSequence" not in pydicom.dcmread(tmp_path / "d.plan.dcm")


def test_beams_need_to_know_how_the_patient_lies(tmp_path: Path) -> None:
    nobody_says = planned(position="", patient_position="")
    with pytest.raises(InvalidInput, match=r"nothing says how the patient lies.*HFS, HFP"):
        export(tmp_path / "none", nobody_says)
    assert not (tmp_path / "none").exists()
    ds = export(tmp_path / "asked", nobody_says, patient_position="FFS")
    assert ds.PatientSetupSequence[0].PatientPosition == "FFS"
    assert pydicom.dcmread(tmp_path / "asked/CT/CT_0001.dcm").PatientPosition == "FFS"


def test_a_plan_for_another_position_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Inconsistent, match=r"for a patient who lies HFS, but this one lies HFP"):
        export(tmp_path / "a", planned(position="HFP"))
    with pytest.raises(Inconsistent, match=r"says that the patient lay HFS, the export FFS"):
        export(tmp_path / "b", planned(), patient_position="FFS")


FIRST = beams()[0]
ODD_JAWS = (FIRST.segments[0], *(replace(s, jaw_x_mm=None) for s in FIRST.segments[1:]))
BARE = tuple(Segment(s.meterset_mu, np.zeros((2, 0))) for s in FIRST.segments)
IDLE = tuple(replace(s, meterset_mu=0.0) for s in FIRST.segments)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"number": 2}, r"have the numbers 2, 2; each needs one of its own"),
        ({"radiation": "ELECTRON"}, r"beam 1 is of ELECTRON radiation"),
        ({"segments": ODD_JAWS}, r"every segment needs the same leaves and jaws"),
        (
            {"segments": BARE, "leaf_boundaries_mm": ()},
            r"leaves and jaws, and one of them at least",
        ),
        ({"segments": IDLE, "meterset_mu": 0.0}, r"gives 0 MU in all segments"),
        ({"machine": "a machine with a long name"}, r"the machine's name .* 1 to 16 are allowed"),
        ({"machine": ""}, r"the machine's name '' cannot be written"),
        ({"name": "A\\B"}, r"beam 1: its name .* cannot be written as DICOM text"),
    ],
)
def test_beams_that_dicom_cannot_hold_are_refused(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        export(tmp_path / "out", with_beam(**changes))
    assert not (tmp_path / "out").exists()


def test_one_plan_is_exported_alone_with_its_dose(tmp_path: Path) -> None:
    older = Plan("1.2.3.8", "older", 3, 30.0, (), None, None)
    case = replace(planned(), plans=(older, plan()))
    summary = export_plan(case, plan(), dose(), tmp_path)
    assert [p.name for p in summary.plans] == ["RTPLAN_1.dcm"]
    assert [d.path.name for d in summary.doses] == ["RTDOSE_1.dcm"]
    assert summary.structures is not None
    assert any("2 beams, step and shoot; unapproved" in note.text for note in summary.notes)


@pytest.mark.parametrize(
    ("changed_plan", "changed_dose", "error", "message"),
    [
        ({"beams": ()}, {}, InvalidInput, r"for delivery: it has no beams"),
        (
            {"beams": (replace(FIRST, segments=()),)},
            {},
            InvalidInput,
            r"for delivery: its beams 1 have no segments",
        ),
        ({}, {"plan_uid": "1.9"}, Inconsistent, r"is that of another plan \(1\.9\)"),
        ({}, {"plan_uid": None}, Inconsistent, r"of none that it names"),
        ({}, {"summation": "BEAM"}, InvalidInput, r"of kind BEAM; .* total dose \(PLAN\)"),
        ({"frame_of_reference_uid": "1.7"}, {}, Inconsistent, r"it lies in the frame .* 1\.7"),
        ({}, {"frame_of_reference_uid": "1.7"}, Inconsistent, r"its dose lies in the frame"),
    ],
)
def test_what_is_no_finished_plan_is_not_exported(
    tmp_path: Path,
    changed_plan: dict[str, Any],
    changed_dose: dict[str, Any],
    error: type[Exception],
    message: str,
) -> None:
    with pytest.raises(error, match=message):
        export_plan(
            planned(), plan(**changed_plan), replace(dose(), **changed_dose), tmp_path / "out"
        )
    assert not (tmp_path / "out").exists()


def test_a_dose_that_cannot_be_written_stops_the_export(tmp_path: Path) -> None:
    negative = replace(dose(), volume=dose().volume.scaled(-1.0))
    with pytest.raises(InvalidInput, match="RTDOSE is written without sign"):
        export_plan(planned(), plan(), negative, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_empty_structure_among_those_of_the_plan_is_no_hindrance(tmp_path: Path) -> None:
    grid = planned().image.grid
    nothing = Structure.from_mask("CTV1", np.zeros(grid.shape), grid, "CTV")
    assert export_plan(planned().with_structures(nothing), plan(), dose(), tmp_path).plans
