"""What was written and read back is the same patient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pydicom
import pytest

from hepatica.case import Case, Structure, Volume
from hepatica.io.dicom.read import read_dicom
from hepatica.io.dicom.write import WriteOptions, write_case, write_dose
from tests.io.dicom_write.written_case import DIRECTIONS, case, grid

ALL = pytest.mark.parametrize("direction", list(DIRECTIONS))


def round_trip(original: Case, folder: Path, **options: object) -> Case:
    write_case(original, folder / "export", WriteOptions(**options))  # type: ignore[arg-type]
    return read_dicom([folder / "export"], case_id=original.case_id)


@pytest.fixture(scope="module")
def returned(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Case]:
    """The case in a direction as it comes back, written and read once for each way of writing."""

    @cache
    def written_once(direction: str, holes: str, dose_bits: int) -> Case:
        folder = tmp_path_factory.mktemp(direction)
        return round_trip(case(DIRECTIONS[direction]), folder, holes=holes, dose_bits=dose_bits)

    def there_and_back(direction: str, holes: str = "loops", dose_bits: int = 32) -> Case:
        return written_once(direction, holes, dose_bits)

    return there_and_back


def values_at(volume: Volume, like: Volume) -> np.ndarray:
    """Values of a volume at the voxels of another: nothing is interpolated on one lattice."""
    z, y, x = np.indices(like.grid.shape)
    return volume.sample(like.grid.point_at(np.stack([x, y, z], axis=-1)))


@ALL
def test_the_image_comes_back_voxel_by_voxel(returned: Callable[..., Case], direction: str) -> None:
    original = case(DIRECTIONS[direction])
    back = returned(direction)
    assert back.image.unit == "HU"
    found = values_at(back.image, original.image)
    np.testing.assert_allclose(found, original.image.values, atol=1e-2)
    if direction != "left-handed":
        np.testing.assert_array_equal(back.image.values, original.image.values)
        np.testing.assert_allclose(back.image.grid.affine, original.image.grid.affine, atol=1e-9)


@ALL
@pytest.mark.parametrize("holes", ["loops", "keyhole"])
def test_structures_come_back_with_their_holes(
    returned: Callable[..., Case], direction: str, holes: str
) -> None:
    original = case(DIRECTIONS[direction])
    back = returned(direction, holes)
    assert set(back.structures) == set(original.structures)
    assert back.structures["GTV1"].role == "GTV"
    for name, structure in original.structures.items():
        again = back.structures[name]
        assert again.volume_cc == pytest.approx(structure.volume_cc, rel=2e-3)
        np.testing.assert_allclose(again.centroid_mm, structure.centroid_mm, atol=0.01)
    liver = back.structures["Liver"]
    middle = original.structures["GTV1"].centroid_mm
    hole = middle + 12.0 * original.image.grid.axes[:, 0]
    inside = liver.coverage.sample(np.array([middle, hole]), outside=0.0)
    assert inside[0] == pytest.approx(1.0, abs=0.01)
    assert inside[1] == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("direction", ["axial", "prone", "oblique"])
def test_masks_come_back_identical(returned: Callable[..., Case], direction: str) -> None:
    original = case(DIRECTIONS[direction])
    back = returned(direction)
    lattice = original.image.grid
    for name, structure in original.structures.items():
        again = back.structures[name].mask_on(lattice)
        np.testing.assert_allclose(again, structure.mask_on(lattice), atol=2e-3)


@ALL
@pytest.mark.parametrize("bits", [16, 32])
def test_dose_comes_back_within_half_a_step(
    returned: Callable[..., Case], direction: str, bits: int
) -> None:
    original = case(DIRECTIONS[direction])
    back = returned(direction, dose_bits=bits)
    (dose,) = back.doses
    step = float(original.doses[0].volume.values.max()) / (2**bits - 1)
    found = dose.volume
    expected = original.doses[0].volume
    turned = -1 if direction == "left-handed" else 1
    flipped = expected.values[::turned]
    rounding = np.spacing(np.float32(expected.values.max()))
    assert np.abs(found.values.astype(float) - flipped).max() <= 0.5 * step * 1.01 + rounding
    assert dose.summation == "PLAN"
    np.testing.assert_allclose(
        sorted(map(tuple, found.grid.corners_mm().round(6))),
        sorted(map(tuple, expected.grid.corners_mm().round(6))),
        atol=1e-5,
    )


def test_the_plan_keeps_its_fractions_and_prescription(tmp_path: Path) -> None:
    back = round_trip(case(), tmp_path)
    (plan,) = back.plans
    assert (plan.label, plan.fractions, plan.prescription_gy) == ("SBRT liver", 6, 42.7)
    assert plan.approval == "UNAPPROVED"
    assert back.doses[0].plan_uid == plan.uid


def test_the_frame_of_reference_is_kept(tmp_path: Path) -> None:
    original = case()
    back = round_trip(original, tmp_path)
    assert back.frame_of_reference_uid == original.frame_of_reference_uid


def test_a_dose_on_its_own_grid_comes_back_there(tmp_path: Path) -> None:
    original = case()
    own = replace(grid(), spacing_mm=(2.5, 2.5, 2.5), origin_mm=(-30.0, -20.0, 15.0))
    dose = replace(original.doses[0], volume=Volume(original.doses[0].volume.values, own, "Gy"))
    back = round_trip(replace(original, doses=(dose,)), tmp_path)
    assert back.doses[0].volume.grid.same_lattice(own)


def test_a_structure_without_outlines_is_traced(tmp_path: Path) -> None:
    original = case()
    drawn = original.structures["Liver"]
    bare = Structure("Liver", drawn.coverage, drawn.role, "computed", derived=True)
    back = round_trip(replace(original, structures={"Liver": bare}), tmp_path)
    lattice = original.image.grid
    away = np.abs(back.structures["Liver"].mask_on(lattice) - drawn.mask_on(lattice))
    assert away.max() < 0.5
    assert back.structures["Liver"].volume_cc == pytest.approx(drawn.volume_cc, rel=0.02)


def test_an_empty_structure_is_written_without_outline(tmp_path: Path) -> None:
    original = case()
    nothing = Structure.from_mask("CTV1", np.zeros(grid().shape), grid(), "CTV")
    write_case(original.with_structures(nothing), tmp_path / "export")
    ds = pydicom.dcmread(tmp_path / "export/RTSTRUCT.dcm")
    assert [str(roi.ROIName) for roi in ds.StructureSetROISequence] == ["Liver", "GTV1", "CTV1"]
    assert "ContourSequence" not in ds.ROIContourSequence[2]


def test_a_case_of_an_image_alone_has_no_structure_set(tmp_path: Path) -> None:
    original = replace(case(), structures={}, plans=(), doses=())
    summary = write_case(original, tmp_path / "export")
    assert summary.structures is None
    assert len(summary.ct) == original.image.grid.shape[0]
    back = read_dicom([tmp_path / "export"], case_id="x")
    np.testing.assert_array_equal(back.image.values, original.image.values)


def test_a_zero_dose_comes_back_as_zero(tmp_path: Path) -> None:
    original = case()
    nothing = replace(original.doses[0], volume=original.doses[0].volume.scaled(0.0))
    back = round_trip(replace(original, doses=(nothing,)), tmp_path)
    assert not back.doses[0].volume.values.any()


def test_one_dose_is_written_with_the_plan_it_needs(tmp_path: Path) -> None:
    original = case()
    path = tmp_path / "extra.dcm"
    written = write_dose(original.doses[0].volume, path, original)
    ds = pydicom.dcmread(path)
    plan = pydicom.dcmread(tmp_path / "extra.plan.dcm")
    assert ds.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID == plan.SOPInstanceUID
    assert written.uid == ds.SOPInstanceUID
    assert ds.FrameOfReferenceUID == original.frame_of_reference_uid
    found = ds.pixel_array * float(ds.DoseGridScaling)
    np.testing.assert_allclose(found, original.doses[0].volume.values, atol=written.step_gy)
