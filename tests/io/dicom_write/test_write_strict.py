"""What is written obeys the standard, says whose it is, and is the same each time."""

from __future__ import annotations

import datetime
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom import config
from pydicom.dataset import Dataset

from hepatica.case import Structure, Volume
from hepatica.io.dicom.write import WriteOptions, write_case
from hepatica.io.dicom.write_rtstruct import INTERPRETED_TYPE
from tests.io.dicom_write.written_case import DIRECTIONS, FRAME, case, grid


@contextmanager
def raising() -> Iterator[None]:
    before = config.settings.reading_validation_mode
    config.settings.reading_validation_mode = config.RAISE
    try:
        yield
    finally:
        config.settings.reading_validation_mode = before


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.dcm"))


def datasets(folder: Path) -> dict[str, Dataset]:
    return {path.name: pydicom.dcmread(path) for path in files(folder)}


@pytest.mark.parametrize("direction", list(DIRECTIONS))
def test_every_value_passes_the_strict_reader(tmp_path: Path, direction: str) -> None:
    write_case(case(DIRECTIONS[direction]), tmp_path / "export")
    with raising():
        for path in files(tmp_path):
            ds = pydicom.dcmread(path)
            assert ds.walk(lambda _, element: element.value) is None
            assert "at 0x" not in str(ds)


@pytest.mark.peer
@pytest.mark.parametrize("direction", ["axial", "oblique"])
@pytest.mark.parametrize("holes", ["loops", "keyhole"])
def test_dciodvfy_finds_no_error(tmp_path: Path, direction: str, holes: str) -> None:
    program = shutil.which("dciodvfy")
    if program is None:
        pytest.skip("dciodvfy is not installed (Debian package dicom3tools)")
    original = case(DIRECTIONS[direction])
    fraction = replace(original.doses[0], uid="1.5", summation="FRACTION")
    bare = replace(original.doses[0], uid="1.6", plan_uid=None)
    write_case(
        original.with_doses(fraction, bare),
        tmp_path,
        WriteOptions(dose_bits=16, holes=holes, study_date=datetime.date(2024, 2, 29)),  # type: ignore[arg-type]
    )
    for path in [tmp_path / "CT/CT_0001.dcm", *sorted(tmp_path.glob("*.dcm"))]:
        done = subprocess.run(
            [program, "-new", str(path)], capture_output=True, text=True, check=False
        )
        said = done.stdout + done.stderr
        assert "Error" not in said, f"{path.name}: {said}"
        assert done.returncode == 0


def test_exporting_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    write_case(case(), tmp_path / "one")
    write_case(case(), tmp_path / "two")
    one, two = files(tmp_path / "one"), files(tmp_path / "two")
    assert [p.name for p in one] == [p.name for p in two]
    assert all(a.read_bytes() == b.read_bytes() for a, b in zip(one, two, strict=True))


def test_an_edited_structure_changes_its_set_but_not_the_slices(tmp_path: Path) -> None:
    original = case()
    smaller = Structure.from_mask("GTV1", np.zeros(grid().shape), grid(), "GTV")
    write_case(original, tmp_path / "one")
    write_case(original.with_structures(smaller), tmp_path / "two")
    one, two = datasets(tmp_path / "one"), datasets(tmp_path / "two")
    assert one["CT_0001.dcm"].SOPInstanceUID == two["CT_0001.dcm"].SOPInstanceUID
    assert one["RTSTRUCT.dcm"].SOPInstanceUID != two["RTSTRUCT.dcm"].SOPInstanceUID
    assert one["RTDOSE_1.dcm"].SOPInstanceUID != two["RTDOSE_1.dcm"].SOPInstanceUID


def test_another_case_shares_no_identifier(tmp_path: Path) -> None:
    write_case(case(), tmp_path / "one")
    write_case(replace(case(), case_id="HEP-002"), tmp_path / "two")
    one, two = (
        {ds.SOPInstanceUID for ds in datasets(tmp_path / name).values()} for name in ("one", "two")
    )
    assert not one & two


def test_identifiers_are_unique_and_point_at_files_of_the_export(tmp_path: Path) -> None:
    write_case(case(), tmp_path)
    found = datasets(tmp_path)
    uids = [ds.SOPInstanceUID for ds in found.values()]
    assert len(set(uids)) == len(uids)
    assert {ds.StudyInstanceUID for ds in found.values()} == {
        found["RTDOSE_1.dcm"].StudyInstanceUID
    }
    assert {ds.FrameOfReferenceUID for ds in found.values()} == {FRAME}
    structures, plan, dose = (found[n] for n in ("RTSTRUCT.dcm", "RTPLAN_1.dcm", "RTDOSE_1.dcm"))
    assert dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID == plan.SOPInstanceUID
    referenced = plan.ReferencedStructureSetSequence[0].ReferencedSOPInstanceUID
    assert referenced == structures.SOPInstanceUID
    frame = structures.ReferencedFrameOfReferenceSequence[0]
    series = frame.RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
    slices = {i.ReferencedSOPInstanceUID for i in series.ContourImageSequence}
    assert slices == {ds.SOPInstanceUID for ds in found.values() if ds.Modality == "CT"}
    for roi in structures.StructureSetROISequence:
        assert roi.ReferencedFrameOfReferenceUID == FRAME


def test_each_contour_names_the_slice_it_lies_on(tmp_path: Path) -> None:
    write_case(case(DIRECTIONS["oblique"]), tmp_path)
    found = datasets(tmp_path)
    slices = {ds.SOPInstanceUID: ds for ds in found.values() if ds.Modality == "CT"}
    for roi in found["RTSTRUCT.dcm"].ROIContourSequence:
        for contour in roi.ContourSequence:
            ct = slices[contour.ContourImageSequence[0].ReferencedSOPInstanceUID]
            row, column = np.split(np.array(ct.ImageOrientationPatient, float), 2)
            points = np.array(contour.ContourData, float).reshape(-1, 3)
            away = (points - np.array(ct.ImagePositionPatient, float)) @ np.cross(row, column)
            assert np.abs(away).max() < 1e-3
            assert contour.NumberOfContourPoints == len(points)


def test_every_file_says_it_is_research_and_without_identity(tmp_path: Path) -> None:
    write_case(case(), tmp_path)
    for ds in datasets(tmp_path).values():
        assert (str(ds.PatientName), ds.PatientID) == ("HEP-001", "HEP-001")
        assert ds.PatientIdentityRemoved == "YES"
        assert "pseudonym" in ds.DeidentificationMethod
        assert ds.ManufacturerModelName.startswith("Hepatica ")
        assert "esearch use" in ds.StudyDescription
        assert ds.SpecificCharacterSet == "ISO_IR 192"
        assert ds.PatientBirthDate == ds.StudyDate == ds.AccessionNumber == ""


def test_plan_and_structures_are_unapproved_and_for_research(tmp_path: Path) -> None:
    write_case(case(), tmp_path)
    found = datasets(tmp_path)
    assert found["RTSTRUCT.dcm"].ApprovalStatus == "UNAPPROVED"
    assert found["RTPLAN_1.dcm"].ApprovalStatus == "UNAPPROVED"
    assert found["RTPLAN_1.dcm"].PlanIntent == "RESEARCH"
    assert "BeamSequence" not in found["RTPLAN_1.dcm"]


def test_date_and_position_are_written_only_when_given(tmp_path: Path) -> None:
    options = WriteOptions(study_date=datetime.date(2020, 1, 31), patient_position="HFS")
    write_case(case(), tmp_path, options)
    ct = datasets(tmp_path)["CT_0001.dcm"]
    assert (ct.StudyDate, ct.PatientPosition) == ("20200131", "HFS")


@pytest.mark.parametrize("bits", [16, 32])
def test_the_scaling_is_the_maximum_over_the_largest_number(tmp_path: Path, bits: int) -> None:
    write_case(case(), tmp_path, WriteOptions(dose_bits=bits))  # type: ignore[arg-type]
    ds = datasets(tmp_path)["RTDOSE_1.dcm"]
    highest = float(case().doses[0].volume.values.max())
    assert float(ds.DoseGridScaling) == pytest.approx(highest / (2**bits - 1), rel=1e-8)
    assert int(ds.pixel_array.max()) >= 2**bits - 8
    assert (ds.BitsAllocated, ds.PixelRepresentation, ds.DoseUnits) == (bits, 0, "GY")
    assert ds.FrameIncrementPointer == 0x3004000C
    assert float(ds.GridFrameOffsetVector[0]) == 0.0


def test_every_role_has_its_interpreted_type(tmp_path: Path) -> None:
    original = case()
    liver = original.structures["Liver"]
    more = [liver.named(f"as_{role}", role) for role in INTERPRETED_TYPE]  # type: ignore[arg-type]
    write_case(original.with_structures(*more), tmp_path)
    ds = datasets(tmp_path)["RTSTRUCT.dcm"]
    names = {roi.ROINumber: roi.ROIName for roi in ds.StructureSetROISequence}
    types = {
        names[o.ReferencedROINumber]: o.RTROIInterpretedType for o in ds.RTROIObservationsSequence
    }
    assert types["as_GTV"] == "GTV"
    assert types["as_EXTERNAL"] == "EXTERNAL"
    assert types["as_OTHER"] == ""


def test_slices_are_numbered_along_their_normal(tmp_path: Path) -> None:
    write_case(case(DIRECTIONS["left-handed"]), tmp_path)
    heights = []
    for name, ds in sorted(datasets(tmp_path).items()):
        if name.startswith("CT"):
            heights.append(float(ds.ImagePositionPatient[2]))
            assert ds.InstanceNumber == len(heights)
    assert heights == sorted(heights)


def test_an_outline_of_many_points_is_written_whole(tmp_path: Path) -> None:
    on = grid()
    turn = np.linspace(0, 2 * np.pi, 6000, endpoint=False)
    index = np.stack([24 + 15 * np.cos(turn), 19 + 9 * np.sin(turn), np.full(6000, 4.0)], axis=1)
    from hepatica.case import Contours

    fine = Structure.from_contours("Fine", Contours((on.point_at(index),)), on)
    write_case(case().with_structures(fine), tmp_path)
    with raising():
        ds = datasets(tmp_path)["RTSTRUCT.dcm"]
        item = ds.ROIContourSequence[2].ContourSequence[0]
        assert len(item.ContourData) == 18000


def test_fractional_hounsfield_units_are_rounded(tmp_path: Path) -> None:
    original = case()
    halves = Volume(original.image.values + np.float32(0.4), original.image.grid, "HU")
    write_case(replace(original, image=halves), tmp_path)
    ds = datasets(tmp_path)["CT_0001.dcm"]
    np.testing.assert_array_equal(ds.pixel_array, original.image.values[0])


def test_strict_mode_ends_with_the_export(tmp_path: Path) -> None:
    before = config.settings.reading_validation_mode
    write_case(case(), tmp_path)
    assert config.settings.reading_validation_mode == before
