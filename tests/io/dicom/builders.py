"""Small synthetic DICOM files, right by default and wrong on request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

CT = "1.2.840.10008.5.1.4.1.1.2"
RTSTRUCT = "1.2.840.10008.5.1.4.1.1.481.3"
RTDOSE = "1.2.840.10008.5.1.4.1.1.481.2"
RTPLAN = "1.2.840.10008.5.1.4.1.1.481.5"
ION_PLAN = "1.2.840.10008.5.1.4.1.1.481.8"
REG = "1.2.840.10008.5.1.4.1.1.66.1"
DEFORMABLE = "1.2.840.10008.5.1.4.1.1.66.3"
MR = "1.2.840.10008.5.1.4.1.1.4"

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)

Change = Callable[[Dataset], None]


def uid(*words: object) -> str:
    """The same UID for the same words."""
    return generate_uid(prefix="1.2.826.0.1.3680043.10.543.", entropy_srcs=[str(w) for w in words])


FRAME = uid("frame")
STUDY = uid("study")


def dataset(sop_class: str, modality: str, *words: object) -> FileDataset:
    """An empty RT object or slice of the one patient."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = sop_class
    meta.MediaStorageSOPInstanceUID = uid(modality, *words)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID = sop_class
    ds.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    ds.Modality = modality
    ds.PatientName = "Secret^Name"
    ds.PatientID = "SECRET-4711"
    ds.PatientBirthDate = "19500101"
    ds.StudyInstanceUID = STUDY
    ds.SeriesInstanceUID = uid("series", modality, *words)
    ds.FrameOfReferenceUID = FRAME
    return ds


def save(ds: Dataset, path: Path, change: Change | None = None) -> Path:
    """Write a file, after one last change."""
    if change is not None:
        change(ds)
    path.parent.mkdir(parents=True, exist_ok=True)
    ds.save_as(path, enforce_file_format=True)
    return path


@dataclass
class CtSeries:
    """Slices of a small CT; value HU = slice number times 10 plus column, unless given.

    Every slice k lies at ``origin + k * step`` along the normal, whatever its file is called.
    """

    folder: Path
    name: str = "ct"
    heights: Sequence[float] = (0.0, 3.0, 6.0, 9.0, 12.0)
    orientation: Sequence[float] = AXIAL
    origin: Sequence[float] = (-20.0, -10.0, 0.0)
    pixel_mm: tuple[float, float] = (2.0, 1.5)
    rows: int = 16
    columns: int = 24
    drift: Sequence[float] = (0.0, 0.0, 0.0)
    change: Callable[[FileDataset, int], None] | None = None
    files: list[Path] = field(default_factory=list)

    @property
    def series_uid(self) -> str:
        return uid("series", "CT", self.name)

    def sop_uid(self, k: int) -> str:
        return uid("CT", self.name, k)

    def write(self) -> CtSeries:
        """Write the slices, their file names in an order that says nothing."""
        row, column = np.array(self.orientation[:3]), np.array(self.orientation[3:])
        normal = np.cross(row, column)
        for k, height in enumerate(self.heights):
            position = np.array(self.origin) + height * normal + k * np.array(self.drift)
            ds = self.slice(k, position)
            if self.change is not None:
                self.change(ds, k)
            self.files.append(save(ds, self.folder / f"{(k * 7) % 10}_{self.name}_{k}.dcm"))
        return self

    def slice(self, k: int, position: NDArray[np.float64]) -> FileDataset:
        ds = dataset(CT, "CT", self.name, k)
        ds.SeriesInstanceUID = self.series_uid
        ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        ds.SeriesDescription = f"{self.name} series"
        ds.InstanceNumber = 100 - k
        ds.SliceLocation = 1000 - 5 * k
        ds.SliceThickness = "5"
        ds.ImagePositionPatient = [f"{v:.5f}" for v in position]
        ds.ImageOrientationPatient = [f"{v:.8f}" for v in self.orientation]
        ds.PixelSpacing = list(self.pixel_mm)
        ds.RescaleSlope, ds.RescaleIntercept = "1", "-1024"
        stored = 1024 + 10 * k + np.tile(np.arange(self.columns), (self.rows, 1))
        set_pixels(ds, stored.astype(np.uint16))
        return ds


def set_pixels(ds: Dataset, stored: NDArray[Any]) -> None:
    """Native pixel data of 8, 16 or 32 bits, signed as the array is."""
    bits = stored.dtype.itemsize * 8
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.Rows, ds.Columns = stored.shape[-2:]
    if stored.ndim == 3:
        ds.NumberOfFrames = len(stored)
    ds.BitsAllocated = ds.BitsStored = bits
    ds.HighBit = bits - 1
    ds.PixelRepresentation = int(stored.dtype.kind == "i")
    ds.add_new("PixelData", "OW" if bits > 8 else "OB", stored.tobytes())


def box(
    height: float, x: tuple[float, float] = (-10.0, 6.0), y: tuple[float, float] = (-4.0, 12.0)
) -> list[tuple[float, float, float]]:
    """A rectangle in an axial plane, its corners as contour points."""
    return [(x[0], y[0], height), (x[1], y[0], height), (x[1], y[1], height), (x[0], y[1], height)]


@dataclass
class Region:
    """One ROI of a structure set; ``contours`` holds points, or (type, points)."""

    number: int
    name: str
    contours: Sequence[Any] = ()
    interpreted: str | None = "ORGAN"
    frame: str | None = None
    without_item: bool = False


def structure_set(
    path: Path,
    regions: Sequence[Region],
    series: CtSeries | None = None,
    *,
    per_contour: bool = True,
    change: Change | None = None,
) -> Path:
    """An RTSTRUCT; ``series`` is what it says it was drawn on."""
    ds = dataset(RTSTRUCT, "RTSTRUCT", path.name)
    ds.StructureSetLabel = f"set {path.stem}"
    ds.ReferencedFrameOfReferenceSequence = [_referenced_frame(series)]
    ds.StructureSetROISequence = [_region(r) for r in regions]
    ds.ROIContourSequence = [
        _contours(r, series if per_contour else None) for r in regions if not r.without_item
    ]
    ds.RTROIObservationsSequence = [_observation(r) for r in regions if r.interpreted is not None]
    return save(ds, path, change)


def _referenced_frame(series: CtSeries | None) -> Dataset:
    frame = Dataset()
    frame.FrameOfReferenceUID = FRAME
    if series is not None:
        one, study = Dataset(), Dataset()
        one.SeriesInstanceUID = series.series_uid
        study.RTReferencedSeriesSequence = [one]
        frame.RTReferencedStudySequence = [study]
    return frame


def _region(region: Region) -> Dataset:
    ds = Dataset()
    ds.ROINumber, ds.ROIName = region.number, region.name
    ds.ReferencedFrameOfReferenceUID = region.frame or FRAME
    return ds


def _contours(region: Region, series: CtSeries | None) -> Dataset:
    ds = Dataset()
    ds.ReferencedROINumber = region.number
    if region.contours:
        ds.ContourSequence = [_contour(c, series) for c in region.contours]
    return ds


def _contour(contour: Any, series: CtSeries | None) -> Dataset:
    kind, points = contour if isinstance(contour[0], str) else ("CLOSED_PLANAR", contour)
    ds = Dataset()
    ds.ContourGeometricType = kind
    ds.NumberOfContourPoints = len(points)
    ds.ContourData = [f"{v:.4f}" for point in points for v in point]
    if series is not None:
        image = Dataset()
        image.ReferencedSOPClassUID, image.ReferencedSOPInstanceUID = CT, series.sop_uid(0)
        ds.ContourImageSequence = [image]
    return ds


def _observation(region: Region) -> Dataset:
    ds = Dataset()
    ds.ObservationNumber = ds.ReferencedROINumber = region.number
    ds.RTROIInterpretedType = region.interpreted
    return ds


def plan(
    path: Path,
    *,
    beams: Sequence[int] = (1, 2),
    fractions: Sequence[int | None] = (6,),
    prescriptions: Sequence[float] = (48.0,),
    structure_set_path: Path | None = None,
    change: Change | None = None,
) -> Path:
    """An RTPLAN with the given treatment beams in each of its fraction groups."""
    ds = dataset(RTPLAN, "RTPLAN", path.name)
    ds.RTPlanLabel = path.stem
    ds.ApprovalStatus = "APPROVED"
    ds.DoseReferenceSequence = [_dose_reference(dose) for dose in prescriptions]
    ds.FractionGroupSequence = [_group(n, count, beams) for n, count in enumerate(fractions, 1)]
    ds.BeamSequence = [beam(number) for number in beams]
    if structure_set_path is not None:
        item = Dataset()
        item.ReferencedSOPClassUID = RTSTRUCT
        item.ReferencedSOPInstanceUID = uid("RTSTRUCT", structure_set_path.name)
        ds.ReferencedStructureSetSequence = [item]
    return save(ds, path, change)


def _dose_reference(dose_gy: float) -> Dataset:
    ds = Dataset()
    ds.DoseReferenceType = "TARGET"
    ds.DoseReferenceDescription = f"target {dose_gy:g}"
    ds.TargetPrescriptionDose = dose_gy
    return ds


def _group(number: int, fractions: int | None, beams: Sequence[int]) -> Dataset:
    ds = Dataset()
    ds.FractionGroupNumber = number
    ds.NumberOfFractionsPlanned = fractions
    ds.ReferencedBeamSequence = [_referenced_beam(b, 100.0 + b) for b in beams]
    return ds


def _referenced_beam(number: int, meterset: float | None = None) -> Dataset:
    ds = Dataset()
    ds.ReferencedBeamNumber = number
    if meterset is not None:
        ds.BeamMeterset = meterset
    return ds


def beam(number: int, delivery: str = "TREATMENT") -> Dataset:
    """A static photon beam."""
    ds, point = Dataset(), Dataset()
    point.NominalBeamEnergy, point.GantryAngle, point.PatientSupportAngle = 6, 40 * number, 10
    ds.BeamNumber, ds.BeamName, ds.RadiationType = number, f"beam {number}", "PHOTON"
    ds.TreatmentDeliveryType = delivery
    ds.ControlPointSequence = [point]
    return ds


@dataclass
class DoseFile:
    """An RTDOSE whose value in Gy is 1 + frame number in order of rising height."""

    path: Path
    offsets: Sequence[float] | None = (0.0, 2.5, 5.0, 7.5)
    position: Sequence[float] = (-15.0, -8.0, 1.0)
    orientation: Sequence[float] = AXIAL
    pixel_mm: tuple[float, float] = (2.0, 3.0)
    rows: int = 8
    columns: int = 10
    scaling: str | None = "0.001"
    dtype: type = np.uint32
    summation: str | None = "PLAN"
    plan_path: Path | None = None
    beams: Sequence[int] = ()
    change: Change | None = None

    def write(self) -> Path:
        ds = dataset(RTDOSE, "RTDOSE", self.path.name)
        ds.SeriesDescription = f"dose {self.path.stem}"
        ds.DoseUnits, ds.DoseType = "GY", "PHYSICAL"
        if self.summation is not None:
            ds.DoseSummationType = self.summation
        if self.scaling is not None:
            ds.DoseGridScaling = self.scaling
        ds.ImagePositionPatient = list(self.position)
        ds.ImageOrientationPatient = [f"{v:.8f}" for v in self.orientation]
        ds.PixelSpacing = list(self.pixel_mm)
        frames = 1 if self.offsets is None else len(self.offsets)
        if self.offsets is not None:
            ds.GridFrameOffsetVector = list(self.offsets)
            ds.FrameIncrementPointer = 0x3004000C
        set_pixels(ds, self._stored(frames))
        if self.plan_path is not None:
            ds.ReferencedRTPlanSequence = [self._plan()]
        return save(ds, self.path, self.change)

    def _stored(self, frames: int) -> NDArray[Any]:
        values = 1.0 + np.arange(frames)[:, None, None] + np.zeros((1, self.rows, self.columns))
        if self.offsets is not None and len(self.offsets) > 1 and self.offsets[1] < self.offsets[0]:
            values = values[::-1]
        return np.round(values / float(self.scaling or 0.001)).astype(self.dtype)

    def _plan(self) -> Dataset:
        assert self.plan_path is not None
        item = Dataset()
        item.ReferencedSOPClassUID = RTPLAN
        item.ReferencedSOPInstanceUID = uid("RTPLAN", self.plan_path.name)
        group = Dataset()
        group.ReferencedFractionGroupNumber = 1
        if self.beams:
            group.ReferencedBeamSequence = [_referenced_beam(b) for b in self.beams]
        item.ReferencedFractionGroupSequence = [group]
        return item


def registration(
    path: Path,
    source_frame: str,
    matrix: NDArray[np.float64],
    *,
    target_frame: str = FRAME,
    more: Sequence[NDArray[np.float64]] = (),
    change: Change | None = None,
) -> Path:
    """A REG whose matrix takes points of ``source_frame`` into its own frame."""
    ds = dataset(REG, "REG", path.name)
    ds.FrameOfReferenceUID = target_frame
    ds.RegistrationSequence = [
        _registered(target_frame, [np.eye(4)]),
        _registered(source_frame, [matrix, *more]),
    ]
    return save(ds, path, change)


def _registered(frame: str, matrices: Sequence[NDArray[np.float64]]) -> Dataset:
    item, one = Dataset(), Dataset()
    item.FrameOfReferenceUID = frame
    one.MatrixSequence = [_matrix(matrix) for matrix in matrices]
    item.MatrixRegistrationSequence = [one]
    return item


def _matrix(matrix: NDArray[np.float64]) -> Dataset:
    ds = Dataset()
    ds.FrameOfReferenceTransformationMatrixType = "RIGID"
    ds.FrameOfReferenceTransformationMatrix = [f"{v:.10g}" for v in matrix.ravel()]
    return ds


def turned(degrees: float, shift: Sequence[float] = (0.0, 0.0, 0.0)) -> NDArray[np.float64]:
    """A turn about the z axis and a shift."""
    angle = np.radians(degrees)
    matrix = np.eye(4)
    matrix[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    matrix[:3, 3] = shift
    return matrix
