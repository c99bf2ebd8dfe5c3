"""One case out of anything: DICOM, mask series, NIfTI, labels; and every choice is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hepatica.case import Case, Contours, Structure
from hepatica.errors import AmbiguousName, Inconsistent, InvalidInput, UsageError
from hepatica.io.dicom.write import write_case
from hepatica.io.importer import ImportRequest, import_case
from tests.io.dicom.builders import CtSeries, Region, box, structure_set
from tests.io.phantom_files import (
    ORIGIN_MM,
    SHAPE,
    SPACING_MM,
    block,
    body,
    ras_affine,
    write_mask,
    write_nii,
    write_series,
)

LIVER = block(slice(1, 5), slice(4, 12), slice(4, 12))
TUMOUR = block(slice(2, 3), slice(6, 8), slice(6, 8))
VOXEL_CC = float(np.prod(SPACING_MM)) / 1000


def _import(*sources: Path, **said: Any) -> Case:
    return import_case(ImportRequest(sources, **said))


def _texts(case: Case) -> str:
    return "\n".join(f"{n.kind}: {n.subject}: {n.text}" for n in case.notes)


def _patient(folder: Path) -> Path:
    write_series(folder / "ct", body())
    write_mask(folder / "masks" / "liver", LIVER, "liver")
    write_mask(folder / "masks" / "livertumor1", TUMOUR, "livertumor1")
    return folder


def _drawn_liver(folder: Path) -> Case:
    write_series(folder, body(), FrameOfReferenceUID="1.2.3")
    case = _import(folder, case_id="p")
    square = np.array([(0, 0, 0), (9, 0, 0), (9, 7, 0), (0, 7, 0.0)])
    square += np.array([-10, -8, ORIGIN_MM[2]])
    loops = tuple(square + np.array([0, 0, SPACING_MM[2] * k]) for k in range(1, 4))
    return case.with_structures(Structure.from_contours("Liver", Contours(loops), case.image.grid))


def _labels() -> np.ndarray[Any, np.dtype[np.uint8]]:
    return LIVER.astype(np.uint8) * 5 + TUMOUR.astype(np.uint8) * 2


def _names_file(folder: Path, text: str) -> Path:
    path = folder / "names.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_scan_and_its_mask_series_become_one_case(tmp_path: Path) -> None:
    case = _import(_patient(tmp_path))
    assert sorted(case.structures) == ["GTV1", "Liver"]
    assert case.structure("Liver").volume_cc == pytest.approx(LIVER.sum() * VOXEL_CC)
    assert case.structure("GTV1").role == "GTV"
    assert case.structure("GTV1").origin == "mask series livertumor1"
    assert np.array_equal(case.structure("Liver").mask_on(case.image.grid) > 0, LIVER)


def test_the_import_report_says_what_was_assumed(tmp_path: Path) -> None:
    said = _texts(_import(_patient(tmp_path)))
    assert "2 CT series were read as masks" in said
    assert "no FrameOfReferenceUID" in said
    assert "no PatientID" in said
    assert "no PatientPosition" in said
    assert "There is no structure set" not in said
    assert "livertumor1 is GTV1" in said
    assert "case_1" not in said


def test_progress_is_reported(tmp_path: Path) -> None:
    steps = []
    request = ImportRequest((_patient(tmp_path),))
    import_case(request, lambda step, done, total: steps.append((step, done, total)))
    assert ("reading mask series", 2, 2) in steps
    assert any(step == "scanning files" for step, _, _ in steps)


def test_a_filled_region_called_skin_is_the_outline_of_the_body(tmp_path: Path) -> None:
    write_series(tmp_path / "ct", np.pad(body(), ((0, 0), (12, 12), (12, 12))))
    filled = np.zeros((6, 44, 48), bool)
    filled[:, 2:42, 2:46] = True
    write_mask(tmp_path / "skin", filled, "skin")
    case = _import(tmp_path)
    assert case.structure("External").role == "EXTERNAL"
    assert "outline of the body and not the skin" in _texts(case)


def test_a_thin_region_called_skin_stays_skin(tmp_path: Path) -> None:
    write_series(tmp_path / "ct", np.pad(body(), ((0, 0), (12, 12), (12, 12))))
    shell = np.zeros((6, 44, 48), bool)
    shell[:, 2:42, 2:46] = True
    shell[:, 4:40, 4:44] = False
    write_mask(tmp_path / "skin", shell, "skin")
    assert list(_import(tmp_path).structures) == ["Skin"]


def test_the_users_names_win_and_unused_lines_are_reported(tmp_path: Path) -> None:
    names = _names_file(tmp_path, "livertumor1: GTV4\nlivr: Liver\n")
    case = _import(_patient(tmp_path / "data"), names_file=names)
    assert sorted(case.structures) == ["GTV4", "Liver"]
    assert "'livr' fits no structure here" in _texts(case)


def test_the_user_may_leave_a_structure_out(tmp_path: Path) -> None:
    names = _names_file(tmp_path, "livertumor1:\n")
    case = _import(_patient(tmp_path / "data"), names_file=names)
    assert list(case.structures) == ["Liver"]
    assert "Left out by the name file: livertumor1" in _texts(case)


def test_an_ambiguous_name_stops_the_import_until_it_is_mapped(tmp_path: Path) -> None:
    data = _patient(tmp_path / "data")
    write_mask(data / "kidney", TUMOUR, "kidney")
    with pytest.raises(AmbiguousName, match="'kidney' fits Kidney_L, Kidney_R, Kidneys"):
        _import(data)
    names = _names_file(tmp_path, "kidney: Kidney_R\n")
    assert "Kidney_R" in _import(data, names_file=names).structures


def test_masks_of_another_patient_are_refused(tmp_path: Path) -> None:
    write_series(tmp_path / "ct", body(), PatientID="1")
    write_mask(tmp_path / "liver", LIVER, "liver", PatientID="2")
    with pytest.raises(Inconsistent, match="different patients: PatientID differs"):
        _import(tmp_path)


def test_a_mask_in_another_frame_of_reference_is_refused(tmp_path: Path) -> None:
    write_series(tmp_path / "ct", body(), FrameOfReferenceUID="1.2.3")
    write_mask(tmp_path / "liver", LIVER, "liver", FrameOfReferenceUID="1.2.4")
    with pytest.raises(Inconsistent, match="mask series liver lies in another frame of reference"):
        _import(tmp_path)


def test_labels_on_a_dicom_scan_lie_where_the_organs_are(tmp_path: Path) -> None:
    write_series(tmp_path / "ct", body(), FrameOfReferenceUID="1.2.3")
    labels = write_nii(tmp_path / "seg.nii.gz", _labels())
    table = _names_file(tmp_path, "5: Leber\n7: Metastase 1\n")
    case = _import(tmp_path / "ct", label_files=(labels,), label_map=str(table))
    assert sorted(case.structures) == ["GTV1", "Liver"]
    assert np.array_equal(case.structure("GTV1").mask_on(case.image.grid) > 0, TUMOUR)
    assert case.structure("GTV1").origin == "labels in NIfTI file 1, label 7"


def test_labels_without_names_are_refused(tmp_path: Path) -> None:
    image = write_nii(tmp_path / "ct.nii", body())
    labels = write_nii(tmp_path / "seg.nii", _labels())
    with pytest.raises(InvalidInput, match=r"seg\.nii holds labels, but not what.*--label-map"):
        _import(image, label_files=(labels,))


def test_a_label_that_the_map_does_not_know_is_noted(tmp_path: Path) -> None:
    image = write_nii(tmp_path / "ct.nii", body())
    labels = write_nii(tmp_path / "seg.nii", _labels())
    table = _names_file(tmp_path, "5: Leber\n")
    case = _import(image, label_files=(labels,), label_map=str(table))
    assert list(case.structures) == ["Liver"]
    assert "labels 7 have no name in the label map" in _texts(case)


@pytest.mark.parametrize("change", [0.5, -3.0])
def test_labels_that_are_no_whole_numbers_are_refused(tmp_path: Path, change: float) -> None:
    image = write_nii(tmp_path / "ct.nii", body())
    labels = write_nii(tmp_path / "seg.nii", _labels().astype(np.float32) + np.float32(change))
    table = _names_file(tmp_path, "5: Leber\n")
    with pytest.raises(InvalidInput, match="labels must be whole numbers from 0 to 65535"):
        _import(image, label_files=(labels,), label_map=str(table))


def test_masks_named_by_their_nifti_files_are_structures(tmp_path: Path) -> None:
    write_nii(tmp_path / "ct.nii.gz", body())
    write_nii(tmp_path / "liver.nii.gz", LIVER.astype(np.uint8))
    write_nii(tmp_path / "kidney_left.nii.gz", TUMOUR.astype(np.uint8))
    case = _import(tmp_path)
    assert sorted(case.structures) == ["Kidney_L", "Liver"]
    assert "read as a mask named by its file" in _texts(case)


def test_an_organ_at_the_edge_of_its_file_is_said_to_be_cut(tmp_path: Path) -> None:
    write_nii(tmp_path / "ct.nii.gz", body())
    write_nii(tmp_path / "liver.nii.gz", block(slice(0, 3), slice(4, 8), slice(4, 8)) * np.uint8(1))
    write_nii(tmp_path / "spleen.nii.gz", TUMOUR.astype(np.uint8))
    said = _texts(_import(tmp_path))
    assert "warning: structures: Liver reach the edge of their image or file and may be cut" in said


def test_a_mask_keeps_its_name_and_no_other_file_name_is_kept(tmp_path: Path) -> None:
    write_nii(tmp_path / "Doe_Jane.nii.gz", body())
    write_nii(tmp_path / "liver.nii.gz", LIVER.astype(np.uint8))
    case = _import(tmp_path)
    assert case.structure("Liver").origin == "mask liver"
    assert "Doe" not in _texts(case)


def test_outlines_at_the_edge_of_the_image_are_said_to_be_cut(tmp_path: Path) -> None:
    ct = CtSeries(tmp_path / "ct").write()
    regions = [
        Region(1, "Liver", [box(z) for z in (3.0, 6.0, 9.0, 12.0)]),
        Region(2, "Spleen", [box(z) for z in (3.0, 6.0, 9.0)]),
        Region(3, "BODY", [box(z) for z in (0.0, 3.0, 6.0, 9.0, 12.0)], "EXTERNAL"),
    ]
    structure_set(tmp_path / "rtss.dcm", regions, ct)
    said = _texts(_import(tmp_path))
    assert "warning: structures: Liver reach the edge of their image or file and may be cut" in said


def test_a_label_map_without_labels_is_refused(tmp_path: Path) -> None:
    image = write_nii(tmp_path / "ct.nii.gz", body())
    with pytest.raises(UsageError, match=r"--label-map totalsegmentator_total .* --labels FILE"):
        _import(image, label_map="totalsegmentator_total")


def test_labels_on_other_voxels_are_resampled_only_when_asked(tmp_path: Path) -> None:
    write_nii(tmp_path / "ct.nii.gz", body())
    affine = ras_affine()
    affine[0, 3] += 0.9
    labels = write_nii(tmp_path / "seg.nii.gz", LIVER.astype(np.uint8), affine)
    table = _names_file(tmp_path, "1: liver\n")
    said: dict[str, Any] = {"label_files": (labels,), "label_map": str(table)}
    with pytest.raises(Inconsistent, match=r"do not coincide with the image's.*--resample-struct"):
        _import(tmp_path / "ct.nii.gz", **said)
    case = _import(tmp_path / "ct.nii.gz", resample_structures=True, **said)
    assert case.structure("Liver").volume_cc == pytest.approx(LIVER.sum() * VOXEL_CC, rel=0.01)
    assert case.structure("Liver").origin.endswith("resampled onto the image")


def test_rounding_in_a_nifti_header_is_not_another_lattice(tmp_path: Path) -> None:
    write_series(tmp_path / "ct", body(), FrameOfReferenceUID="1.2.3")
    affine = ras_affine()
    affine[:3, 3] += 0.02
    labels = write_nii(tmp_path / "seg.nii.gz", LIVER.astype(np.uint8), affine)
    table = _names_file(tmp_path, "1: liver\n")
    case = _import(tmp_path / "ct", label_files=(labels,), label_map=str(table))
    assert case.image.grid.same_lattice(case.structure("Liver").grid)
    assert np.array_equal(case.structure("Liver").mask_on(case.image.grid) > 0, LIVER)


def test_labels_beside_the_image_are_refused(tmp_path: Path) -> None:
    write_nii(tmp_path / "ct.nii.gz", body())
    affine = ras_affine()
    affine[2, 3] += 20 * SPACING_MM[2]
    labels = write_nii(tmp_path / "seg.nii.gz", LIVER.astype(np.uint8), affine)
    table = _names_file(tmp_path, "1: liver\n")
    with pytest.raises(Inconsistent, match="lies entirely outside the image"):
        _import(tmp_path / "ct.nii.gz", label_files=(labels,), label_map=str(table))


def test_resampled_labels_beside_the_image_are_refused(tmp_path: Path) -> None:
    write_nii(tmp_path / "ct.nii.gz", body())
    affine = ras_affine()
    affine[:3, 3] += (500.3, 0.0, 0.0)
    labels = write_nii(tmp_path / "seg.nii.gz", LIVER.astype(np.uint8), affine)
    said: dict[str, Any] = {"label_map": str(_names_file(tmp_path, "1: liver\n"))}
    with pytest.raises(Inconsistent, match="lies entirely outside the image"):
        _import(tmp_path / "ct.nii.gz", label_files=(labels,), resample_structures=True, **said)


def test_a_nifti_image_alone_is_a_case_and_says_what_it_lacks(tmp_path: Path) -> None:
    case = _import(write_nii(tmp_path / "ct.nii.gz", body()), case_id="p1")
    assert (case.case_id, case.patient_key, case.image.unit) == ("p1", "", "HU")
    assert case.frame_of_reference_uid.startswith("2.25.")
    assert case.image.grid.origin_mm == pytest.approx(ORIGIN_MM)
    assert np.array_equal(case.image.values, body())
    assert "taken as HU" in _texts(case)


def test_an_image_without_negative_values_is_warned_about(tmp_path: Path) -> None:
    case = _import(write_nii(tmp_path / "ct.nii.gz", body() + np.int16(1024)))
    assert "no value is below 0: Hounsfield units" in _texts(case)


def test_several_images_need_a_choice_and_take_it(tmp_path: Path) -> None:
    write_nii(tmp_path / "early.nii.gz", body())
    write_nii(tmp_path / "late.nii.gz", body() + np.int16(5))
    with pytest.raises(InvalidInput, match=r"2 NIfTI images: early\.nii\.gz, late\.nii\.gz"):
        _import(tmp_path)
    case = _import(tmp_path, series_uid="late.nii.gz")
    assert case.image.values.max() == 95
    assert "ignored: NIfTI file 1: another image was chosen" in _texts(case)


def test_an_image_that_repeats_a_part_of_another_needs_no_choice(tmp_path: Path) -> None:
    write_nii(tmp_path / "whole.nii.gz", body())
    write_nii(tmp_path / "part.nii.gz", body()[:3])
    case = _import(tmp_path)
    assert case.image.grid.shape == SHAPE
    assert "ignored: NIfTI file 1: another image was chosen" in _texts(case)


def test_a_dicom_and_a_nifti_image_need_a_choice_and_take_it(tmp_path: Path) -> None:
    uid = write_series(tmp_path / "ct", body())
    write_nii(tmp_path / "other.nii.gz", body() + np.int16(5))
    with pytest.raises(InvalidInput, match=r"DICOM images and the NIfTI image other\.nii\.gz"):
        _import(tmp_path)
    assert _import(tmp_path, series_uid=uid).image.values.max() == 90
    assert _import(tmp_path, series_uid="other").image.values.max() == 95


def test_the_case_id_is_a_pseudonym_when_none_is_given(tmp_path: Path) -> None:
    write_series(tmp_path / "ct", body(), PatientName="Muster^Anna", PatientID="4711")
    case = _import(tmp_path)
    assert case.case_id.startswith("case-")
    assert "Muster" not in repr(case.notes)
    assert "4711" not in repr(case.notes)


def test_sources_without_an_image_are_refused(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("nothing here")
    with pytest.raises(InvalidInput, match="hold no image: neither a DICOM CT nor a NIfTI image"):
        _import(tmp_path)


def test_an_absent_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="There is no file or folder"):
        _import(tmp_path / "gone")


def test_a_structure_named_twice_in_two_sources_is_refused(tmp_path: Path) -> None:
    write_nii(tmp_path / "ct.nii.gz", body())
    write_nii(tmp_path / "liver.nii.gz", LIVER.astype(np.uint8))
    labels = write_nii(tmp_path / "seg.nii.gz", _labels())
    table = _names_file(tmp_path, "5: Leber\n7: tumour\n")
    with pytest.raises(AmbiguousName, match="'Leber', 'liver' would all be called Liver"):
        _import(tmp_path, label_files=(labels,), label_map=str(table))


def test_a_mask_beside_a_structure_set_with_the_same_organ_is_refused(tmp_path: Path) -> None:
    write_case(_drawn_liver(tmp_path / "first"), tmp_path / "second")
    write_nii(tmp_path / "second" / "Leber.nii.gz", LIVER.astype(np.uint8))
    with pytest.raises(AmbiguousName, match=r"Leber.* would be called Liver, but Liver is there"):
        _import(tmp_path / "second")
    names = _names_file(tmp_path, "Leber: Liver_2\n")
    case = _import(tmp_path / "second", names_file=names)
    assert sorted(case.structures) == ["Liver", "Liver_2"]


@pytest.mark.slow
def test_the_real_patient_with_mask_series_imports_as_he_is(ircad17: Path) -> None:
    case = _import(ircad17, case_id="ircad17")
    assert case.image.grid.shape == (119, 512, 512)
    volumes = {name: s.volume_cc for name, s in case.structures.items()}
    assert volumes["Liver"] == pytest.approx(1860.6, rel=0.005)
    assert volumes["GTV1"] == pytest.approx(85.6, rel=0.005)
    assert volumes["GTV2"] == pytest.approx(78.6, rel=0.005)
    expected = {"Liver", "GTV1", "GTV2", "V_Portal", "venoussystem", "artery", "Bone", "External"}
    assert set(volumes) == expected
    assert [gtv.name for gtv in case.gtvs] == ["GTV1", "GTV2"]
    # The right dome is on the patient's right: smaller x in LPS.
    assert case.structure("GTV1").centroid_mm[0] < case.structure("GTV2").centroid_mm[0]
    said = _texts(case)
    for words in ("8 CT series were read as masks", "no PatientPosition", "outline of the body"):
        assert words in said
    assert "liver_17" not in said


def test_the_real_abdomen_imports_with_its_organ_labels(shared: Path) -> None:
    folder = shared / "data/totalseg_abdomen"
    labels = (folder / "example_seg.nii.gz",)
    case = _import(folder, label_files=labels, label_map="totalsegmentator_total")
    volumes = {name: s.volume_cc for name, s in case.structures.items()}
    expected = {"Liver": 1043, "Spleen": 255, "Kidney_R": 107, "Kidney_L": 99, "Stomach": 126}
    expected |= {"Duodenum": 30, "Colon": 351, "SpinalCord": 13}
    assert {name: volumes[name] for name in expected} == pytest.approx(expected, abs=0.6)
    assert len(volumes) == 41
    # Left is left: the spleen has the larger x in LPS.
    spleen, liver = case.structure("Spleen"), case.structure("Liver")
    assert spleen.centroid_mm[0] > liver.centroid_mm[0]
    assert "Liver" in next(n.text for n in case.notes if "reach the edge" in n.text)
    # Of the two images in the folder the one with the voxels of the labels is taken.
    assert case.image.grid.shape == (30, 101, 122)
    assert "chosen: NIfTI file 3: the image of this case" in _texts(case)
    assert "is plausible" not in _texts(case)


def test_labels_with_a_header_that_puts_them_elsewhere_are_doubted(shared: Path) -> None:
    # The header of these labels repeats the origin of the whole scan, whose upper end they are.
    folder = shared / "data/totalseg_abdomen"
    labels = (folder / "example_seg.nii.gz",)
    said = {"label_files": labels, "label_map": "totalsegmentator_total"}
    doubts = [n for n in _import(folder / "example_ct.nii.gz", **said).notes if "median" in n.text]
    assert {"Lung_RLL", "VB_L1"} <= {n.subject for n in doubts}
    assert all(n.kind == "warning" for n in doubts)


def test_the_real_plan_imports_with_structures_and_dose(rt_set_breast: Path) -> None:
    case = _import(rt_set_breast, case_id="breast")
    assert {"Body", "Heart", "Lung_L", "Breast"} <= set(case.structures)
    assert [len(plan.beams) for plan in case.plans] == [4]
    assert float(case.doses[0].volume.values.max()) == pytest.approx(14.68, abs=0.01)
    assert "Lt Lung is Lung_L" in _texts(case)
