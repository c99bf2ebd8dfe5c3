"""A dose file gives its Gy where they were computed, or says why it cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from hepatica.case.case import Case
from hepatica.case.grid import Grid
from hepatica.case.volume import Volume
from hepatica.errors import Inconsistent, InvalidInput
from hepatica.io.dicom.dose import read_dose, read_rtdose
from hepatica.io.dicom.identity import Identity
from tests.io.dicom.builders import FRAME, CtSeries, DoseFile, registration, turned, uid

KEY = Identity("SECRET-4711", "", "19500101", "secret").key(FRAME)
DOSE_UID = uid("RTDOSE", "dose.dcm")


def dose_of(tmp_path: Path, **options: Any) -> Any:
    return read_rtdose(DoseFile(tmp_path / "dose.dcm", **options).write()).dose


def setting(**values: Any) -> Callable[[Dataset], None]:
    """A change that sets elements, or deletes those given as None."""

    def change(ds: Dataset) -> None:
        for keyword, value in values.items():
            if value is None:
                del ds[keyword]
            else:
                setattr(ds, keyword, value)

    return change


@pytest.mark.parametrize("dtype", [np.uint16, np.uint32])
def test_values_are_scaled_to_gy(tmp_path: Path, dtype: type) -> None:
    dose = dose_of(tmp_path, dtype=dtype)
    assert dose.volume.unit == "Gy"
    assert dose.volume.values[:, 0, 0] == pytest.approx([1, 2, 3, 4])
    assert dose.summation == "PLAN"
    assert dose.frame_of_reference_uid == FRAME


@pytest.mark.parametrize("scaling", ["1", "1e-7"])
def test_a_scaling_of_one_and_a_tiny_one_are_read(tmp_path: Path, scaling: str) -> None:
    assert dose_of(tmp_path, scaling=scaling).volume.values.max() == pytest.approx(4.0)


def test_pixels_need_not_be_square(tmp_path: Path) -> None:
    grid = dose_of(tmp_path).volume.grid
    assert grid.spacing_mm == (3.0, 2.0, 2.5)
    assert grid.origin_mm == (-15.0, -8.0, 1.0)


@pytest.mark.parametrize(
    ("offsets", "position", "lowest"),
    [
        ((0.0, 2.5, 5.0, 7.5), (-15.0, -8.0, 1.0), 1.0),
        ((0.0, -2.5, -5.0, -7.5), (-15.0, -8.0, 1.0), -6.5),
        ((1.0, 3.5, 6.0, 8.5), (-15.0, -8.0, 1.0), 1.0),
        ((1.0, -1.5, -4.0, -6.5), (-15.0, -8.0, 1.0), -6.5),
        ((0.0, 2.5, 5.0, 7.5), (-15.0, -8.0, 0.0), 0.0),
    ],
    ids=["relative", "relative descending", "absolute", "absolute descending", "both readings"],
)
def test_frame_offsets_are_read_both_ways_and_in_both_directions(
    tmp_path: Path, offsets: Any, position: Any, lowest: float
) -> None:
    volume = dose_of(tmp_path, offsets=offsets, position=position).volume
    assert volume.grid.origin_mm == pytest.approx((-15.0, -8.0, lowest))
    assert volume.values[:, 0, 0] == pytest.approx([1, 2, 3, 4])
    assert volume.grid.spacing_mm[2] == pytest.approx(2.5)


def test_offsets_of_a_feet_first_grid_follow_its_normal(tmp_path: Path) -> None:
    dose = dose_of(tmp_path, orientation=(1, 0, 0, 0, -1, 0))
    assert dose.volume.grid.point_at((0, 0, 3)) == pytest.approx([-15.0, -8.0, 1.0 - 7.5])
    assert dose.volume.values[3, 0, 0] == pytest.approx(4.0)


def test_an_oblique_grid_is_read_by_its_directions(tmp_path: Path) -> None:
    orientation = (0.8, 0.6, 0, -0.36, 0.48, 0.8)
    grid = dose_of(tmp_path, orientation=orientation).volume.grid
    row, column = np.array(orientation[:3]), np.array(orientation[3:])
    point = np.array((-15.0, -8.0, 1.0)) + 4 * 3.0 * row + 2 * 2.0 * column
    assert grid.index_of(point + 5.0 * np.cross(row, column)) == pytest.approx([4, 2, 2])


def test_absolute_offsets_on_planes_that_are_not_axial_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="GridFrameOffsetVector begins with 1; the standard"):
        dose_of(tmp_path, offsets=(1.0, 3.5, 6.0, 8.5), orientation=(1, 0, 0, 0, -1, 0))


def test_offsets_that_begin_anywhere_else_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"begins with 4; .* 0, or the z .* \(1\)"):
        dose_of(tmp_path, offsets=(4.0, 6.5, 9.0, 11.5))


def test_offsets_that_rise_and_fall_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="neither rises nor falls steadily"):
        dose_of(tmp_path, offsets=(0.0, 5.0, 2.5, 7.5))


def test_a_number_of_offsets_unlike_the_frames_is_refused(tmp_path: Path) -> None:
    change = setting(GridFrameOffsetVector=[0.0, 2.5])
    with pytest.raises(InvalidInput, match="4 frames but 2 values"):
        dose_of(tmp_path, change=change)


def test_missing_offsets_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="4 frames but 0 values"):
        dose_of(tmp_path, change=setting(GridFrameOffsetVector=None))


def test_uneven_planes_are_refused_unless_resampling_is_asked_for(tmp_path: Path) -> None:
    path = DoseFile(tmp_path / "dose.dcm", offsets=(0.0, 2.5, 5.0, 10.0)).write()
    with pytest.raises(InvalidInput, match="not evenly spaced"):
        read_rtdose(path)
    read = read_rtdose(path, resample_missing=True)
    assert read.dose.volume.values[:, 0, 0] == pytest.approx([1, 2, 3, 3.5, 4])
    assert "resampled, as asked, to 5 planes every 2.5 mm" in read.notes[0].text


def test_one_plane_takes_its_thickness(tmp_path: Path) -> None:
    path = DoseFile(tmp_path / "dose.dcm", offsets=None, change=setting(SliceThickness="4")).write()
    read = read_rtdose(path)
    assert read.dose.volume.grid.shape == (1, 8, 10)
    assert read.dose.volume.grid.spacing_mm[2] == 4.0
    assert "SliceThickness 4 mm is its spacing" in read.notes[0].text


def test_one_plane_without_thickness_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="one plane and no SliceThickness"):
        dose_of(tmp_path, offsets=None)


REFUSED = {
    "relative": ({"DoseUnits": "RELATIVE"}, "DoseUnits is RELATIVE; Hepatica needs GY"),
    "no units": ({"DoseUnits": None}, "DoseUnits is missing; Hepatica needs GY"),
    "difference": ({"DoseType": "ERROR"}, "it is a difference of doses, not a dose"),
    "signed": ({"PixelRepresentation": 1}, "with signed values: it is a difference"),
    "effective": ({"DoseType": "EFFECTIVE"}, "DoseType is EFFECTIVE; Hepatica needs PHYSICAL"),
    "no type": ({"DoseType": None}, "DoseType is missing; Hepatica needs PHYSICAL"),
    "no scaling": ({"DoseGridScaling": None}, "DoseGridScaling is missing"),
    "zero scaling": ({"DoseGridScaling": "0"}, "DoseGridScaling is 0; it must be a number above"),
    "no position": ({"ImagePositionPatient": None}, "ImagePositionPatient has 0 numbers"),
    "no orientation": ({"ImageOrientationPatient": None}, "ImageOrientationPatient has 0 numbers"),
    "no pixel size": ({"PixelSpacing": None}, "PixelSpacing has 0 numbers"),
    "no grid": ({"Rows": None, "Columns": None, "PixelData": None}, "it holds no dose grid"),
    "no pixels": ({"PixelData": None}, "truncated or damaged"),
    "no dose": ({"Modality": "RTIMAGE"}, "is RTIMAGE, not an RTDOSE"),
}


@pytest.mark.parametrize(("values", "message"), REFUSED.values(), ids=REFUSED)
def test_a_dose_that_is_none_is_refused_with_the_reason(
    tmp_path: Path, values: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        dose_of(tmp_path, change=setting(**values))


def test_an_unknown_summation_is_kept_with_a_warning(tmp_path: Path) -> None:
    read = read_rtdose(DoseFile(tmp_path / "dose.dcm", summation=None).write())
    assert read.dose.summation == "UNKNOWN"
    assert "DoseSummationType is missing" in read.notes[0].text


def test_a_dose_of_several_plans_is_said(tmp_path: Path) -> None:
    read = read_rtdose(DoseFile(tmp_path / "dose.dcm", summation="MULTI_PLAN").write())
    assert read.dose.summation == "MULTI_PLAN"
    assert "sum of several plans" in read.notes[0].text


def case(frame: str = FRAME, key: str = KEY) -> Case:
    grid = Grid((4, 8, 8), (3.0, 3.0, 3.0))
    return Case("one", Volume(np.zeros(grid.shape, np.int16), grid, "HU"), frame, patient_key=key)


def test_a_dose_is_read_for_a_case(tmp_path: Path) -> None:
    dose = read_dose(DoseFile(tmp_path / "dose.dcm").write(), case())
    assert dose.volume.values.max() == pytest.approx(4.0)
    assert dose.origin == f"RTDOSE ...{DOSE_UID[-8:]}, PLAN; same patient"
    assert dose.label == f"RTDOSE ...{DOSE_UID[-8:]}"


def test_a_dose_of_another_frame_is_refused(tmp_path: Path) -> None:
    path = DoseFile(tmp_path / "dose.dcm").write()
    with pytest.raises(Inconsistent, match=r"its frame of reference .* is not that of the image"):
        read_dose(path, case(frame=uid("other"), key=""))


def test_a_dose_without_frame_is_refused(tmp_path: Path) -> None:
    path = DoseFile(tmp_path / "dose.dcm", change=setting(FrameOfReferenceUID=None)).write()
    with pytest.raises(Inconsistent, match="it states no FrameOfReferenceUID"):
        read_dose(path, case())


def test_a_registration_moves_a_dose_without_resampling_it(tmp_path: Path) -> None:
    path = DoseFile(tmp_path / "dose.dcm").write()
    reg = registration(tmp_path / "reg.dcm", FRAME, turned(90.0), target_frame=uid("other"))
    other = case(uid("other"), Identity("SECRET-4711", "", "", "").key(uid("other")))
    dose = read_dose(path, other, registrations=[reg])
    assert dose.volume.grid.point_at((0, 0, 0)) == pytest.approx([8.0, -15.0, 1.0])
    assert dose.volume.values[:, 0, 0] == pytest.approx([1, 2, 3, 4])
    assert dose.frame_of_reference_uid == uid("other")
    assert f"moved by REG ...{uid('REG', 'reg.dcm')[-8:]}" in dose.origin


def test_a_dose_of_another_patient_is_refused_without_naming_anybody(tmp_path: Path) -> None:
    path = DoseFile(tmp_path / "dose.dcm", change=setting(PatientID="OTHER")).write()
    with pytest.raises(Inconsistent, match="nor the pseudonym of case one") as fault:
        read_dose(path, case())
    assert "OTHER" not in str(fault.value)
    dose = read_dose(path, case(), accept_identity_mismatch=True)
    assert "accepted by the user" in dose.origin


def test_a_dose_under_the_cases_pseudonym_is_its_own(tmp_path: Path) -> None:
    path = DoseFile(tmp_path / "dose.dcm", change=setting(PatientID="one")).write()
    assert "under the pseudonym of the case" in read_dose(path, case()).origin


def test_a_dose_that_leaves_the_birth_date_blank_is_still_the_patients(tmp_path: Path) -> None:
    path = DoseFile(tmp_path / "dose.dcm", change=setting(PatientBirthDate="")).write()
    assert "same patient" in read_dose(path, case()).origin


def test_an_unknown_patient_is_said(tmp_path: Path) -> None:
    dose = read_dose(DoseFile(tmp_path / "dose.dcm").write(), case(key=""))
    assert "patient not compared" in dose.origin


def test_a_ct_is_no_dose(tmp_path: Path) -> None:
    ct = CtSeries(tmp_path, heights=(0.0,)).write()
    with pytest.raises(InvalidInput, match="is CT, not an RTDOSE"):
        read_dose(ct.files[0], case())


def test_a_file_that_is_not_dicom_is_called_that(tmp_path: Path) -> None:
    path = tmp_path / "empty.dcm"
    path.write_bytes(b"")
    with pytest.raises(InvalidInput, match=r"empty\.dcm is not a DICOM file\. Give the dose file"):
        read_dose(path, case())


@pytest.mark.parametrize("scaling", ["0.1", "1e38"])
def test_a_dose_that_no_beam_gives_is_refused(tmp_path: Path, scaling: str) -> None:
    path = DoseFile(tmp_path / "dose.dcm", change=setting(DoseGridScaling=scaling)).write()
    with pytest.raises(InvalidInput, match=r"its maximum is .* Gy; up to 200 Gy .*DoseGridScaling"):
        read_dose(path, case())


def test_a_dose_of_nothing_is_refused(tmp_path: Path) -> None:
    def empty(ds: Dataset) -> None:
        ds.PixelData = bytes(len(ds.PixelData))

    path = DoseFile(tmp_path / "dose.dcm", change=empty).write()
    with pytest.raises(InvalidInput, match="the dose is zero everywhere"):
        read_dose(path, case())
    assert "zero everywhere" in read_rtdose(path).notes[0].text


def test_what_a_clinic_wrote_about_a_dose_is_not_kept(tmp_path: Path) -> None:
    said = setting(DoseComment="Mrs Secret, boost", SeriesDescription="Secret", Manufacturer="TPS")
    dose = read_dose(DoseFile(tmp_path / "Secret.dcm", change=said).write(), case())
    assert "Secret" not in dose.label + dose.origin
    own = setting(DoseComment="Idealised dose", Manufacturer="Hepatica")
    assert read_dose(DoseFile(tmp_path / "d.dcm", change=own).write(), case()).label == (
        "Idealised dose"
    )


def test_a_dose_of_sources_inside_the_body_may_be_higher(tmp_path: Path) -> None:
    brachy = DoseFile(tmp_path / "brachy.dcm", summation="BRACHY", scaling="1", dtype=np.uint16)
    brachy.change = lambda ds: setattr(ds, "DoseGridScaling", "300")
    read = read_rtdose(brachy.write())
    assert read.dose.volume.values.max() == 1200.0
    assert any("1200 Gy: taken as given by sources inside" in note.text for note in read.notes)


def test_a_high_dose_of_a_plan_is_taken_only_when_the_user_says_so(tmp_path: Path) -> None:
    high = DoseFile(tmp_path / "y90.dcm", scaling="1", dtype=np.uint16)
    high.change = lambda ds: setattr(ds, "DoseGridScaling", "300")
    path = high.write()
    with pytest.raises(InvalidInput, match=r"its maximum is 1200 Gy; .* --accept-high-dose"):
        read_rtdose(path)
    assert read_rtdose(path, accept_high_dose=True).dose.volume.values.max() == 1200.0
    assert read_dose(path, case(), accept_high_dose=True).volume.values.max() == 1200.0
