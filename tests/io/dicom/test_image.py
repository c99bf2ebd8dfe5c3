"""Slices become an image whose every voxel is where the scanner measured it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.pixels import compress
from pydicom.uid import JPEGLosslessSV1, RLELossless

from hepatica.errors import InvalidInput
from hepatica.io.dicom.image import derived_frame_of_reference, image_volume, read_image
from hepatica.io.dicom.lattice import layout_of
from hepatica.io.dicom.scan import scan
from tests.io.dicom.builders import CtSeries, save, set_pixels


def volume_of(ct: CtSeries, **options: Any) -> Any:
    (series,) = scan([ct.folder])
    return image_volume(series, **options)


def notes_of(ct: CtSeries, **options: Any) -> str:
    (series,) = scan([ct.folder])
    return " ".join(n.text for n in read_image(series, **options).notes)


def test_slices_are_ordered_by_position_and_not_by_instance_number(tmp_path: Path) -> None:
    volume = volume_of(CtSeries(tmp_path).write())
    assert volume.values[:, 0, 0].tolist() == [0, 10, 20, 30, 40]
    assert volume.grid.spacing_mm == (1.5, 2.0, 3.0)
    assert volume.grid.origin_mm == (-20.0, -10.0, 0.0)
    assert volume.unit == "HU"


def test_the_spacing_comes_from_the_positions_and_not_from_the_thickness(tmp_path: Path) -> None:
    grid = volume_of(CtSeries(tmp_path, heights=(0, 2.5, 5.0)).write()).grid
    assert grid.spacing_mm[2] == pytest.approx(2.5)


POSITIONS = {
    "head first supine": (1, 0, 0, 0, 1, 0),
    "feet first supine": (-1, 0, 0, 0, 1, 0),
    "head first prone": (-1, 0, 0, 0, -1, 0),
    "feet first prone": (1, 0, 0, 0, -1, 0),
    "decubitus right": (0, -1, 0, 1, 0, 0),
    "decubitus left": (0, 1, 0, -1, 0, 0),
    "rows and columns exchanged": (0, 1, 0, 1, 0, 0),
    "coronal": (1, 0, 0, 0, 0, -1),
    "oblique": (0.8, 0.6, 0, -0.36, 0.48, 0.8),
}


@pytest.mark.parametrize("orientation", POSITIONS.values(), ids=POSITIONS)
def test_every_patient_position_puts_each_voxel_where_it_was_measured(
    tmp_path: Path, orientation: tuple[float, ...]
) -> None:
    ct = CtSeries(tmp_path, orientation=orientation).write()
    volume = volume_of(ct)
    row, column = np.array(orientation[:3]), np.array(orientation[3:])
    normal = np.cross(row, column)
    k, r, c = 3, 5, 7
    point = np.array(ct.origin) + 9.0 * normal + c * 1.5 * row + r * 2.0 * column
    assert volume.grid.index_of(point) == pytest.approx([c, r, k], abs=1e-6)
    assert volume.values[k, r, c] == 10 * k + c


def test_a_missing_slice_is_refused_with_its_place(tmp_path: Path) -> None:
    ct = CtSeries(tmp_path, heights=(0, 3, 6, 12, 15)).write()
    with pytest.raises(InvalidInput, match=r"not evenly spaced .*6\.00 to 12\.00 mm"):
        volume_of(ct)


def test_mixed_spacing_is_refused(tmp_path: Path) -> None:
    ct = CtSeries(tmp_path, heights=(0, 3, 6, 9, 15, 21, 27)).write()
    with pytest.raises(InvalidInput, match=r"steps from 3\.000 to 6\.000 mm"):
        volume_of(ct)


def test_a_slow_drift_of_the_spacing_is_refused() -> None:
    heights = np.array([*np.arange(100) * 3.0, *(297 + np.arange(1, 100) * 3.03)])
    with pytest.raises(InvalidInput, match="not evenly spaced"):
        layout_of(heights, False, "CT")


def test_rounded_positions_within_tolerance_are_accepted(tmp_path: Path) -> None:
    ct = CtSeries(tmp_path, heights=(0, 1.67, 3.33, 5.0, 6.67)).write()
    assert volume_of(ct).grid.spacing_mm[2] == pytest.approx(6.67 / 4)


def test_missing_slices_are_interpolated_only_when_asked(tmp_path: Path) -> None:
    ct = CtSeries(tmp_path, heights=(0, 3, 6, 12, 15)).write()
    volume = volume_of(ct, resample_missing=True)
    assert volume.grid.spacing_mm[2] == pytest.approx(3.0)
    assert volume.values[:, 0, 0].tolist() == [0, 10, 20, 25, 30, 40]
    assert "resampled, as asked, to 6 slices every 3 mm" in notes_of(ct, resample_missing=True)


def test_repeated_identical_slices_are_left_out_with_a_note(tmp_path: Path) -> None:
    ct = CtSeries(tmp_path).write()
    twin = dcmread(ct.files[2])
    twin.SOPInstanceUID = twin.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    save(twin, tmp_path / "twin.dcm")
    assert volume_of(ct).grid.shape[0] == 5
    assert "1 slices that repeat another with identical pixels" in notes_of(ct)


def test_two_different_slices_in_one_place_are_refused(tmp_path: Path) -> None:
    ct = CtSeries(tmp_path).write()
    twin = dcmread(ct.files[2])
    twin.SOPInstanceUID = twin.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    set_pixels(twin, twin.pixel_array + np.uint16(1))
    save(twin, tmp_path / "twin.dcm")
    with pytest.raises(InvalidInput, match=r"lie at the same position .* with different pixels"):
        volume_of(ct)


def test_a_tilted_gantry_is_refused_with_its_angle(tmp_path: Path) -> None:
    ct = CtSeries(tmp_path, drift=(0.0, 0.5, 0.0)).write()
    with pytest.raises(InvalidInput, match=r"shifted sideways by up to 2\.00 mm, 9\.5 degrees"):
        volume_of(ct)


def test_a_single_slice_takes_its_thickness_and_says_so(tmp_path: Path) -> None:
    ct = CtSeries(tmp_path, heights=(4.0,)).write()
    assert volume_of(ct).grid.spacing_mm[2] == 5.0
    assert "SliceThickness of 5 mm is its spacing" in notes_of(ct)


def test_a_single_slice_without_thickness_is_refused(tmp_path: Path) -> None:
    def no_thickness(ds: Dataset, k: int) -> None:
        del ds.SliceThickness

    ct = CtSeries(tmp_path, heights=(4.0,), change=no_thickness).write()
    with pytest.raises(InvalidInput, match="one slice and no SliceThickness"):
        volume_of(ct)


def test_each_slice_has_its_own_slope_and_intercept(tmp_path: Path) -> None:
    def own_scale(ds: Dataset, k: int) -> None:
        ds.RescaleSlope, ds.RescaleIntercept = str(1 + k), str(-1000 * k)

    volume = volume_of(CtSeries(tmp_path, heights=(0, 3), change=own_scale).write())
    assert volume.values[0, 0, 0] == 1024
    assert volume.values[1, 0, 0] == 2 * 1034 - 1000
    assert volume.values.dtype == np.int16


def test_a_fractional_slope_gives_floating_hounsfield_units(tmp_path: Path) -> None:
    def half(ds: Dataset, k: int) -> None:
        ds.RescaleSlope = "0.5"

    volume = volume_of(CtSeries(tmp_path, change=half).write())
    assert volume.values.dtype == np.float32
    assert volume.values[0, 0, 1] == pytest.approx(0.5 * 1025 - 1024)


@pytest.mark.parametrize("dtype", [np.int16, np.uint16, np.uint8])
def test_signed_and_unsigned_pixels_are_read(tmp_path: Path, dtype: type) -> None:
    def stored(ds: Dataset, k: int) -> None:
        ds.RescaleIntercept = "0"
        value = -300 if dtype is np.int16 else 200
        set_pixels(ds, np.full((4, 4), value, dtype))

    volume = volume_of(CtSeries(tmp_path, change=stored).write())
    assert volume.values[0, 0, 0] == (-300 if dtype is np.int16 else 200)


def test_missing_rescale_means_stored_values_are_hounsfield_units(tmp_path: Path) -> None:
    def bare(ds: Dataset, k: int) -> None:
        del ds.RescaleSlope, ds.RescaleIntercept

    assert volume_of(CtSeries(tmp_path, change=bare).write()).values[0, 0, 0] == 1024


def test_monochrome1_inverts_the_display_and_not_the_values(tmp_path: Path) -> None:
    def inverted(ds: Dataset, k: int) -> None:
        ds.PhotometricInterpretation = "MONOCHROME1"

    ct = CtSeries(tmp_path, change=inverted).write()
    assert volume_of(ct).values[0, 0, 3] == 3
    assert "MONOCHROME1 inverts the display only" in notes_of(ct)


def test_padding_outside_the_scanned_circle_becomes_air(tmp_path: Path) -> None:
    def padded(ds: Dataset, k: int) -> None:
        values = np.full((4, 4), 30, np.int16)
        values[0, 0] = -2000
        ds.RescaleIntercept, ds.PixelPaddingValue = "0", -2000
        set_pixels(ds, values)

    ct = CtSeries(tmp_path, change=padded).write()
    assert volume_of(ct).values[0, 0, :2].tolist() == [-1000, 30]
    assert "5 voxels outside the scanned circle" in notes_of(ct)


def test_a_padding_value_that_could_be_tissue_is_left_alone(tmp_path: Path) -> None:
    def padded(ds: Dataset, k: int) -> None:
        ds.RescaleIntercept, ds.PixelPaddingValue = "0", 0
        set_pixels(ds, np.zeros((4, 4), np.int16))

    assert volume_of(CtSeries(tmp_path, change=padded).write()).values.max() == 0


def test_a_compressed_slice_is_decoded_where_pydicom_can(tmp_path: Path) -> None:
    def rle(ds: Dataset, k: int) -> None:
        compress(ds, RLELossless)

    assert volume_of(CtSeries(tmp_path, change=rle).write()).values[2, 0, 5] == 25


def test_a_compression_without_decoder_is_a_clear_error(tmp_path: Path) -> None:
    from pydicom.encaps import encapsulate

    def jpeg(ds: Dataset, k: int) -> None:
        ds.PixelData = encapsulate([b"\xff\xd8 not a picture \xff\xd9"])
        ds["PixelData"].is_undefined_length = True
        ds.file_meta.TransferSyntaxUID = JPEGLosslessSV1

    ct = CtSeries(tmp_path, heights=(0.0,), change=jpeg).write()
    with pytest.raises(InvalidInput, match=r"compressed \(JPEG Lossless.*pylibjpeg"):
        volume_of(ct)


def test_pixels_cut_short_are_a_clear_error(tmp_path: Path) -> None:
    def short(ds: Dataset, k: int) -> None:
        ds.Rows = 400

    with pytest.raises(InvalidInput, match="truncated or damaged"):
        volume_of(CtSeries(tmp_path, change=short).write())


def test_a_file_cut_off_within_its_pixels_is_a_clear_error(tmp_path: Path) -> None:
    ct = CtSeries(tmp_path).write()
    data = ct.files[1].read_bytes()
    ct.files[1].write_bytes(data[:-200])
    with pytest.raises(InvalidInput, match="ends in the middle of an element"):
        volume_of(ct)


@pytest.mark.parametrize(
    "keyword", ["ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"]
)
def test_a_slice_without_its_place_is_refused(tmp_path: Path, keyword: str) -> None:
    def without(ds: Dataset, k: int) -> None:
        del ds[keyword]

    with pytest.raises(InvalidInput, match=f"{keyword} has 0 numbers"):
        volume_of(CtSeries(tmp_path, change=without).write())


def test_an_impossible_orientation_is_refused(tmp_path: Path) -> None:
    ct = CtSeries(tmp_path, orientation=(1, 0, 0, 0.5, 1, 0)).write()
    with pytest.raises(InvalidInput, match="two unit vectors at right angles"):
        volume_of(ct)


def test_a_colour_screen_shot_is_refused(tmp_path: Path) -> None:
    def colour(ds: Dataset, k: int) -> None:
        ds.SamplesPerPixel = 3

    with pytest.raises(InvalidInput, match="3 colour samples"):
        volume_of(CtSeries(tmp_path, change=colour).write())


def test_a_missing_frame_of_reference_is_derived_and_always_the_same(tmp_path: Path) -> None:
    def frameless(ds: Dataset, k: int) -> None:
        del ds.FrameOfReferenceUID

    ct = CtSeries(tmp_path, change=frameless).write()
    (series,) = scan([tmp_path])
    image = read_image(series)
    assert series.frame_of_reference_uid is None
    assert image.frame_of_reference_uid == derived_frame_of_reference(ct.series_uid)
    assert image.frame_of_reference_uid.startswith("2.25.")
    assert len(image.frame_of_reference_uid) <= 64
    assert "no FrameOfReferenceUID; one was derived" in notes_of(ct)


def enhanced(tmp_path: Path, *, described: int = 3) -> CtSeries:
    def frame(k: int) -> Dataset:
        ds, place = Dataset(), Dataset()
        place.ImagePositionPatient = [0, 0, 2.0 * k]
        ds.PlanePositionSequence = [place]
        return ds

    def shared() -> Dataset:
        ds, plane, pixel, value = Dataset(), Dataset(), Dataset(), Dataset()
        plane.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        pixel.PixelSpacing, pixel.SliceThickness = [1, 1], 2
        value.RescaleSlope, value.RescaleIntercept = 1, -1000
        ds.PlaneOrientationSequence, ds.PixelMeasuresSequence = [plane], [pixel]
        ds.PixelValueTransformationSequence = [value]
        return ds

    def multiframe(ds: Dataset, k: int) -> None:
        for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"):
            del ds[keyword]
        ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2.1"
        set_pixels(ds, np.arange(3, dtype=np.int16)[:, None, None] + np.zeros((3, 4, 4), np.int16))
        if described:
            ds.SharedFunctionalGroupsSequence = [shared()]
            ds.PerFrameFunctionalGroupsSequence = [frame(2 - n) for n in range(described)]

    return CtSeries(tmp_path, heights=(0.0,), change=multiframe).write()


def test_an_enhanced_multiframe_ct_is_read(tmp_path: Path) -> None:
    volume = volume_of(enhanced(tmp_path))
    assert volume.grid.spacing_mm == (1.0, 1.0, 2.0)
    assert volume.values[:, 0, 0].tolist() == [-998, -999, -1000]


def test_a_multiframe_ct_without_positions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="3 frames without a position for each"):
        volume_of(enhanced(tmp_path, described=0))


def test_a_multiframe_ct_with_too_few_positions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="3 frames but 2 descriptions"):
        volume_of(enhanced(tmp_path, described=2))


@pytest.mark.slow
def test_the_real_liver_is_read_whole(ircad17: Path) -> None:
    (series,) = scan([next(ircad17.rglob("PATIENT_DICOM"))])
    image = read_image(series)
    assert image.volume.grid.shape == (119, 512, 512)
    assert image.volume.grid.spacing_mm == pytest.approx((0.743, 0.743, 1.6), abs=1e-6)
    assert (image.volume.values.min(), image.volume.values.max()) == (-1024, 1023)
