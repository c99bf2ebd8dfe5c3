"""Builds the image of a case from the slices of one CT series."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hepatica.case.grid import Grid
from hepatica.case.provenance import Note
from hepatica.case.volume import Volume
from hepatica.errors import InvalidInput
from hepatica.io.dicom.files import tolerant
from hepatica.io.dicom.lattice import TOLERANCE_MM, Layout, axes_of, interpolated, layout_of
from hepatica.io.dicom.scan import Progress, Series
from hepatica.io.dicom.slices import Slice, read_slices

AIR_HU = -1000
_SHEAR_TOLERANCE_PIXELS = 0.1
_READERS = 4


@dataclass(frozen=True, eq=False)
class Image:
    """A CT as read: Hounsfield units on a grid, its frame, and notes on what was assumed."""

    volume: Volume
    frame_of_reference_uid: str
    notes: tuple[Note, ...]


def image_volume(series: Series, resample_missing: bool = False) -> Volume:
    """Hounsfield units of one CT series; `read_image` also tells what was assumed."""
    return read_image(series, resample_missing).volume


def read_image(
    series: Series, resample_missing: bool = False, progress: Progress | None = None
) -> Image:
    """One CT series as a volume.

    Slices are ordered by their position along the slice normal, never by InstanceNumber or by
    the patient position code: head first, feet first, decubitus and oblique scans differ only
    in the direction of the grid's axes.

    Parameters
    ----------
    series : Series
        Of CT slices, or of one enhanced multi-frame CT.
    resample_missing : bool
        Interpolate over gaps and mixed spacing instead of refusing them.
    progress : called with (step, files done, files in all)

    Raises
    ------
    InvalidInput
        If slices are missing, duplicated with different pixels, sheared (gantry tilt), of
        different sizes, damaged, or cannot be decoded.
    """
    notes: list[Note] = []
    slices = _distinct(_ordered(_read(series, progress), series), series, notes)
    layout = _layout(slices, series, resample_missing, notes)
    _require_no_shear(slices, series)
    grid = _grid(slices, layout, series)
    values = hounsfield(slices, series, notes)
    if layout.resampled:
        values = interpolated(values, _positions(slices), layout)
    frame = series.frame_of_reference_uid
    if frame is None:
        frame = derived_frame_of_reference(series.uid)
        notes.append(
            Note(
                "assumed",
                series.label,
                "The images have no FrameOfReferenceUID; one was derived from the series UID. "
                "Nothing but the user's word says which other files lie in the same frame.",
            )
        )
    return Image(Volume(values, grid, "HU"), frame, tuple(notes))


def derived_frame_of_reference(series_uid: str) -> str:
    """A frame of reference UID for a series that has none: the same one for the same series.

    Its form is ``2.25.`` and 128 bits of the SHA-256 of the series UID (PS3.5 B.2 allows any
    UUID-sized number under that root).
    """
    digest = sha256(f"frame of reference of {series_uid}".encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


def hounsfield(slices: Sequence[Slice], series: Series, notes: list[Note]) -> NDArray[np.generic]:
    """(slices, rows, columns) array, HU: each slice with its own slope and intercept.

    16-bit integers where they hold the values exactly, else float32.
    """
    whole = all(float(s.slope).is_integer() and float(s.intercept).is_integer() for s in slices)
    narrow = whole and all(_fits_int16(s) for s in slices)
    values = np.empty((len(slices), *slices[0].stored.shape), np.int16 if narrow else np.float32)
    padded = 0
    for k, s in enumerate(slices):
        values[k] = s.stored.astype(np.float64) * s.slope + s.intercept
        padded += _fill_padding(values[k], s)
    if padded:
        text = f"{padded} voxels outside the scanned circle were set to {AIR_HU} HU (air)."
        notes.append(Note("assumed", series.label, text))
    if any(s.inverted for s in slices):
        text = "MONOCHROME1 inverts the display only; the Hounsfield units are as stored."
        notes.append(Note("assumed", series.label, text))
    return values


def _fits_int16(s: Slice) -> bool:
    ends = [float(end) * s.slope + s.intercept for end in (s.stored.min(), s.stored.max())]
    limits = np.iinfo(np.int16)
    return min(ends) >= limits.min and max(ends) <= limits.max


def _fill_padding(values: NDArray[np.generic], s: Slice) -> int:
    """Padding below air is no measurement; padding at or above air may be tissue: left alone."""
    if s.padding is None or s.padding * s.slope + s.intercept >= AIR_HU - 24:
        return 0
    outside = s.stored == s.padding
    values[outside] = AIR_HU
    return int(outside.sum())


def _read(series: Series, progress: Progress | None) -> list[Slice]:
    slices: list[Slice] = []
    with tolerant(), ThreadPoolExecutor(_READERS) as pool:
        for done, found in enumerate(pool.map(read_slices, series.files), start=1):
            slices.extend(found)
            if progress is not None:
                progress("reading CT slices", done, len(series.files))
    return slices


def _ordered(slices: list[Slice], series: Series) -> list[Slice]:
    first = slices[0]
    for other in slices[1:]:
        same_size = other.stored.shape == first.stored.shape
        if not same_size or not np.allclose(other.pixel_mm, first.pixel_mm, atol=1e-3):
            raise InvalidInput(
                f"{series.label}: {first.file} is {_size(first)} and {other.file} "
                f"{_size(other)}; all slices must agree. Two scans are mixed in one series."
            )
        if not np.allclose(other.orientation, first.orientation, atol=1e-3):
            raise InvalidInput(
                f"{series.label}: ImageOrientationPatient differs between {first.file} "
                f"and {other.file}. Two scans are mixed in one series."
            )
    normal = axes_of(first.orientation, f"CT {first.file}")[:, 2]
    return sorted(slices, key=lambda s: float(s.position_mm @ normal))


def _size(s: Slice) -> str:
    rows, columns = s.stored.shape
    return f"{rows} x {columns} pixels of {s.pixel_mm[0]:g} x {s.pixel_mm[1]:g} mm"


def _positions(slices: Sequence[Slice]) -> NDArray[np.float64]:
    normal = axes_of(slices[0].orientation, slices[0].file)[:, 2]
    return np.array([float(s.position_mm @ normal) for s in slices])


def _distinct(slices: list[Slice], series: Series, notes: list[Note]) -> list[Slice]:
    """Drop a slice that repeats its neighbour; refuse one that contradicts it."""
    kept, positions = [slices[0]], _positions(slices)
    for k, (before, here) in enumerate(pairwise(positions)):
        if here - before > TOLERANCE_MM:
            kept.append(slices[k + 1])
        elif not _same_pixels(kept[-1], slices[k + 1]):
            raise InvalidInput(
                f"{series.label}: {kept[-1].file} and {slices[k + 1].file} lie at the "
                f"same position ({here:.2f} mm along the slice normal) with different pixels. "
                "Two phases or two scans are mixed; keep the files of one of them."
            )
    repeats = len(slices) - len(kept)
    if repeats:
        text = f"{repeats} slices that repeat another with identical pixels were left out."
        notes.append(Note("ignored", series.label, text))
    return kept


def _same_pixels(a: Slice, b: Slice) -> bool:
    return (
        np.array_equal(a.stored, b.stored)
        and (a.slope, a.intercept) == (b.slope, b.intercept)
        and np.allclose(a.position_mm, b.position_mm, atol=TOLERANCE_MM)
    )


def _layout(
    slices: list[Slice], series: Series, resample_missing: bool, notes: list[Note]
) -> Layout:
    positions = _positions(slices)
    if len(slices) == 1:
        return _single(slices[0], series, float(positions[0]), notes)
    layout = layout_of(positions, resample_missing, series.label)
    if layout.resampled:
        text = (
            f"{len(slices)} unevenly spaced slices were resampled, as asked, to {layout.count} "
            f"slices every {layout.spacing_mm:g} mm by linear interpolation."
        )
        notes.append(Note("assumed", series.label, text))
    return layout


def _single(s: Slice, series: Series, position_mm: float, notes: list[Note]) -> Layout:
    if s.thickness_mm is None or s.thickness_mm <= 0:
        raise InvalidInput(
            f"{series.label}: it has one slice and no SliceThickness, so its extent is "
            "unknown. Export the whole series."
        )
    text = f"The image has one slice; its SliceThickness of {s.thickness_mm:g} mm is its spacing."
    notes.append(Note("assumed", series.label, text))
    return Layout(position_mm, s.thickness_mm, 1)


def _require_no_shear(slices: Sequence[Slice], series: Series) -> None:
    axes = axes_of(slices[0].orientation, slices[0].file)
    offsets = np.array([s.position_mm - slices[0].position_mm for s in slices]) @ axes
    drift = float(np.abs(offsets[:, :2]).max())
    if drift <= _SHEAR_TOLERANCE_PIXELS * min(slices[0].pixel_mm):
        return
    worst = offsets[int(np.argmax(np.abs(offsets[:, :2]).max(axis=1)))]
    angle = np.degrees(np.arctan2(np.linalg.norm(worst[:2]), abs(worst[2])))
    raise InvalidInput(
        f"{series.label}: the slices are shifted sideways by up to {drift:.2f} mm, "
        f"{angle:.1f} degrees against the slice normal (a tilted gantry). Such a sheared volume "
        "must be resampled by the scanner or planning system before Hepatica can use it."
    )


def _grid(slices: Sequence[Slice], layout: Layout, series: Series) -> Grid:
    first = slices[0]
    row_mm, column_mm = first.pixel_mm
    axes = axes_of(first.orientation, series.label)
    rows, columns = first.stored.shape
    return Grid(
        shape=(layout.count, rows, columns),
        spacing_mm=(column_mm, row_mm, layout.spacing_mm),
        origin_mm=tuple(first.position_mm),
        direction=tuple(map(tuple, axes)),
    )
