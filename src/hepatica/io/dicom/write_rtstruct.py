"""The structures as an RTSTRUCT: their outlines, on the slices that they were drawn on."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import CTImageStorage, ImplicitVRLittleEndian, RTStructureSetStorage
from pydicom.valuerep import format_number_as_ds

from hepatica.case import Contours, Structure
from hepatica.io.dicom.write_ct import CtSeries
from hepatica.io.dicom.write_header import RESEARCH, Writer, save
from hepatica.io.dicom.write_keyhole import keyholes

INTERPRETED_TYPE = {
    "GTV": "GTV",
    "CTV": "CTV",
    "PTV": "PTV",
    "ORGAN": "ORGAN",
    "EXTERNAL": "EXTERNAL",
    "AVOIDANCE": "AVOIDANCE",
    "SUPPORT": "SUPPORT",
    "OTHER": "",
}
"""Role of a structure to RTROIInterpretedType; empty is the standard's word for "not said"."""

_DETACHED_STUDY = "1.2.840.10008.3.1.2.3.1"
_COLOURS = {"GTV": (255, 0, 0), "CTV": (255, 128, 0), "PTV": (255, 0, 255), "EXTERNAL": (0, 200, 0)}
_ORGAN_COLOURS = (
    (153, 102, 51),
    (0, 128, 255),
    (255, 220, 0),
    (0, 200, 160),
    (160, 80, 255),
    (120, 160, 60),
    (255, 140, 160),
    (90, 90, 200),
)
_CONTOUR_DATA = Tag(0x3006, 0x0050)
_SAME_PLANE_MM = 1e-3

Drawn = list[tuple[Structure, list[NDArray[np.float64]]]]


def write_rtstruct(writer: Writer, ct: CtSeries, path: Path) -> str:
    """Write all structures of the case; returns the identifier of the structure set.

    The file is in implicit VR: the explicit form cannot hold a contour of more than 65534
    characters.
    """
    drawn = _drawn(writer)
    ds = writer.dataset(RTStructureSetStorage, "RTSTRUCT", 2)
    mark = _fingerprint(drawn)
    ds.SeriesInstanceUID = writer.uids.of("series", "RTSTRUCT", ct.series_uid)
    ds.SOPInstanceUID = writer.uids.of(
        "instance", "RTSTRUCT", ct.series_uid, writer.options.holes, mark
    )
    ds.InstanceNumber = 1
    ds.OperatorsName = ""
    ds.StructureSetLabel = "Hepatica"
    ds.StructureSetDescription = RESEARCH
    ds.StructureSetDate = ds.StudyDate
    ds.StructureSetTime = ""
    ds.ApprovalStatus = "UNAPPROVED"
    ds.ReferencedFrameOfReferenceSequence = [_drawn_on(writer, ct)]
    numbered = list(enumerate(drawn, start=1))
    frame = writer.uids.frame_of_reference_uid
    ds.StructureSetROISequence = [_roi(n, s, frame) for n, (s, _) in numbered]
    ds.ROIContourSequence = [_outlined(n, s, loops, ct) for n, (s, loops) in numbered]
    ds.RTROIObservationsSequence = [_observed(n, s) for n, (s, _) in numbered]
    save(ds, path, ImplicitVRLittleEndian)
    return str(ds.SOPInstanceUID)


def _drawn(writer: Writer) -> Drawn:
    """Every structure with its loops: as drawn where they were drawn, else traced."""
    drawn: Drawn = []
    for structure in writer.case.structures.values():
        loops = list(_contours_of(structure).loops)
        if writer.options.holes == "keyhole":
            loops = _without_holes(loops, structure.grid.axes)
        drawn.append((structure, loops))
    return drawn


def _contours_of(structure: Structure) -> Contours:
    if structure.contours is not None:
        return structure.contours
    if structure.is_empty:
        return Contours(())
    from hepatica.case.outline import outline

    return outline(structure.coverage)


def _without_holes(
    loops: list[NDArray[np.float64]], axes: NDArray[np.float64]
) -> list[NDArray[np.float64]]:
    planes: dict[int, list[NDArray[np.float64]]] = defaultdict(list)
    for loop in loops:
        planes[round(float(loop[0] @ axes[:, 2]) / _SAME_PLANE_MM)].append(loop)
    return [joined for plane in planes.values() for joined in keyholes(plane, axes[:, :2])]


def _drawn_on(writer: Writer, ct: CtSeries) -> Dataset:
    series = Dataset()
    series.SeriesInstanceUID = ct.series_uid
    series.ContourImageSequence = [_slice(uid) for uid in ct.instance_uids]
    study = Dataset()
    study.ReferencedSOPClassUID = _DETACHED_STUDY
    study.ReferencedSOPInstanceUID = writer.uids.study()
    study.RTReferencedSeriesSequence = [series]
    frame = Dataset()
    frame.FrameOfReferenceUID = writer.uids.frame_of_reference_uid
    frame.RTReferencedStudySequence = [study]
    return frame


def _slice(uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = CTImageStorage
    item.ReferencedSOPInstanceUID = uid
    return item


def _roi(number: int, structure: Structure, frame_uid: str) -> Dataset:
    item = Dataset()
    item.ROINumber = number
    item.ReferencedFrameOfReferenceUID = frame_uid
    item.ROIName = structure.name
    item.ROIGenerationAlgorithm = "AUTOMATIC" if structure.derived else ""
    if not structure.is_empty:
        item.ROIVolume = format_number_as_ds(round(structure.volume_cc, 6))
    return item


def _outlined(
    number: int, structure: Structure, loops: list[NDArray[np.float64]], ct: CtSeries
) -> Dataset:
    item = Dataset()
    item.ReferencedROINumber = number
    item.ROIDisplayColor = list(
        _COLOURS.get(structure.role, _ORGAN_COLOURS[number % len(_ORGAN_COLOURS)])
    )
    if loops:
        item.ContourSequence = [_contour(k, loop, ct) for k, loop in enumerate(loops, start=1)]
    return item


def _contour(number: int, loop: NDArray[np.float64], ct: CtSeries) -> Dataset:
    item = Dataset()
    slice_uid = ct.nearest(loop.mean(axis=0))
    if slice_uid is not None:
        item.ContourImageSequence = [_slice(slice_uid)]
    item.ContourGeometricType = "CLOSED_PLANAR"
    item.NumberOfContourPoints = len(loop)
    item.ContourNumber = number
    # As one text: an object for each number would take longer than all the rest of the export.
    text = _contour_text(loop)
    item[_CONTOUR_DATA] = DataElement(_CONTOUR_DATA, "DS", text, already_converted=True)
    return item


def _contour_text(loop: NDArray[np.float64]) -> str:
    """To a tenth of a micrometre, which keeps every number under 16 characters."""
    pattern = "\\".join(["%.4f"] * loop.size)
    return pattern % tuple(loop.ravel().tolist())


def _observed(number: int, structure: Structure) -> Dataset:
    item = Dataset()
    item.ObservationNumber = number
    item.ReferencedROINumber = number
    item.RTROIInterpretedType = INTERPRETED_TYPE[structure.role]
    item.ROIInterpreter = ""
    return item


def _fingerprint(drawn: Drawn) -> bytes:
    digest = hashlib.sha256()
    for structure, loops in drawn:
        digest.update(
            f"{structure.name}|{structure.role}|{structure.derived}|{structure.volume_cc}".encode()
        )
        for loop in loops:
            digest.update(b"loop" + loop.tobytes())
    return digest.digest()
