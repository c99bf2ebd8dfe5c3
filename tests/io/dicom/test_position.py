"""How the patient lay is taken from what the files say, and they have to agree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset

from hepatica.errors import Inconsistent, UsageError
from hepatica.io.dicom.read import Choices, read_dicom
from hepatica.io.importer import ImportRequest, import_case
from tests.io.dicom.builders import FRAME, CtSeries, beam, plan, registration, turned, uid


def ct(folder: Path, *positions: str) -> None:
    """A CT whose slices say these positions in turn."""

    def lying(ds: Dataset, k: int) -> None:
        if positions:
            ds.PatientPosition = positions[k % len(positions)]

    CtSeries(folder, change=lying).write()


def setup(position: str) -> Any:
    def change(ds: Dataset) -> None:
        item = Dataset()
        item.PatientSetupNumber, item.PatientPosition = 1, position
        ds.PatientSetupSequence = [item]

    return change


def told(notes: tuple[Any, ...]) -> str:
    return " ".join(f"{note.subject}: {note.text}" for note in notes)


def test_the_image_says_how_the_patient_lay(tmp_path: Path) -> None:
    ct(tmp_path, "HFP")
    assert read_dicom([tmp_path]).patient_position == "HFP"


def test_nobody_says_it(tmp_path: Path) -> None:
    ct(tmp_path)
    assert read_dicom([tmp_path]).patient_position == ""


def test_the_plan_says_it_where_the_image_does_not(tmp_path: Path) -> None:
    ct(tmp_path)
    plan(tmp_path / "plan.dcm", change=setup("FFS"))
    assert read_dicom([tmp_path]).patient_position == "FFS"


def test_the_user_says_it_where_the_files_do_not(tmp_path: Path) -> None:
    ct(tmp_path)
    case = read_dicom([tmp_path], choices=Choices(patient_position="HFS"))
    assert case.patient_position == "HFS"
    assert "patient position: HFS, as the user says" in told(case.notes)


def test_image_and_plan_that_disagree_are_refused(tmp_path: Path) -> None:
    ct(tmp_path, "HFS")
    plan(tmp_path / "plan.dcm", change=setup("HFP"))
    with pytest.raises(Inconsistent, match=r"CT series .* says HFS; RTPLAN .* says HFP"):
        read_dicom([tmp_path])


def test_a_user_who_contradicts_the_files_is_refused(tmp_path: Path) -> None:
    ct(tmp_path, "HFS")
    with pytest.raises(Inconsistent, match=r"says HFS; the user says FFS"):
        read_dicom([tmp_path], choices=Choices(patient_position="FFS"))


def test_slices_that_disagree_are_refused(tmp_path: Path) -> None:
    ct(tmp_path, "HFS", "FFS")
    with pytest.raises(Inconsistent, match=r"says FFS; CT series .* says HFS"):
        read_dicom([tmp_path])


def test_a_plan_of_several_positions_says_none(tmp_path: Path) -> None:
    def two(ds: Dataset) -> None:
        setup("HFS")(ds)
        ds.PatientSetupSequence.append(Dataset())
        ds.PatientSetupSequence[1].PatientPosition = "FFS"

    ct(tmp_path)
    plan(tmp_path / "plan.dcm", change=two)
    case = read_dicom([tmp_path])
    assert case.patient_position == ""
    assert "several patient positions: FFS, HFS" in told(case.notes)


def test_a_word_that_dicom_does_not_know_is_not_taken(tmp_path: Path) -> None:
    ct(tmp_path, "SITTING")
    case = read_dicom([tmp_path])
    assert case.patient_position == ""
    assert "'SITTING' is none that Hepatica knows" in told(case.notes)


def test_a_word_of_the_user_that_dicom_does_not_know_is_refused(tmp_path: Path) -> None:
    ct(tmp_path)
    with pytest.raises(UsageError, match=r"Patient position 'supine': one of HFS, HFP"):
        read_dicom([tmp_path], choices=Choices(patient_position="supine"))


def test_the_import_carries_it_into_the_case(tmp_path: Path) -> None:
    ct(tmp_path)
    request = ImportRequest(sources=(tmp_path,), patient_position="HFDL")
    assert import_case(request).patient_position == "HFDL"


def test_the_real_scan_on_the_back_says_so(rt_set_breast: Path) -> None:
    files = [rt_set_breast / name for name in ("ct.0.dcm", "rtplan.dcm")]
    assert read_dicom(files).patient_position == "HFS"


def test_a_plan_without_frame_of_reference_is_taken_to_lie_in_that_of_the_image(
    tmp_path: Path,
) -> None:
    def frameless(ds: Dataset) -> None:
        del ds.FrameOfReferenceUID
        ds.BeamSequence[0].ControlPointSequence[0].IsocenterPosition = [1.0, 2.0, 3.0]

    ct(tmp_path, "HFS")
    plan(tmp_path / "plan.dcm", change=frameless)
    case = read_dicom([tmp_path])
    assert case.plans[0].beams[0].isocentre_mm == (1.0, 2.0, 3.0)
    assert "isocentres are taken to lie in the image's" in told(case.notes)


def test_beams_of_another_frame_come_without_their_places(tmp_path: Path) -> None:
    other = uid("another frame")

    def elsewhere(ds: Dataset) -> None:
        ds.FrameOfReferenceUID = other
        item = beam(1)
        item.ControlPointSequence[0].IsocenterPosition = [1.0, 2.0, 3.0]
        ds.BeamSequence = [item, beam(2)]

    ct(tmp_path, "HFS")
    plan(tmp_path / "plan.dcm", change=elsewhere)
    registration(tmp_path / "reg.dcm", other, turned(3.0), target_frame=FRAME)
    case = read_dicom([tmp_path])
    assert case.plans[0].beams[0].isocentre_mm is None
    assert "Isocentres and segments are those of the other frame: left out" in told(case.notes)
