"""NIfTI to LPS and back: axes, orientation fields, units, scaling, and what is refused."""

from __future__ import annotations

import gzip
import sys
from itertools import permutations, product
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from numpy.typing import NDArray

from hepatica.case import Grid, Volume
from hepatica.errors import InvalidInput, MissingExtra, UsageError
from hepatica.io.nifti import read_nifti, stem_of, write_nifti

SHAPE_XYZ = (4, 5, 6)


def _values() -> NDArray[np.int16]:
    return np.arange(np.prod(SHAPE_XYZ), dtype=np.int16).reshape(SHAPE_XYZ)


def _affine(direction: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    affine = np.eye(4)
    axes = np.eye(3) if direction is None else direction
    affine[:3, :3] = axes * np.array([1.5, 2.0, 3.0])
    affine[:3, 3] = (10.0, -20.0, 30.0)
    return affine


def _save(path: Path, values: NDArray[np.generic], s_code: int = 1, q_code: int = 1) -> Path:
    image = nib.Nifti1Image(values, _affine())
    image.set_sform(_affine(), s_code)
    image.set_qform(_affine(), q_code)
    image.header.set_xyzt_units("mm")
    nib.save(image, path)
    return path


def test_the_axes_of_ras_are_mirrored_to_lps_once(tmp_path: Path) -> None:
    volume = read_nifti(_save(tmp_path / "a.nii", _values())).volume
    assert volume.grid.shape == (6, 5, 4)
    assert volume.grid.axes == pytest.approx(np.eye(3))
    # The RAS corner at x = 10 + 3 * 1.5 is the LPS voxel furthest to the right.
    assert volume.grid.origin_mm == pytest.approx((-14.5, 12.0, 30.0))
    assert volume.values[0, 0, 0] == _values()[3, 4, 0]


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("signs", list(product((1, -1), repeat=3)))
def test_every_storage_order_gives_the_same_patient(
    tmp_path: Path, order: tuple[int, ...], signs: tuple[int, ...]
) -> None:
    direction = np.zeros((3, 3))
    for column, (row, sign) in enumerate(zip(order, signs, strict=True)):
        direction[row, column] = sign
    image = nib.Nifti1Image(_values(), _affine(direction))
    nib.save(image, tmp_path / "a.nii")
    volume = read_nifti(tmp_path / "a.nii").volume
    assert volume.grid.axes == pytest.approx(np.eye(3))
    ijk = (1, 2, 4)
    ras = _affine(direction) @ (*ijk, 1.0)
    x, y, z = np.rint(volume.grid.index_of((-ras[0], -ras[1], ras[2]))).astype(int)
    assert volume.values[z, y, x] == _values()[ijk]


def test_an_oblique_volume_keeps_its_angle_and_its_places(tmp_path: Path) -> None:
    angle = np.radians(20.0)
    turn = np.array(
        [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
    )
    nib.save(nib.Nifti1Image(_values(), _affine(turn)), tmp_path / "a.nii")
    volume = read_nifti(tmp_path / "a.nii").volume
    ras = _affine(turn) @ (3, 1, 2, 1.0)
    x, y, z = np.rint(volume.grid.index_of((-ras[0], -ras[1], ras[2]))).astype(int)
    assert volume.values[z, y, x] == _values()[3, 1, 2]
    assert np.linalg.det(volume.grid.axes) == pytest.approx(1.0)


def test_the_sform_wins_over_a_different_qform_and_is_noted(tmp_path: Path) -> None:
    image = nib.Nifti1Image(_values(), _affine())
    moved = _affine()
    moved[0, 3] += 7.0
    image.set_qform(moved, 1)
    image.set_sform(_affine(), 1)
    nib.save(image, tmp_path / "a.nii")
    read = read_nifti(tmp_path / "a.nii")
    assert read.volume.grid.origin_mm[0] == pytest.approx(-14.5)
    assert any(
        n.kind == "warning" and "7.0 mm apart; the sform is used" in n.text for n in read.notes
    )


def test_the_qform_is_used_where_there_is_no_sform(tmp_path: Path) -> None:
    path = _save(tmp_path / "a.nii", _values(), s_code=0)
    assert read_nifti(path).volume.grid.origin_mm == pytest.approx((-14.5, 12.0, 30.0))


def test_a_file_without_orientation_is_refused(tmp_path: Path) -> None:
    path = _save(tmp_path / "a.nii", _values(), s_code=0, q_code=0)
    with pytest.raises(
        InvalidInput, match=r"codes are 0.*left and right are unknown.*--assume-axes"
    ):
        read_nifti(path)


def test_a_stated_assumption_opens_a_file_without_orientation(tmp_path: Path) -> None:
    path = _save(tmp_path / "a.nii", _values(), s_code=0, q_code=0)
    read = read_nifti(path, assume_axes="LPS")
    assert read.volume.grid.spacing_mm == pytest.approx((1.5, 2.0, 3.0))
    assert np.array_equal(read.volume.values, _values().T)
    assert [n.kind for n in read.notes] == ["assumed"]


@pytest.mark.parametrize("axes", ["RAX", "RLS", "RA", ""])
def test_an_assumption_that_names_no_three_directions_is_refused(tmp_path: Path, axes: str) -> None:
    path = _save(tmp_path / "a.nii", _values(), s_code=0, q_code=0)
    with pytest.raises(UsageError, match="needs three of R or L, A or P, S or I"):
        read_nifti(path, assume_axes=axes)


def test_an_assumption_never_overrules_the_file(tmp_path: Path) -> None:
    path = _save(tmp_path / "a.nii", _values())
    read = read_nifti(path, assume_axes="LPS")
    assert read.volume.grid.origin_mm == pytest.approx((-14.5, 12.0, 30.0))


def test_an_identity_sform_on_other_voxel_sizes_is_refused(tmp_path: Path) -> None:
    image = nib.Nifti1Image(_values(), np.eye(4))
    image.header["pixdim"][1:4] = (0.7, 0.7, 5.0)
    image.header["sform_code"] = 2
    image.header["qform_code"] = 0
    nib.save(image, tmp_path / "a.nii")
    with pytest.raises(InvalidInput, match="sform is the identity although the voxels are"):
        read_nifti(tmp_path / "a.nii")


def test_a_sheared_volume_is_refused(tmp_path: Path) -> None:
    affine = _affine()
    affine[1, 2] = 0.5
    nib.save(nib.Nifti1Image(_values(), affine), tmp_path / "a.nii")
    with pytest.raises(InvalidInput, match="axes are not at right angles"):
        read_nifti(tmp_path / "a.nii")


def test_an_axis_without_length_is_refused(tmp_path: Path) -> None:
    path = _save(tmp_path / "a.nii", _values(), q_code=0)
    image = nib.load(path)
    image.header["srow_z"][:3] = 0
    image.header["sform_code"] = 1
    content = bytearray(path.read_bytes())
    content[:348] = image.header.binaryblock
    path.write_bytes(bytes(content))
    with pytest.raises(InvalidInput, match="voxel axes have no length"):
        read_nifti(path)


def test_slope_and_intercept_are_applied(tmp_path: Path) -> None:
    image = nib.Nifti1Image(_values(), _affine())
    image.header.set_slope_inter(2.0, -1024.0)
    nib.save(image, tmp_path / "a.nii")
    raw = nib.load(tmp_path / "a.nii")
    volume = read_nifti(tmp_path / "a.nii").volume
    assert volume.values[0, 0, 0] == pytest.approx(float(raw.dataobj[3, 4, 0]))
    assert volume.values.dtype == np.int16


def test_fractions_stay_fractions(tmp_path: Path) -> None:
    path = _save(tmp_path / "a.nii", _values().astype(np.float32) / 4)
    values = read_nifti(path).volume.values
    assert values.dtype == np.float32
    assert values[0, 0, 0] == pytest.approx(_values()[3, 4, 0] / 4)


@pytest.mark.parametrize(("unit", "factor"), [("meter", 1000.0), ("micron", 0.001)])
def test_other_units_of_length_are_converted(tmp_path: Path, unit: str, factor: float) -> None:
    image = nib.Nifti1Image(_values(), _affine())
    image.header.set_xyzt_units(unit)
    nib.save(image, tmp_path / "a.nii")
    read = read_nifti(tmp_path / "a.nii")
    assert read.volume.grid.spacing_mm == pytest.approx(np.array([1.5, 2.0, 3.0]) * factor)
    assert f"converted from {unit} to mm" in read.notes[0].text


def test_a_missing_unit_is_taken_as_mm_and_noted(tmp_path: Path) -> None:
    nib.save(nib.Nifti1Image(_values(), _affine()), tmp_path / "a.nii")
    notes = read_nifti(tmp_path / "a.nii").notes
    assert [(n.kind, n.text) for n in notes] == [
        ("assumed", "no unit of length in the file: mm assumed.")
    ]


def test_a_trailing_single_dimension_is_accepted(tmp_path: Path) -> None:
    path = _save(tmp_path / "a.nii.gz", _values()[..., None])
    assert read_nifti(path).volume.grid.shape == (6, 5, 4)


@pytest.mark.parametrize("shape", [(4, 5, 6, 2), (4, 5)])
def test_other_than_three_dimensions_are_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = _save(tmp_path / "a.nii", np.zeros(shape, np.int16))
    with pytest.raises(InvalidInput, match="needs three dimensions"):
        read_nifti(path)


def test_colours_are_refused(tmp_path: Path) -> None:
    colour = np.zeros(SHAPE_XYZ, [("R", "u1"), ("G", "u1"), ("B", "u1")])
    path = _save(tmp_path / "a.nii", colour)
    with pytest.raises(InvalidInput, match="colours or complex numbers"):
        read_nifti(path)


def test_voxels_that_are_not_numbers_are_refused(tmp_path: Path) -> None:
    values = _values().astype(np.float32)
    values[0, 0, 0] = np.nan
    with pytest.raises(InvalidInput, match="1 voxels are not numbers"):
        read_nifti(_save(tmp_path / "a.nii", values))


def test_a_file_that_is_no_nifti_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.nii.gz"
    path.write_bytes(gzip.compress(b"nothing of the kind"))
    with pytest.raises(InvalidInput, match=r"a\.nii\.gz cannot be read as NIfTI"):
        read_nifti(path)


def test_a_file_that_ends_too_early_is_refused(tmp_path: Path) -> None:
    path = _save(tmp_path / "a.nii", _values())
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InvalidInput, match="ends too early"):
        read_nifti(path)


def test_an_absent_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"There is no file a\.nii"):
        read_nifti(tmp_path / "a.nii")


def test_the_intent_says_that_a_file_holds_labels(tmp_path: Path) -> None:
    image = nib.Nifti1Image(_values(), _affine())
    image.header.set_intent("label")
    nib.save(image, tmp_path / "a.nii")
    assert read_nifti(tmp_path / "a.nii").is_label


def test_without_nibabel_the_message_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nibabel", None)
    with pytest.raises(MissingExtra, match=r"Reading NIfTI needs.*hepatica\[image\]"):
        read_nifti(tmp_path / "a.nii")


@pytest.mark.parametrize("kind", [np.float32, np.uint8, np.int16, bool, np.int64])
def test_what_is_written_comes_back_in_the_same_place(tmp_path: Path, kind: type) -> None:
    angle = np.radians(10.0)
    turn = ((1, 0, 0), (0, np.cos(angle), -np.sin(angle)), (0, np.sin(angle), np.cos(angle)))
    grid = Grid((3, 4, 5), (1.5, 2.0, 3.0), (10.0, -20.0, 30.0), turn)
    values = (np.arange(60).reshape(3, 4, 5) % 2).astype(kind)
    write_nifti(Volume(values, grid, "Gy"), tmp_path / "a.nii.gz")
    back = read_nifti(tmp_path / "a.nii.gz", unit="Gy").volume
    assert back.unit == "Gy"
    assert np.array_equal(back.values, values)
    assert back.grid.axes == pytest.approx(grid.axes, abs=1e-6)
    assert back.grid.point_at((4, 3, 2)) == pytest.approx(grid.point_at((4, 3, 2)), abs=1e-4)


def test_the_written_file_lies_in_the_same_place_for_other_programs(tmp_path: Path) -> None:
    grid = Grid((3, 4, 5), (1.5, 2.0, 3.0), (10.0, -20.0, 30.0))
    write_nifti(Volume(np.zeros((3, 4, 5), np.float32), grid, "Gy"), tmp_path / "a.nii")
    image = nib.load(tmp_path / "a.nii")
    assert image.affine @ (0, 0, 0, 1) == pytest.approx((-10.0, 20.0, 30.0, 1.0))
    assert nib.aff2axcodes(image.affine) == ("L", "P", "S")
    assert (int(image.header["qform_code"]), int(image.header["sform_code"])) == (1, 1)
    assert image.get_qform() == pytest.approx(image.get_sform(), abs=1e-5)
    assert image.header.get_xyzt_units()[0] == "mm"


def test_an_existing_file_is_replaced_only_with_force(tmp_path: Path) -> None:
    volume = Volume(np.zeros((3, 4, 5), np.float32), Grid((3, 4, 5), (1.0, 1.0, 1.0)), "Gy")
    write_nifti(volume, tmp_path / "a.nii")
    with pytest.raises(UsageError, match=r"a\.nii exists already.*--force"):
        write_nifti(volume, tmp_path / "a.nii")
    write_nifti(volume, tmp_path / "a.nii", force=True)


def test_a_name_that_is_no_nifti_name_is_refused(tmp_path: Path) -> None:
    volume = Volume(np.zeros((3, 4, 5), np.float32), Grid((3, 4, 5), (1.0, 1.0, 1.0)), "Gy")
    with pytest.raises(UsageError, match=r"needs to end in \.nii or \.nii\.gz"):
        write_nifti(volume, tmp_path / "a.img")


def test_numbers_beyond_32_bits_are_not_written(tmp_path: Path) -> None:
    volume = Volume(np.full((1, 1, 1), 2**40), Grid((1, 1, 1), (1.0, 1.0, 1.0)), "1")
    with pytest.raises(InvalidInput, match="beyond 32 bits"):
        write_nifti(volume, tmp_path / "a.nii")


def test_the_stem_of_a_compressed_file_has_no_nii() -> None:
    assert stem_of(Path("x/liver.v2.NII.gz")) == "liver.v2"
