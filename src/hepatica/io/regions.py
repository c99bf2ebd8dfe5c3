"""Voxels that somebody marked, under the name that they gave it, on their way to a structure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from hepatica.case import Grid, Note, Structure, Volume
from hepatica.case.names import NameMatch
from hepatica.errors import Inconsistent, InvalidInput

_SNAP_VOXELS = 0.02
_BODY_DEPTH_MM = 20.0


@dataclass(frozen=True, eq=False)
class Region:
    """A marked part of a volume.

    Parameters
    ----------
    raw : str
        The name as it was given.
    mask : (slices, rows, columns) boolean array
        On ``grid``, the box around the marked voxels.
    file_grid : Grid
        The whole volume in which it was marked.
    origin : str
        Where it came from, for a person to check.
    """

    raw: str
    mask: NDArray[np.bool_]
    grid: Grid
    file_grid: Grid
    origin: str


def region_of(raw: str, marked: NDArray[np.bool_], grid: Grid, origin: str) -> Region | None:
    """The box around the marked voxels; None when there are none."""
    box = _box(marked)
    if box is None:
        return None
    window = tuple(slice(a, b) for a, b in zip(*box, strict=True))
    return Region(raw, np.ascontiguousarray(marked[window]), grid.crop(*box), grid, origin)


def regions_of_labels(
    labels: Volume, names: Mapping[int, str], origin: str, notes: list[Note]
) -> list[Region]:
    """One region per label number that has a name; the others are noted.

    Raises
    ------
    InvalidInput
        If the labels are not whole numbers of 0 or more.
    """
    from scipy.ndimage import find_objects

    numbers = whole_labels(labels.values, origin)
    regions, nameless = [], []
    for number, window in enumerate(find_objects(numbers), start=1):
        if window is None:
            continue
        if number not in names:
            nameless.append(number)
            continue
        start = (window[0].start, window[1].start, window[2].start)
        stop = (window[0].stop, window[1].stop, window[2].stop)
        mask = np.ascontiguousarray(numbers[window] == number)
        crop = labels.grid.crop(start, stop)
        where = f"{origin}, label {number}"
        regions.append(Region(names[number], mask, crop, labels.grid, where))
    if nameless:
        text = f"labels {', '.join(map(str, nameless))} have no name in the label map: left out."
        notes.append(Note("ignored", origin, text))
    return regions


def whole_labels(values: NDArray[np.generic], origin: str) -> NDArray[np.int32]:
    """The values as label numbers.

    Raises
    ------
    InvalidInput
        If one is below 0, above 65535 or not whole: the file is an image, or was interpolated.
    """
    low, high = float(values.min()), float(values.max())
    broken = values.dtype.kind == "f" and not np.array_equal(values, np.rint(values))
    if broken or low < 0 or high > 65535:
        raise InvalidInput(
            f"{origin}: labels must be whole numbers from 0 to 65535, but the values run from "
            f"{low:g} to {high:g}{' with fractions between' if broken else ''}. Is this an image, "
            "or were the labels interpolated? Resample labels with nearest neighbour."
        )
    return values.astype(np.int32)


def structure_of(region: Region, match: NameMatch, image: Grid, resample: bool) -> Structure:
    """The region as a structure on the lattice of the image.

    Raises
    ------
    Inconsistent
        If the voxels do not coincide and resampling was not asked for, or do not overlap.
    """
    snapped = _snapped(region, image)
    role = match.role or "ORGAN"
    if snapped is not None:
        marked = Volume(region.mask.astype(np.float32), snapped, "1")
        return Structure(match.name, _within(marked, image, region.origin), role, region.origin)
    if not resample:
        raise Inconsistent(
            f"{region.origin}: its voxels do not coincide with the image's (spacing "
            f"{_mm(region.grid.spacing_mm)} against {_mm(image.spacing_mm)} mm, origin "
            f"{_mm(region.file_grid.origin_mm)} against {_mm(image.origin_mm)} mm). If it belongs "
            "to this image, let it be resampled with --resample-structures."
        )
    marked = Volume(region.mask.astype(np.float32), region.grid, "1")
    origin = f"{region.origin}, resampled onto the image"
    structure = Structure(match.name, marked, role, origin).on(image)
    if structure.is_empty:
        raise _outside(region.origin)
    return structure


def edge_notes(
    structures: Iterable[Structure],
    image: Grid,
    drawn_on: Mapping[str, tuple[Grid, Grid]] = MappingProxyType({}),
) -> tuple[Note, ...]:
    """Warn of structures that end where their image or file ends: there may be more of them.

    Parameters
    ----------
    structures : the outline of the body and the couch always end there and are not named
    image : Grid
    drawn_on : name to the box around what was marked and the whole file, where that is not the
        image
    """
    cut = []
    for structure in structures:
        if structure.role in ("EXTERNAL", "SUPPORT") or structure.is_empty:
            continue
        part, whole = drawn_on.get(structure.name, (structure.coverage.trimmed().grid, image))
        if _ends_with(part, whole):
            cut.append(structure.name)
    if not cut:
        return ()
    text = "reach the edge of their image or file and may be cut: volumes are lower bounds."
    return (Note("warning", "structures", f"{', '.join(cut)} {text}"),)


def _ends_with(part: Grid, whole: Grid) -> bool:
    """Whether a part begins or ends in the first or last slice, row or column of the whole.

    Outlines that go on beyond the image were not cut by it. An image of one slice cuts nothing:
    its structures lie on slices of their own.
    """
    offset = whole.offset_of(part)
    if offset is None or whole.shape[0] == 1:
        return False
    return any(
        o == 0 or o + n == size for o, n, size in zip(offset, part.shape, whole.shape, strict=True)
    )


def is_filled_body(region: Region) -> bool:
    """Whether a region called skin is really all that lies inside it.

    Skin is a few millimetres thick; a region with voxels more than 20 mm from its surface is
    the body. Judged on three slices.
    """
    from scipy.ndimage import distance_transform_edt

    sampling = region.grid.spacing_mm[1::-1]
    count = region.grid.shape[0]
    picks = sorted({count // 4, count // 2, (3 * count) // 4})
    padded = (np.pad(region.mask[k], 1) for k in picks)
    return any(
        distance_transform_edt(plane, sampling=sampling).max() > _BODY_DEPTH_MM for plane in padded
    )


def _box(
    marked: NDArray[np.bool_],
) -> tuple[tuple[int, int, int], tuple[int, int, int]] | None:
    start, stop = [], []
    for axis in range(3):
        others = tuple(k for k in range(3) if k != axis)
        touched = np.flatnonzero(marked.any(axis=others))
        if not len(touched):
            return None
        start.append(int(touched[0]))
        stop.append(int(touched[-1]) + 1)
    return (start[0], start[1], start[2]), (stop[0], stop[1], stop[2])


def _snapped(region: Region, image: Grid) -> Grid | None:
    """The region's box on the image's own lattice, if both agree to 2 % of a voxel.

    File formats round: a NIfTI header holds 7 digits, a DICOM one 16. Without this a label volume
    made from this very image would be refused for a difference of a few micrometres.
    """
    shape = np.array(region.grid.shape[::-1])
    ends = np.array([(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)]) * (shape - 1)
    index = image.index_of(region.grid.point_at(ends))
    first = np.rint(index[0])
    if np.abs(index - (first + ends)).max() > _SNAP_VOXELS:
        return None
    if not np.allclose(region.grid.spacing_mm, image.spacing_mm, rtol=_SNAP_VOXELS):
        return None
    if not np.allclose(region.grid.axes, image.axes, atol=_SNAP_VOXELS):
        return None
    x, y, z = (int(n) for n in first)
    return image.crop((z, y, x), tuple(np.add((z, y, x), region.grid.shape)))


def _within(volume: Volume, image: Grid, origin: str) -> Volume:
    """The part of the volume that lies inside the image."""
    offset = np.array(image.require_same_lattice(volume.grid, origin))
    low = np.maximum(0, -offset)
    high = np.minimum(volume.grid.shape, np.array(image.shape) - offset)
    if (high <= low).any():
        raise _outside(origin)
    return volume.crop(tuple(low), tuple(high))


def _outside(origin: str) -> Inconsistent:
    return Inconsistent(
        f"{origin} lies entirely outside the image. Check that it belongs to this patient and "
        "this scan."
    )


def _mm(values: tuple[float, float, float]) -> str:
    return " x ".join(f"{v:.4g}" for v in values)
