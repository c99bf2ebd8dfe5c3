"""The phantom as the DICOM objects that dicompyler-core reads."""

from __future__ import annotations

from typing import Any

import numpy as np
import phantom as phantoms
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

_RT_DOSE = "1.2.840.10008.5.1.4.1.1.481.2"
_RT_STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"


def _object(sop_class: str, modality: str) -> Dataset:
    found = Dataset()
    found.file_meta = FileMetaDataset()
    found.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    found.SOPClassUID, found.SOPInstanceUID = sop_class, generate_uid()
    found.Modality = modality
    return found


def dose_object(phantom: phantoms.Phantom) -> Dataset:
    """An RTDOSE of 32 bits."""
    found = _object(_RT_DOSE, "RTDOSE")
    scaling = float(phantom.dose_gy.max()) / (2**32 - 1)
    found.DoseGridScaling = f"{scaling:.10e}"
    whole = np.rint(phantom.dose_gy.astype(float) / float(found.DoseGridScaling))
    found.PixelData = np.minimum(whole, 2**32 - 1).astype("<u4").tobytes()
    found.NumberOfFrames, found.Rows, found.Columns = phantoms.SHAPE
    found.PixelSpacing = [phantoms.SPACING_MM] * 2
    found.ImagePositionPatient = list(phantom.origin_mm)
    found.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    found.GridFrameOffsetVector = [float(v) for v in phantom.axes_mm[0] - phantom.axes_mm[0][0]]
    found.DoseUnits, found.DoseType, found.DoseSummationType = "GY", "PHYSICAL", "PLAN"
    found.SamplesPerPixel, found.PhotometricInterpretation = 1, "MONOCHROME2"
    found.BitsAllocated, found.BitsStored, found.HighBit = 32, 32, 31
    found.PixelRepresentation = 0
    return found


def structure_object(phantom: phantoms.Phantom) -> Dataset:
    """An RTSTRUCT with one structure."""
    found = _object(_RT_STRUCTURE_SET, "RTSTRUCT")
    found.StructureSetROISequence = [_item(ROINumber=1, ROIName="LIVER")]
    contours = [
        _item(
            ContourGeometricType="CLOSED_PLANAR",
            NumberOfContourPoints=len(loop),
            ContourData=[f"{v:.4f}" for v in loop.ravel()],
        )
        for loop in phantom.loops()
    ]
    drawn = _item(ReferencedROINumber=1, ROIDisplayColor=[200, 80, 40], ContourSequence=contours)
    found.ROIContourSequence = [drawn]
    seen = _item(ObservationNumber=1, ReferencedROINumber=1, RTROIInterpretedType="ORGAN")
    found.RTROIObservationsSequence = [seen]
    return found


def _item(**values: Any) -> Dataset:
    item = Dataset()
    for name, value in values.items():
        setattr(item, name, value)
    return item
