"""The image as CT: one file a slice, in the order of the patient, Hounsfield units as they are."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.uid import CTImageStorage

from hepatica.case import Grid, Volume
from hepatica.errors import InvalidInput
from hepatica.io.dicom.write_header import Writer, decimals, plane_of, right_handed, save

_ABDOMEN_WINDOW_HU = (40, 400)


@dataclass(frozen=True)
class CtSeries:
    """What structures need to know about the slices they are drawn on."""

    series_uid: str
    instance_uids: tuple[str, ...]
    grid: Grid
    paths: tuple[Path, ...] = ()

    def nearest(self, point_mm: NDArray[np.float64]) -> str | None:
        """The slice in whose half-spacing slab a point lies, None beyond the stack."""
        index = int(np.rint(self.grid.index_of(point_mm)[2]))
        return self.instance_uids[index] if 0 <= index < len(self.instance_uids) else None


def ct_series(writer: Writer) -> tuple[CtSeries, Volume]:
    """The identifiers of the CT of this case, and its values as they will be written.

    Raises
    ------
    InvalidInput
        If the image is not in HU or a value does not fit 16 bits.
    """
    image = right_handed(writer.case.image)
    stored = Volume(_whole_hounsfield(writer), image.grid, "HU")
    place = repr((image.grid.spacing_mm, image.grid.origin_mm, image.grid.direction))
    marks = [hashlib.sha256(slice_.tobytes()).digest() for slice_ in stored.values]
    series = writer.uids.of("series", "CT", place, b"".join(marks))
    instances = tuple(writer.uids.of("instance", series, k) for k in range(len(marks)))
    return CtSeries(series, instances, image.grid), stored


def write_ct(writer: Writer, series: CtSeries, stored: Volume, folder: Path) -> tuple[Path, ...]:
    """Write the slices; returns the files in the order of the slice normal."""
    ds = writer.dataset(CTImageStorage, "CT", 1)
    ds.SeriesInstanceUID = series.series_uid
    ds.ImageType = ["DERIVED", "SECONDARY", "AXIAL"]
    ds.DerivationDescription = "Written from a Hepatica case"
    ds.PatientPosition = writer.options.patient_position
    ds.KVP = ds.AcquisitionNumber = None
    # The body part is not known here; then the standard wants the laterality, empty.
    ds.Laterality = ""
    ds.ContentDate = ds.StudyDate
    ds.ContentTime = ""
    plane_of(ds, stored)
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 1
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = "0", "1", "HU"
    ds.WindowCenter, ds.WindowWidth = map(str, _ABDOMEN_WINDOW_HU)
    paths = []
    for k, (uid, pixels) in enumerate(zip(series.instance_uids, stored.values, strict=True)):
        ds.SOPInstanceUID, ds.InstanceNumber = uid, k + 1
        ds.ImagePositionPatient = decimals(stored.grid.point_at((0, 0, k)))
        ds.PixelData = pixels.astype("<i2", copy=False).tobytes()
        paths.append(save(ds, folder / f"CT_{k + 1:04d}.dcm"))
    return tuple(paths)


def _whole_hounsfield(writer: Writer) -> NDArray[np.int16]:
    image = right_handed(writer.case.image)
    if image.unit != "HU":
        raise InvalidInput(
            f"Case {writer.case.case_id}: the image is in {image.unit}; only an image in HU can be "
            "written as CT."
        )
    values = image.values
    low, high = float(values.min()), float(values.max())
    limits = np.iinfo(np.int16)
    if not (low >= limits.min and high <= limits.max):
        raise InvalidInput(
            f"Case {writer.case.case_id}: the image runs from {low:g} to {high:g} HU; CT holds "
            f"{limits.min} to {limits.max}. Clip it or check its rescaling."
        )
    return np.ascontiguousarray(np.rint(values).astype(np.int16))
