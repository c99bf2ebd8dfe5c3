"""Painted segments become structures on the voxels of the image."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread

from hepatica.errors import Inconsistent, InvalidInput, MissingExtra
from hepatica.io.dicom.image import Image, read_image
from hepatica.io.dicom.read import read_dicom
from hepatica.io.dicom.scan import scan
from hepatica.io.dicom.segmentation import read_segmentation
from tests.io.dicom.builders import CtSeries, registration, turned, uid

hd = pytest.importorskip("highdicom")


def described(number: int, label: str) -> Any:
    from pydicom.sr.codedict import codes

    return hd.seg.SegmentDescription(
        segment_number=number,
        segment_label=label,
        segmented_property_category=codes.SCT.Organ,
        segmented_property_type=codes.SCT.Liver,
        algorithm_type=hd.seg.SegmentAlgorithmTypeValues.MANUAL,
    )


def segmentation(tmp_path: Path, kind: str = "BINARY", frame: str | None = None) -> Path:
    """A SEG of two segments and an empty one, on a small CT."""
    ct = CtSeries(tmp_path / "ct").write()
    slices = [dcmread(file) for file in ct.files]
    for ds in slices:
        ds.PatientSex, ds.StudyID, ds.AccessionNumber = "", "", ""
        ds.StudyDate, ds.StudyTime, ds.ReferringPhysicianName = "", "", ""
        if frame is not None:
            ds.FrameOfReferenceUID = frame
    values: Any = np.zeros((5, 16, 24, 3), np.uint8 if kind == "BINARY" else float)
    values[1:3, 4:8, 6:10, 0] = 1
    values[4, 0:2, 0:2, 1] = 1 if kind == "BINARY" else 0.5
    seg = hd.seg.Segmentation(
        source_images=slices,
        pixel_array=values,
        segmentation_type=kind,
        segment_descriptions=[described(1, "Leber"), described(2, "GTV1"), described(3, "none")],
        series_instance_uid=uid("seg series"),
        series_number=3,
        sop_instance_uid=uid("seg"),
        instance_number=1,
        manufacturer="none",
        manufacturer_model_name="none",
        software_versions="1",
        device_serial_number="1",
    )
    seg.save_as(tmp_path / "seg.dcm")
    return tmp_path / "seg.dcm"


def image_of(tmp_path: Path) -> Image:
    (series,) = scan([tmp_path / "ct"])
    return read_image(series)


def test_segments_become_structures_on_the_image_s_voxels(tmp_path: Path) -> None:
    path = segmentation(tmp_path)
    image = image_of(tmp_path)
    structures, notes = read_segmentation(path, image, rename=lambda raw: raw.replace("b", "v"))
    assert [s.name for s in structures] == ["Lever", "GTV1"]
    liver, gtv = structures
    assert liver.volume_cc == pytest.approx(2 * 4 * 4 * 9.0 / 1000)
    assert image.volume.grid.same_lattice(liver.grid)
    expected = np.zeros((5, 16, 24))
    expected[1:3, 4:8, 6:10] = 1
    assert np.array_equal(liver.mask_on(image.volume.grid), expected)
    assert liver.origin == f'SEG ...{dcmread(path).SOPInstanceUID[-8:]}, segment 1 "Leber"'
    assert gtv.role == "GTV"
    assert [n.text for n in notes] == ["It is empty; left out."]


def test_fractional_segments_keep_their_fractions(tmp_path: Path) -> None:
    path = segmentation(tmp_path, "FRACTIONAL")
    structures, _ = read_segmentation(path, image_of(tmp_path))
    assert structures[1].coverage.values.max() == pytest.approx(0.5, abs=1 / 255)


def test_an_empty_name_leaves_a_segment_out(tmp_path: Path) -> None:
    path = segmentation(tmp_path)
    structures, notes = read_segmentation(path, image_of(tmp_path), rename=lambda raw: "")
    assert structures == ()
    assert "The name file leaves it out." in [n.text for n in notes]


def test_segments_of_another_frame_are_refused_or_moved(tmp_path: Path) -> None:
    path = segmentation(tmp_path, frame=uid("other"))
    image = image_of(tmp_path)
    with pytest.raises(Inconsistent, match=r"SEG seg.dcm: its frame of reference .* is not that"):
        read_segmentation(path, image)
    from hepatica.io.dicom.registration import read_registrations

    reg = registration(tmp_path / "reg.dcm", uid("other"), turned(0.0, (1.5, 0.0, 3.0)))
    structures, notes = read_segmentation(path, image, read_registrations(reg))
    expected = np.zeros((5, 16, 24))
    expected[2:4, 4:8, 7:11] = 1
    assert np.allclose(structures[0].mask_on(image.volume.grid), expected, atol=1e-4)
    assert "moved into the image's frame" in notes[0].text


def test_a_case_takes_its_structures_from_a_segmentation(tmp_path: Path) -> None:
    segmentation(tmp_path)
    case = read_dicom([tmp_path])
    assert sorted(case.structures) == ["GTV1", "Leber"]


def test_without_highdicom_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = segmentation(tmp_path)
    image = image_of(tmp_path)
    monkeypatch.setitem(sys.modules, "highdicom.seg", None)
    with pytest.raises(MissingExtra, match=r"pip install 'hepatica\[seg\]'"):
        read_segmentation(path, image)


def test_a_damaged_segmentation_is_a_clear_error(tmp_path: Path) -> None:
    path = segmentation(tmp_path)
    image = image_of(tmp_path)
    path.write_bytes(path.read_bytes()[:1500])
    with pytest.raises(InvalidInput, match=r"seg.dcm in .* truncated or damaged"):
        read_segmentation(path, image)
