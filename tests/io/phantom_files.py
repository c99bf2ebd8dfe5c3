"""Small made-up patients, written as DICOM and NIfTI for the tests of importing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

SHAPE = (6, 20, 24)
SPACING_MM = (2.0, 2.0, 3.0)
ORIGIN_MM = (-20.0, -15.0, 40.0)


def body() -> NDArray[np.int16]:
    """A CT: air with a block of tissue that is no two-valued image."""
    values = np.full(SHAPE, -1000, np.int16)
    values[:, 2:18, 2:22] = 40
    values[:, 8:12, 8:12] = 90
    return values


def block(z: slice, y: slice, x: slice) -> NDArray[np.bool_]:
    """A box of marked voxels."""
    marked = np.zeros(SHAPE, bool)
    marked[z, y, x] = True
    return marked


def write_series(folder: Path, values: NDArray[Any], **said: Any) -> str:
    """Write slices of a CT series; ``said`` replaces attributes. Returns its UID."""
    folder.mkdir(parents=True, exist_ok=True)
    series = said.pop("SeriesInstanceUID", generate_uid())
    origin = said.pop("origin_mm", ORIGIN_MM)
    study = said.pop("StudyInstanceUID", generate_uid())
    for k, plane in enumerate(values):
        ds = Dataset()
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = CTImageStorage
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        ds.Modality = "CT"
        ds.SeriesInstanceUID, ds.StudyInstanceUID = series, study
        ds.PatientName, ds.PatientID = "case_1^patient", ""
        ds.ImagePositionPatient = [origin[0], origin[1], origin[2] + k * SPACING_MM[2]]
        ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        ds.PixelSpacing = [SPACING_MM[1], SPACING_MM[0]]
        ds.SliceThickness = SPACING_MM[2]
        ds.Rows, ds.Columns = plane.shape
        ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
        ds.BitsAllocated = ds.BitsStored = plane.dtype.itemsize * 8
        ds.HighBit = ds.BitsStored - 1
        ds.PixelRepresentation = int(plane.dtype.kind == "i")
        ds.RescaleIntercept, ds.RescaleSlope = 0, 1
        ds.PixelData = np.ascontiguousarray(plane).tobytes()
        for name, value in said.items():
            setattr(ds, name, value)
        ds.save_as(folder / f"image_{k}", enforce_file_format=True)
    return str(series)


def write_mask(folder: Path, marked: NDArray[np.bool_], name: str = "", **said: Any) -> str:
    """Write a mask series as 8-bit 0 and 255, named as IRCAD does it."""
    if name:
        said.setdefault("PatientName", f"case_1^{name}")
    return write_series(folder, marked.astype(np.uint8) * 255, **said)


def ras_affine() -> NDArray[np.float64]:
    """Where the voxels of the phantom lie for NIfTI: x and y mirrored."""
    affine = np.diag([-SPACING_MM[0], -SPACING_MM[1], SPACING_MM[2], 1.0])
    affine[:3, 3] = (-ORIGIN_MM[0], -ORIGIN_MM[1], ORIGIN_MM[2])
    return affine


def write_nii(path: Path, values: NDArray[Any], affine: NDArray[np.float64] | None = None) -> Path:
    """Write a (z, y, x) array of the phantom as NIfTI."""
    image = nib.Nifti1Image(values.T, ras_affine() if affine is None else affine)
    image.header.set_xyzt_units("mm")
    nib.save(image, path)
    return path
