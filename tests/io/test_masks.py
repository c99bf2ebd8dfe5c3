"""Masks that are stored as CT series: found, named, and never mistaken for a scan."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import generate_uid

from hepatica.case import Grid, Note
from hepatica.errors import Inconsistent, InvalidInput
from hepatica.io.dicom.image import image_volume
from hepatica.io.dicom.scan import Series, scan
from hepatica.io.masks import mask_notes, read_mask, sorted_series
from tests.io.phantom_files import ORIGIN_MM, block, body, write_mask, write_series

LIVER = block(slice(1, 5), slice(4, 12), slice(4, 12))
TUMOUR = block(slice(2, 3), slice(6, 8), slice(6, 8))


def _grid(folder: Path) -> Grid:
    return image_volume(scan([folder])[0]).grid


def _names(folder: Path) -> list[str]:
    return sorted(name for _, name in sorted_series(scan([folder])).masks)


def _one(folder: Path) -> Series:
    return scan([folder])[0]


def test_masks_are_told_from_the_scan_and_named_behind_the_caret(tmp_path: Path) -> None:
    write_series(tmp_path / "ct", body())
    write_mask(tmp_path / "m" / "a", LIVER, "liver")
    write_mask(tmp_path / "m" / "b", TUMOUR, "livertumor1")
    found = sorted_series(scan([tmp_path]))
    assert [s.folder.name for s in found.scans] == ["ct"]
    assert _names(tmp_path) == ["liver", "livertumor1"]


def test_the_series_description_names_a_mask_first(tmp_path: Path) -> None:
    write_series(tmp_path / "ct", body())
    write_mask(tmp_path / "a", LIVER, "wrong", SeriesDescription="Leber")
    write_mask(tmp_path / "b", TUMOUR, "wrong too", SeriesDescription="Metastase 1")
    assert _names(tmp_path) == ["Leber", "Metastase 1"]


def test_the_given_name_of_a_person_is_never_a_structure(tmp_path: Path) -> None:
    write_series(tmp_path / "ct", body(), PatientName="Muster^Anna")
    write_mask(tmp_path / "liver", LIVER, PatientName="Muster^Anna")
    assert _names(tmp_path) == ["liver"]


def test_equal_descriptions_fall_back_to_the_folders(tmp_path: Path) -> None:
    write_series(tmp_path / "ct", body(), PatientName="Muster^Anna")
    for name, marked in (("liver", LIVER), ("GTV1", TUMOUR)):
        said = {"SeriesDescription": "segmentation", "PatientName": "Muster^Anna"}
        write_mask(tmp_path / name, marked, **said)
    assert _names(tmp_path) == ["GTV1", "liver"]


def test_masks_without_a_name_of_their_own_are_refused(tmp_path: Path) -> None:
    write_series(tmp_path / "ct", body(), PatientName="A^B")
    for where in ("x", "y"):
        write_mask(tmp_path / where / "mask", LIVER, PatientName="A^B")
    with pytest.raises(InvalidInput, match="2 mask series have no name of their own"):
        sorted_series(scan([tmp_path]))


@pytest.mark.parametrize("marked", [1, 255])
def test_a_sixteen_bit_mask_of_few_slices_is_found(tmp_path: Path, marked: int) -> None:
    write_series(tmp_path / "ct", body())
    tiny = block(slice(1, 2), slice(6, 8), slice(6, 8))
    write_series(tmp_path / "gtv", tiny.astype(np.int16) * marked, PatientName="case_1^gtv")
    assert _names(tmp_path) == ["gtv"]


@pytest.mark.parametrize(("low", "high"), [(-1000, 0), (0, 1000), (0, 40)])
def test_a_two_valued_phantom_scan_is_no_mask(tmp_path: Path, low: int, high: int) -> None:
    values = np.where(LIVER, high, low).astype(np.int16)
    write_series(tmp_path / "ct", values)
    found = sorted_series(scan([tmp_path]))
    assert len(found.scans) == 1
    assert not found.masks


def test_a_two_valued_series_with_a_hounsfield_scale_is_no_mask(tmp_path: Path) -> None:
    values = LIVER.astype(np.uint8)
    write_series(tmp_path / "ct", values, RescaleSlope=1024, RescaleIntercept=-1024)
    assert not sorted_series(scan([tmp_path])).masks


def test_a_series_chosen_as_the_image_is_never_a_mask(tmp_path: Path) -> None:
    uid = write_mask(tmp_path / "ct", LIVER, "liver")
    assert [s.uid for s in sorted_series(scan([tmp_path]), uid).scans] == [uid]


def test_masks_without_an_image_are_refused(tmp_path: Path) -> None:
    write_mask(tmp_path / "a", LIVER, "liver")
    with pytest.raises(InvalidInput, match=r"All 1 image series hold two values only.*--series"):
        sorted_series(scan([tmp_path]))


def test_a_mask_becomes_a_region_of_the_same_voxels(tmp_path: Path) -> None:
    write_mask(tmp_path / "a", TUMOUR)
    region = read_mask(_one(tmp_path), "GTV1", _grid(tmp_path), [])
    assert region is not None
    assert region.mask.shape == (1, 2, 2)
    assert region.mask.all()
    assert region.grid.origin_mm == (-20.0 + 12, -15.0 + 12, 46.0)


def test_a_mask_on_other_voxels_is_refused(tmp_path: Path) -> None:
    write_series(tmp_path / "ct", body())
    shifted = (ORIGIN_MM[0] + 1.0, *ORIGIN_MM[1:])
    write_mask(tmp_path / "m", LIVER, "liver", origin_mm=shifted)
    grid = _grid(tmp_path / "ct")
    with pytest.raises(Inconsistent, match="liver has two values like a mask, but not the voxels"):
        read_mask(_one(tmp_path / "m"), "liver", grid, [])


def test_a_mask_of_some_of_the_slices_is_accepted(tmp_path: Path) -> None:
    write_series(tmp_path / "ct", body())
    higher = (*ORIGIN_MM[:2], ORIGIN_MM[2] + 6.0)
    write_mask(tmp_path / "m", LIVER[2:4], "liver", origin_mm=higher)
    region = read_mask(_one(tmp_path / "m"), "liver", _grid(tmp_path / "ct"), [])
    assert region is not None
    assert region.mask.sum() == LIVER[2:4].sum()


def test_a_third_value_between_the_looked_at_slices_is_refused(tmp_path: Path) -> None:
    values = LIVER.astype(np.uint8) * 255
    values[1, 0, 0] = 128
    write_series(tmp_path / "m", values)
    with pytest.raises(InvalidInput, match="liver holds more than two values"):
        read_mask(_one(tmp_path), "liver", _grid(tmp_path), [])


def test_an_empty_mask_is_noted_and_left_out(tmp_path: Path) -> None:
    write_mask(tmp_path / "m", np.zeros_like(LIVER))
    notes: list[Note] = []
    assert read_mask(_one(tmp_path), "GTV3", _grid(tmp_path), notes) is None
    assert notes == [Note("ignored", "GTV3", "the mask series marks no voxel: left out.")]


def test_the_notes_say_what_was_assumed_and_no_name_of_a_patient(tmp_path: Path) -> None:
    write_series(tmp_path / "ct", body(), PatientName="Muster^scan")
    write_mask(tmp_path / "m", LIVER, PatientName="Muster^liver")
    notes = mask_notes(sorted_series(scan([tmp_path])))
    said = " ".join(note.text for note in notes)
    assert [note.kind for note in notes] == ["assumed", "assumed", "linked", "warning"]
    assert "no FrameOfReferenceUID" in said
    assert "no PatientID" in said
    assert "Muster" not in said


def test_masks_that_state_everything_need_one_note_only(tmp_path: Path) -> None:
    said = {"FrameOfReferenceUID": "1.2.3", "PatientID": "7", "StudyInstanceUID": generate_uid()}
    write_series(tmp_path / "ct", body(), **said)
    write_mask(tmp_path / "m", LIVER, "liver", **said)
    assert len(mask_notes(sorted_series(scan([tmp_path])))) == 1
