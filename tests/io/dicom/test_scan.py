"""Files of anything become series, and nothing is lost or invented on the way."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from hepatica.errors import Inconsistent, InvalidInput
from hepatica.io.dicom.image import image_volume
from hepatica.io.dicom.scan import scan, survey
from tests.io.dicom.builders import CtSeries, DoseFile, Region, box, plan, save, structure_set


def test_files_in_any_folder_and_order_become_one_series(tmp_path: Path) -> None:
    ct = CtSeries(tmp_path).write()
    for k, file in enumerate(ct.files):
        (tmp_path / f"deep{k}").mkdir()
        file.rename(tmp_path / f"deep{k}" / "IM0001")
    (series,) = scan([tmp_path])
    assert series.uid == ct.series_uid
    assert len(series.files) == 5
    assert series.kind == "image"


def test_what_is_not_dicom_is_counted_and_named_in_a_note(tmp_path: Path) -> None:
    CtSeries(tmp_path).write()
    (tmp_path / "readme.txt").write_text("hello")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "noise.bin").write_bytes(bytes(range(256)) * 4)
    found = survey([tmp_path])
    assert len(found.series) == 1
    assert [n.text for n in found.notes] == ["3 files ignored: not DICOM."]


def test_a_file_without_preamble_is_recognised_by_its_first_element(tmp_path: Path) -> None:
    ct = CtSeries(tmp_path / "whole", heights=(0.0,)).write()
    for implicit in (False, True):
        bare = Dataset()
        bare.update(dcmread(ct.files[0]))
        file = tmp_path / f"bare{implicit}"
        bare.save_as(file, implicit_vr=implicit, little_endian=True)
        assert file.read_bytes()[128:132] != b"DICM"
        (series,) = scan([file])
        assert series.instance_uids == (ct.sop_uid(0),)
        assert image_volume(series).values[0, 0, 5] == 5


def test_a_file_given_twice_is_read_once(tmp_path: Path) -> None:
    ct = CtSeries(tmp_path).write()
    (series,) = scan([tmp_path, tmp_path, ct.files[0]])
    assert len(series.files) == 5


def test_identical_copies_are_dropped_with_a_note(tmp_path: Path) -> None:
    ct = CtSeries(tmp_path / "a").write()
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    found = survey([tmp_path])
    assert [len(s.files) for s in found.series] == [len(ct.files)]
    assert found.notes[0].text == "5 identical copies ignored."


def test_two_rt_objects_of_one_uid_and_different_content_are_refused(tmp_path: Path) -> None:
    DoseFile(tmp_path / "dose.dcm").write()
    DoseFile(tmp_path / "other" / "dose.dcm", scaling="0.002").write()
    with pytest.raises(Inconsistent, match=r"carry the same SOPInstanceUID .* but differ"):
        scan([tmp_path])


def test_a_missing_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="There is no file or folder"):
        scan([tmp_path / "nowhere"])


@pytest.mark.parametrize("share", [0.3, 0.02])
def test_a_truncated_dicom_file_is_a_clear_error(tmp_path: Path, share: float) -> None:
    file = DoseFile(tmp_path / "dose.dcm").write()
    data = file.read_bytes()
    file.write_bytes(data[: max(140, int(len(data) * share))])
    with pytest.raises(InvalidInput, match=r"dose.dcm in .* truncated or damaged"):
        scan([tmp_path])


def test_a_dicomdir_is_ignored(tmp_path: Path) -> None:
    file = CtSeries(tmp_path, heights=(0.0,)).write().files[0]
    ds = dcmread(file)
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
    save(ds, tmp_path / "DICOMDIR")
    assert "DICOMDIR" in survey([tmp_path / "DICOMDIR"]).notes[0].text


def test_a_scout_within_the_series_becomes_a_stack_of_its_own(tmp_path: Path) -> None:
    ct = CtSeries(tmp_path).write()
    scout = dcmread(ct.files[0])
    scout.SOPInstanceUID = scout.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    scout.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    scout.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]
    save(scout, tmp_path / "scout.dcm")
    stacks = scan([tmp_path])
    assert sorted(len(s.files) for s in stacks) == [1, 5]
    assert {s.key for s in stacks} == {f"{ct.series_uid}#1", f"{ct.series_uid}#2"}


def test_every_rt_object_stands_alone_even_in_one_series(tmp_path: Path) -> None:
    def same_series(ds: object) -> None:
        ds.SeriesInstanceUID = "1.2.3"  # type: ignore[attr-defined]

    for name in ("one", "two"):
        DoseFile(tmp_path / f"{name}.dcm", change=same_series).write()
    assert [s.kind for s in scan([tmp_path])] == ["dose", "dose"]


def test_progress_counts_to_the_end(tmp_path: Path) -> None:
    CtSeries(tmp_path).write()
    calls: list[tuple[str, int, int]] = []
    scan([tmp_path], lambda *call: calls.append(call))
    assert calls[-1] == ("scanning files", 5, 5)


def test_kinds_follow_the_storage_class(tmp_path: Path) -> None:
    structure_set(tmp_path / "s.dcm", [Region(1, "Liver", [box(0.0)])])
    plan(tmp_path / "p.dcm")
    DoseFile(tmp_path / "d.dcm").write()
    assert {s.kind for s in scan([tmp_path])} == {"structures", "plan", "dose"}


def test_printing_a_series_does_not_print_the_patient(tmp_path: Path) -> None:
    CtSeries(tmp_path).write()
    (series,) = scan([tmp_path])
    assert series.patient_label == "Secret^Name"
    assert "Secret" not in repr(series)
    assert "SECRET" not in repr(series)
