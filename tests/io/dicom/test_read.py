"""Folders of anything become one case, and its notes tell every choice."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from hepatica.case.case import Case
from hepatica.errors import AmbiguousName, Inconsistent, InvalidInput
from hepatica.io.dicom.read import Choices, read_dicom
from tests.io.dicom.builders import (
    MR,
    CtSeries,
    DoseFile,
    Region,
    box,
    plan,
    registration,
    structure_set,
    turned,
    uid,
)

REGIONS = [Region(1, "Liver", [box(z) for z in (3.0, 6.0)]), Region(2, "GTV1", [box(3.0)])]
OTHER = uid("other frame")


def in_frame(frame: str | None) -> Callable[..., None]:
    def change(ds: Dataset, k: int = 0) -> None:
        if frame is None:
            del ds.FrameOfReferenceUID
        else:
            ds.FrameOfReferenceUID = frame

    return change


def patient(folder: Path, **options: Any) -> CtSeries:
    """A CT, a structure set drawn on it, a plan made on that, and its dose."""
    ct = CtSeries(folder / "ct", **options).write()
    rtss = structure_set(folder / "rtss.dcm", REGIONS, ct)
    rtplan = plan(folder / "plan.dcm", structure_set_path=rtss)
    DoseFile(folder / "dose.dcm", plan_path=rtplan).write()
    return ct


def told(case: Case, kind: str = "") -> str:
    return "\n".join(f"{n.subject}: {n.text}" for n in case.notes if kind in ("", n.kind))


def test_a_folder_becomes_a_linked_case(tmp_path: Path) -> None:
    patient(tmp_path)
    case = read_dicom([tmp_path], "P1")
    assert case.case_id == "P1"
    assert sorted(case.structures) == ["GTV1", "Liver"]
    assert [g.name for g in case.gtvs] == ["GTV1"]
    assert case.plans[0].prescription_gy == 48.0
    assert case.doses[0].plan_uid == case.plans[0].uid
    assert case.frame_of_reference_uid == uid("frame")
    assert "the contours name its slices" in told(case, "linked")
    rtss = f"RTSTRUCT ...{uid('RTSTRUCT', 'rtss.dcm')[-8:]}"
    assert f"{rtss}: It lies on CT series of 5 files, UID ..." in told(case, "linked")
    assert f"It was made on {rtss}" in told(case, "linked")
    assert 'It belongs to plan "plan"' in told(case, "linked")
    assert "warning" not in {n.kind for n in case.notes}


def test_no_note_and_no_id_holds_the_patient(tmp_path: Path) -> None:
    patient(tmp_path)
    case = read_dicom([tmp_path])
    everything = told(case) + case.case_id + repr(case.plans) + case.patient_key
    assert "Secret" not in everything
    assert "4711" not in everything
    assert case.case_id.startswith("case-")
    assert len(case.patient_key) == 64


def test_nothing_that_is_kept_holds_the_free_text_of_a_clinic(tmp_path: Path) -> None:
    patient(tmp_path / "Doe_Jane")
    for path in (tmp_path / "Doe_Jane").rglob("*.dcm"):
        ds = dcmread(path)
        ds.SeriesDescription = ds.DoseComment = ds.StudyDescription = "Doe Jane"
        if "StructureSetLabel" in ds:
            ds.StructureSetLabel = "Doe Jane"
        ds.save_as(path.with_name(f"Doe_{path.name}"))
        path.unlink()
    case = read_dicom([tmp_path / "Doe_Jane"], "P1")
    kept = told(case) + repr(case.plans) + "".join(s.origin for s in case.structures.values())
    kept += "".join(dose.label + dose.origin for dose in case.doses)
    assert "Doe" not in kept


def test_the_names_of_the_user_are_applied(tmp_path: Path) -> None:
    patient(tmp_path)
    case = read_dicom([tmp_path], names=lambda raw: raw.upper())
    assert sorted(case.structures) == ["GTV1", "LIVER"]


def test_progress_tells_each_step(tmp_path: Path) -> None:
    patient(tmp_path)
    steps: list[str] = []
    read_dicom([tmp_path], progress=lambda step, done, of: steps.append(step))
    assert list(dict.fromkeys(steps)) == ["scanning files", "reading CT slices", "reading doses"]


def test_two_patients_are_refused_and_can_be_accepted(tmp_path: Path) -> None:
    patient(tmp_path)

    def other(ds: Dataset) -> None:
        ds.PatientID = "OTHER-1"

    DoseFile(tmp_path / "dose2.dcm", change=other).write()
    with pytest.raises(Inconsistent, match=r"PatientID differs between .*dose2.dcm"):
        read_dicom([tmp_path])
    case = read_dicom([tmp_path], choices=Choices(accept_identity_mismatch=True))
    assert "different patients; accepted by the user" in told(case, "warning")


def test_missing_patient_ids_are_said(tmp_path: Path) -> None:
    def nobody(ds: Dataset, k: int) -> None:
        ds.PatientID = ""

    CtSeries(tmp_path, change=nobody).write()
    case = read_dicom([tmp_path])
    assert case.patient_key == ""
    assert "1 of 1 series have no PatientID" in told(case, "warning")


def test_the_series_that_the_contours_name_is_chosen(tmp_path: Path) -> None:
    patient(tmp_path)
    CtSeries(tmp_path / "phase", name="arterial").write()
    case = read_dicom([tmp_path])
    assert "Chosen among 2 CT series: the contours name its slices" in told(case, "chosen")
    arterial = f"CT series of 5 files, UID ...{uid('series', 'CT', 'arterial')[-8:]}"
    assert f"{arterial}: Another CT series was chosen" in told(case, "ignored")


def test_without_named_slices_the_referenced_series_is_chosen(tmp_path: Path) -> None:
    ct = CtSeries(tmp_path / "ct").write()
    CtSeries(tmp_path / "phase", name="arterial").write()
    structure_set(tmp_path / "rtss.dcm", REGIONS, ct, per_contour=False)
    case = read_dicom([tmp_path])
    assert "the structure set names the series" in told(case, "chosen")


def test_without_any_reference_the_frame_of_reference_decides(tmp_path: Path) -> None:
    CtSeries(tmp_path / "ct").write()
    CtSeries(tmp_path / "old", name="old", change=in_frame(OTHER)).write()
    structure_set(tmp_path / "rtss.dcm", REGIONS)
    case = read_dicom([tmp_path])
    assert "it alone shares the structure set's frame" in told(case, "chosen")


def test_within_one_frame_the_series_under_the_contours_is_chosen(tmp_path: Path) -> None:
    CtSeries(tmp_path / "ct").write()
    CtSeries(tmp_path / "legs", name="legs", origin=(-20.0, -10.0, -500.0)).write()
    structure_set(tmp_path / "rtss.dcm", REGIONS)
    case = read_dicom([tmp_path])
    assert "its slices carry the contours" in told(case, "chosen")
    assert case.image.grid.origin_mm[2] == 0.0


def test_two_phases_that_fit_alike_are_listed_and_one_must_be_named(tmp_path: Path) -> None:
    ct = CtSeries(tmp_path / "ct").write()
    CtSeries(tmp_path / "phase", name="arterial").write()
    structure_set(tmp_path / "rtss.dcm", REGIONS)
    with pytest.raises(InvalidInput, match="2 CT series and nothing says which") as fault:
        read_dicom([tmp_path])
    assert f'{ct.series_uid}  "ct series"  5 slices, every 3.00 mm' in str(fault.value)
    assert "--series UID" in str(fault.value)
    case = read_dicom([tmp_path], choices=Choices(series_uid=ct.series_uid))
    assert "Asked for by the user" in told(case, "chosen")


def test_without_structures_plan_and_dose_tell_the_series(tmp_path: Path) -> None:
    CtSeries(tmp_path / "ct").write()
    CtSeries(tmp_path / "old", name="old", change=in_frame(OTHER)).write()
    DoseFile(tmp_path / "dose.dcm").write()
    case = read_dicom([tmp_path])
    assert "it alone shares the frame of reference of plan or dose" in told(case, "chosen")
    assert "There is no structure set" in told(case, "warning")


def test_an_unknown_series_is_refused_with_the_list(tmp_path: Path) -> None:
    CtSeries(tmp_path / "ct").write()
    with pytest.raises(InvalidInput, match=r"No single CT series has the UID 1\.2\.3"):
        read_dicom([tmp_path], choices=Choices(series_uid="1.2.3"))


def test_asking_for_another_series_than_the_drawn_one_is_said(tmp_path: Path) -> None:
    patient(tmp_path)
    other = CtSeries(tmp_path / "phase", name="arterial").write()
    case = read_dicom([tmp_path], choices=Choices(series_uid=other.series_uid))
    assert "Its contours were drawn on another series" in told(case, "warning")


def test_scouts_projections_and_other_modalities_are_left_out(tmp_path: Path) -> None:
    patient(tmp_path)

    def of_type(word: str) -> Callable[[Dataset, int], None]:
        return lambda ds, k: setattr(ds, "ImageType", ["DERIVED", "SECONDARY", word])

    def mr(ds: Dataset, k: int) -> None:
        ds.SOPClassUID, ds.Modality = MR, "MR"

    CtSeries(tmp_path / "a", name="scout", change=of_type("LOCALIZER")).write()
    CtSeries(tmp_path / "b", name="mip", change=of_type("MIP")).write()
    CtSeries(tmp_path / "c", name="mr", change=mr).write()
    ignored = told(read_dicom([tmp_path]), "ignored")
    assert "It is a localiser (scout)" in ignored
    assert "It is an intensity projection" in ignored
    assert "1 series of MR ignored" in ignored


def test_sources_without_ct_are_refused(tmp_path: Path) -> None:
    DoseFile(tmp_path / "dose.dcm").write()
    with pytest.raises(InvalidInput, match="hold no CT series"):
        read_dicom([tmp_path])


def test_the_structure_set_that_the_plan_names_is_chosen(tmp_path: Path) -> None:
    ct = patient(tmp_path)
    structure_set(tmp_path / "old.dcm", REGIONS, ct)
    case = read_dicom([tmp_path])
    assert "Chosen among 2 structure sets: the plan names it" in told(case, "chosen")


def test_the_structure_set_of_the_asked_series_is_chosen(tmp_path: Path) -> None:
    ct = CtSeries(tmp_path / "ct").write()
    other = CtSeries(tmp_path / "phase", name="arterial").write()
    structure_set(tmp_path / "one.dcm", REGIONS, ct)
    structure_set(tmp_path / "two.dcm", REGIONS, other)
    case = read_dicom([tmp_path], choices=Choices(series_uid=other.series_uid))
    assert f"RTSTRUCT ...{uid('RTSTRUCT', 'two.dcm')[-8:]}: It lies on" in told(case, "linked")


def test_two_structure_sets_are_listed_and_one_must_be_named(tmp_path: Path) -> None:
    ct = CtSeries(tmp_path / "ct").write()
    structure_set(tmp_path / "one.dcm", REGIONS, ct)
    structure_set(tmp_path / "two.dcm", REGIONS, ct)
    with pytest.raises(InvalidInput, match=r"2 structure sets and nothing says(.|\n)*one.dcm"):
        read_dicom([tmp_path])
    chosen = Choices(structure_set_uid=uid("RTSTRUCT", "two.dcm"))
    found = told(read_dicom([tmp_path], choices=chosen))
    assert f"RTSTRUCT ...{uid('RTSTRUCT', 'two.dcm')[-8:]}: It lies on" in found
    with pytest.raises(InvalidInput, match=r"No single RTSTRUCT has the UID 1\.2\.3"):
        read_dicom([tmp_path], choices=Choices(structure_set_uid="1.2.3"))


def test_structures_of_another_frame_are_refused(tmp_path: Path) -> None:
    CtSeries(tmp_path / "ct", change=in_frame(OTHER)).write()
    structure_set(tmp_path / "rtss.dcm", REGIONS)
    with pytest.raises(Inconsistent, match="no registration"):
        read_dicom([tmp_path])


def test_a_dose_of_an_unknown_frame_is_refused(tmp_path: Path) -> None:
    patient(tmp_path)
    DoseFile(tmp_path / "dose2.dcm", change=in_frame(OTHER)).write()
    with pytest.raises(Inconsistent, match=r"RTDOSE dose2.dcm: its frame of reference .* is not"):
        read_dicom([tmp_path])


def test_a_plan_of_an_unknown_frame_is_refused(tmp_path: Path) -> None:
    patient(tmp_path)
    plan(tmp_path / "plan2.dcm", change=in_frame(OTHER))
    with pytest.raises(Inconsistent, match=r"RTPLAN plan2.dcm: its frame of reference"):
        read_dicom([tmp_path])


def test_what_belongs_to_another_ct_of_the_sources_is_left_out(tmp_path: Path) -> None:
    patient(tmp_path)
    CtSeries(tmp_path / "old", name="old", change=in_frame(OTHER)).write()
    DoseFile(tmp_path / "olddose.dcm", change=in_frame(OTHER)).write()
    plan(tmp_path / "oldplan.dcm", change=in_frame(OTHER))
    case = read_dicom([tmp_path])
    assert len(case.doses) == len(case.plans) == 1
    words = "It lies in the frame of reference of another CT series"
    assert told(case, "ignored").count(words) == 2


def test_a_registration_brings_an_older_dose_into_the_case(tmp_path: Path) -> None:
    patient(tmp_path)
    CtSeries(tmp_path / "old", name="old", change=in_frame(OTHER)).write()
    DoseFile(tmp_path / "olddose.dcm", change=in_frame(OTHER)).write()
    registration(tmp_path / "reg.dcm", OTHER, turned(0.0, (0.0, 0.0, 2.0)))
    case = read_dicom([tmp_path])
    (moved,) = [d for d in case.doses if "moved by REG ..." in d.origin]
    assert moved.volume.grid.origin_mm == pytest.approx((-15.0, -8.0, 3.0))
    assert "moved, without resampling, into the image's frame" in told(case, "linked")


def test_a_ct_without_frame_takes_that_of_the_set_which_names_its_slices(tmp_path: Path) -> None:
    patient(tmp_path, change=in_frame(None))
    case = read_dicom([tmp_path])
    assert case.frame_of_reference_uid == uid("frame")
    assert "that of the structure set, which names these very slices" in told(case, "assumed")
    assert "one was derived" not in told(case)


def test_a_dose_beside_the_image_is_said(tmp_path: Path) -> None:
    CtSeries(tmp_path / "ct").write()
    DoseFile(tmp_path / "dose.dcm", position=(500.0, 0.0, 0.0)).write()
    assert "wholly beside the image" in told(read_dicom([tmp_path]), "warning")


def test_a_dose_file_without_grid_is_left_out(tmp_path: Path) -> None:
    patient(tmp_path)

    def histograms_only(ds: Dataset) -> None:
        del ds.Rows, ds.Columns, ds.PixelData

    DoseFile(tmp_path / "dvh.dcm", change=histograms_only).write()
    case = read_dicom([tmp_path])
    assert len(case.doses) == 1
    assert f"RTDOSE ...{uid('RTDOSE', 'dvh.dcm')[-8:]}: It holds no dose grid" in told(
        case, "ignored"
    )


def test_a_plan_on_another_structure_set_is_said(tmp_path: Path) -> None:
    patient(tmp_path)
    plan(tmp_path / "plan2.dcm", structure_set_path=tmp_path / "gone.dcm")
    assert "It was made on another structure set" in told(read_dicom([tmp_path]), "warning")


def test_two_regions_of_one_name_are_refused(tmp_path: Path) -> None:
    ct = CtSeries(tmp_path / "ct").write()
    structure_set(tmp_path / "rtss.dcm", REGIONS, ct)
    with pytest.raises(AmbiguousName, match='ROI 1 "Liver" and RTSTRUCT ROI 2 "GTV1"'):
        read_dicom([tmp_path], names=lambda raw: "Liver")


def test_gaps_are_interpolated_only_when_asked(tmp_path: Path) -> None:
    CtSeries(tmp_path, heights=(0.0, 3.0, 9.0)).write()
    with pytest.raises(InvalidInput, match="ask for --resample-missing"):
        read_dicom([tmp_path])
    case = read_dicom([tmp_path], choices=Choices(resample_missing=True))
    assert case.image.grid.shape[0] == 4


def test_the_order_of_the_files_does_not_matter(tmp_path: Path) -> None:
    patient(tmp_path / "a")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    for k, file in enumerate(sorted((tmp_path / "b").rglob("*.dcm"), reverse=True)):
        file.rename(tmp_path / "b" / f"IM{k:03d}")
    one, two = read_dicom([tmp_path / "a"]), read_dicom([tmp_path / "b"])
    assert np.array_equal(one.image.values, two.image.values)
    assert one.image.grid == two.image.grid
    for name, structure in one.structures.items():
        assert np.array_equal(structure.coverage.values, two.structures[name].coverage.values)


def test_a_real_plan_is_read_whole(rt_set_breast: Path) -> None:
    case = read_dicom([rt_set_breast])
    assert len(case.structures) == 9
    volumes = {name: s.volume_cc for name, s in case.structures.items()}
    assert volumes["Heart"] == pytest.approx(case.structures["Heart"].contour_volume_cc, rel=1e-3)
    assert volumes["Breast"] == pytest.approx(400.0, abs=0.5)
    assert '"Areola": It has no closed contours' in told(case, "ignored")
    assert case.plans[0].fractions == 7
    assert case.plans[0].prescription_gy == 14.0
    assert len(case.plans[0].beams) == 4
    (dose,) = case.doses
    assert float(dose.volume.values.max()) == pytest.approx(14.68, abs=0.01)
    assert case.structures["Breast"].grid.spacing_mm[2] == pytest.approx(3.0)
