"""Reads the slices of one CT file: pixels, place, and the way to Hounsfield units."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from hepatica.errors import InvalidInput
from hepatica.io.dicom.files import damaged, read_dataset, reading, text


@dataclass(frozen=True, eq=False)
class Slice:
    """One slice as it stands in a file.

    Parameters
    ----------
    position_mm : (3,) array, mm, LPS
        Centre of the first pixel.
    orientation : ImageOrientationPatient
    pixel_mm : (row spacing, column spacing), mm, as PixelSpacing gives them
    thickness_mm : SliceThickness, None where absent
    stored : (rows, columns) array
        Stored values; ``slope * stored + intercept`` is in Hounsfield units.
    padding : stored value outside the scanned circle, None where absent
    inverted : True for MONOCHROME1, which inverts the display and not the values
    """

    file: str
    position_mm: NDArray[np.float64]
    orientation: tuple[float, ...]
    pixel_mm: tuple[float, float]
    thickness_mm: float | None
    stored: NDArray[np.generic]
    slope: float
    intercept: float
    padding: int | None
    inverted: bool


def read_slices(path: Path) -> list[Slice]:
    """All slices of one CT file: one, or as many as an enhanced multi-frame CT has frames.

    Raises
    ------
    InvalidInput
        If the file is damaged, compressed in a way that no installed decoder reads, in colour, or
        lacks a position, an orientation or a pixel size.
    """
    with reading(path):
        dataset = read_dataset(path)
        samples = int(dataset.get("SamplesPerPixel") or 1)
        if samples != 1:
            raise InvalidInput(
                f"CT {path.name}: it has {samples} colour samples per pixel; a CT slice has 1. "
                "This is a screen shot, not a scan."
            )
        pixels = decoded(dataset, path)
        if "PerFrameFunctionalGroupsSequence" in dataset:
            return _frames(dataset, pixels, path)
        if pixels.ndim != 2:
            raise InvalidInput(
                f"CT {path.name}: it holds {pixels.shape[0]} frames without a position for each "
                "(PerFrameFunctionalGroupsSequence). Export it as single slices or as enhanced CT."
            )
        return [_slice(dataset, {}, pixels, path)]


def decoded(dataset: Dataset, path: Path) -> NDArray[np.generic]:
    """Stored pixel values, decompressed where a decoder is installed.

    Raises
    ------
    InvalidInput
        If there are fewer pixels than the header promises, or no decoder.
    """
    syntax = getattr(dataset, "file_meta", {}).get("TransferSyntaxUID")
    if "PixelData" not in dataset:
        raise damaged(path, "it has no PixelData")
    if syntax is None:
        dataset.file_meta.TransferSyntaxUID = _guessed_syntax(dataset)
    try:
        return np.asarray(dataset.pixel_array)
    except (ValueError, AttributeError, TypeError) as fault:
        raise damaged(path, f"pixel data: {type(fault).__name__}") from None
    except (RuntimeError, NotImplementedError, ImportError):
        name = getattr(syntax, "name", syntax)
        raise InvalidInput(
            f"{path.name}: its pixels are compressed ({name}) and no installed decoder reads "
            "that. Install one (pip install pylibjpeg pylibjpeg-libjpeg pylibjpeg-openjpeg), or "
            "export without compression."
        ) from None


def _guessed_syntax(dataset: Dataset) -> str:
    """A file without meta header states no syntax; pydicom found it while reading."""
    implicit, little = dataset.original_encoding
    if implicit:
        return "1.2.840.10008.1.2"
    return "1.2.840.10008.1.2.1" if little else "1.2.840.10008.1.2.2"


def _frames(dataset: Dataset, pixels: NDArray[np.generic], path: Path) -> list[Slice]:
    shared = dataset.get("SharedFunctionalGroupsSequence") or [Dataset()]
    groups = dataset.PerFrameFunctionalGroupsSequence
    if pixels.ndim == 2:
        pixels = pixels[None]
    if len(groups) != len(pixels):
        raise damaged(path, f"{len(pixels)} frames but {len(groups)} descriptions of frames")
    return [
        _slice(dataset, _frame_elements(shared[0], group), stored, path)
        for group, stored in zip(groups, pixels, strict=True)
    ]


def _frame_elements(shared: Dataset, own: Dataset) -> dict[str, Any]:
    """The elements that place one frame, its own before those shared by all."""
    elements: dict[str, Any] = {}
    for sequence in (
        "PlanePositionSequence",
        "PlaneOrientationSequence",
        "PixelMeasuresSequence",
        "PixelValueTransformationSequence",
    ):
        for group in (shared, own):
            for item in group.get(sequence) or []:
                elements.update({element.keyword: element.value for element in item})
    return elements


def _slice(
    dataset: Dataset, frame: dict[str, Any], stored: NDArray[np.generic], path: Path
) -> Slice:
    def value(keyword: str) -> Any:
        return frame.get(keyword, dataset.get(keyword))

    position = _floats(value("ImagePositionPatient"), 3, "ImagePositionPatient", path)
    orientation = _floats(value("ImageOrientationPatient"), 6, "ImageOrientationPatient", path)
    row_mm, column_mm = _floats(value("PixelSpacing"), 2, "PixelSpacing", path)
    thickness = value("SliceThickness")
    slope, intercept = value("RescaleSlope"), value("RescaleIntercept")
    padding = dataset.get("PixelPaddingValue")
    return Slice(
        file=path.name,
        position_mm=np.array(position),
        orientation=orientation,
        pixel_mm=(row_mm, column_mm),
        thickness_mm=float(thickness) if thickness else None,
        stored=stored,
        slope=1.0 if slope is None else float(slope),
        intercept=0.0 if intercept is None else float(intercept),
        padding=None if padding is None else int(padding),
        inverted=text(dataset, "PhotometricInterpretation") == "MONOCHROME1",
    )


def _floats(value: Any, count: int, keyword: str, path: Path) -> tuple[float, ...]:
    numbers = () if value is None or isinstance(value, str) else tuple(float(v) for v in value)
    if len(numbers) != count or not np.isfinite(numbers).all():
        raise InvalidInput(
            f"CT {path.name}: {keyword} has {len(numbers)} numbers; {count} are needed to know "
            "where the slice lies in the patient. Export the original slices."
        )
    return numbers
