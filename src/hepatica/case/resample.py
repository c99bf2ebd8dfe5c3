"""Carries a dose, an image or a structure from one grid of voxels to another.

A quantity that is known at points (Gy, HU) is interpolated; a coverage, which says how much of each
voxel is filled, is averaged over the new voxels so that its volume stays the same.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hepatica.case.grid import Grid
from hepatica.case.volume import Volume
from hepatica.errors import InvalidInput

Singles = NDArray[np.float32]
_ALIGNED = 1e-6
_INSIDE = 1e-6


def resample(
    values: NDArray[np.generic], source: Grid, target: Grid, outside: float
) -> NDArray[np.float32]:
    """Trilinear values at the voxel centres of another grid.

    Interpolation looks at the eight neighbours only: on a target coarser than the source it skips
    voxels in between. That is right for a dose, which is smooth, and wrong for a coverage, for
    which `average_onto` exists.

    Parameters
    ----------
    values : array of the source's shape
    source, target : Grid
    outside : float
        Value beyond the outermost voxel centres of the source.

    Returns
    -------
    values : float32 array of the target's shape, in the unit of ``values``
    """
    if values.shape != source.shape:
        raise InvalidInput(
            f"The array to resample has shape {values.shape}, its grid {source.shape}; "
            "both are (slices, rows, columns)."
        )
    singles = np.ascontiguousarray(values, dtype=np.float32)
    matrix, offset = _index_map(source, target)
    partner = _partner(matrix)
    if partner is None:
        from hepatica.case.resample_kernels import interpolate_oblique

        out = np.empty(target.shape, np.float32)
        interpolate_oblique(singles, matrix, offset, out, float(outside))
        return out
    positions = [offset[s] + matrix[s, t] * np.arange(target.shape[t]) for t, s in partner]
    return _separable(singles, positions, [s for _, s in partner], target.shape, outside)


def average_onto(coverage: Volume, target: Grid) -> Volume:
    """The mean of a coverage over each voxel of another grid.

    A voxel of the source counts with the part of the target voxel that it fills, and everything
    outside the source is empty. On parallel grids this is exact, so the volume inside the target is
    kept to rounding; at an angle each target voxel is sampled finer than the source.

    Parameters
    ----------
    coverage : Volume, unit "1"
    target : Grid

    Returns
    -------
    coverage : Volume, unit "1", on the whole of ``target``
    """
    mean = mean_onto(coverage, target)
    return Volume(np.clip(mean.values, 0, 1, dtype=np.float32), target, coverage.unit)


def mean_onto(quantity: Volume, target: Grid) -> Volume:
    """The mean of a quantity over each voxel of another grid, 0 outside its own grid.

    As `average_onto`, for a quantity of any range: a density, whose mass is kept.
    """
    matrix, offset = _index_map(quantity.grid, target)
    partner = _partner(matrix)
    values = np.ascontiguousarray(quantity.values, dtype=np.float32)
    if partner is None:
        from hepatica.case.resample_kernels import average_oblique

        out = np.empty(target.shape, np.float32)
        average_oblique(values, matrix, offset, out, _sample_points(quantity.grid, target))
        return Volume(out, target, quantity.unit)
    moved = values.transpose([s for _, s in partner])
    for t, s in partner:
        overlap = _overlap(moved.shape[t], target.shape[t], matrix[s, t], offset[s])
        moved = np.moveaxis(np.tensordot(overlap, moved, axes=(1, t)), 0, t)
    return Volume(np.ascontiguousarray(moved, np.float32), target, quantity.unit)


def _index_map(source: Grid, target: Grid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Matrix and offset that take (z, y, x) of the target to (z, y, x) of the source."""
    steps = (source.axes.T @ target.axes) * np.array(target.spacing_mm)
    matrix = (steps / np.array(source.spacing_mm)[:, None])[::-1, ::-1]
    return np.ascontiguousarray(matrix), source.index_of(target.origin_mm)[::-1].copy()


def _partner(matrix: NDArray[np.float64]) -> list[tuple[int, int]] | None:
    """(target axis, source axis) pairs when the axes of the grids are parallel, else None."""
    main = np.abs(matrix).argmax(axis=0)
    rest = matrix.copy()
    rest[main, np.arange(3)] = 0.0
    if len(set(main)) < 3 or np.abs(rest).max() > _ALIGNED:
        return None
    return [(t, int(s)) for t, s in enumerate(main)]


def _separable(
    values: Singles,
    positions: list[NDArray[np.float64]],
    source_axes: list[int],
    shape: tuple[int, int, int],
    outside: float,
) -> Singles:
    from hepatica.case.resample_kernels import interpolate_separable

    strides = np.array(values.strides) // values.itemsize
    window, lower, shares = [], [], []
    for position, axis in zip(positions, source_axes, strict=True):
        last = values.shape[axis] - 1
        inside = np.flatnonzero((position >= -_INSIDE) & (position <= last + _INSIDE))
        kept = np.clip(position[inside], 0, last)
        below = np.minimum(np.floor(kept).astype(np.int64), max(last - 1, 0))
        window.append(slice(inside[0], inside[-1] + 1) if len(inside) else slice(0, 0))
        lower.append(below * strides[axis])
        shares.append(kept - below)
    out = np.full(shape, outside, np.float32)
    if all(len(each) for each in lower):
        out[tuple(window)] = interpolate_separable(
            values.ravel(), strides[source_axes], tuple(lower), tuple(shares)
        )
    return out


def _overlap(source_size: int, target_size: int, step: float, offset: float) -> Singles:
    """(target, source) array: the part of each target voxel that each source voxel fills."""
    centre = offset + step * np.arange(target_size)[:, None]
    half = abs(step) / 2
    cell = np.arange(source_size)
    low = np.maximum(centre - half, cell - 0.5)
    high = np.minimum(centre + half, cell + 0.5)
    return np.asarray(np.maximum(high - low, 0) / abs(step), np.float32)


def _sample_points(source: Grid, target: Grid) -> NDArray[np.float64]:
    """(points, 3) array, (z, y, x) from -0.5 to 0.5: where a target voxel is sampled.

    Three points per source voxel and axis, 4 to 16. Each row of points is shifted against its
    neighbours (multi-jittered sampling, Chiu, Shirley and Wang 1994), so that along every axis no
    two points share a place: on a plain lattice, a turn about one axis leaves the points of that
    axis at the same few places in all voxels, and a structure moves by up to half their distance.
    """
    ratio = np.array(target.spacing_mm[::-1]) / min(source.spacing_mm)
    counts = np.clip(np.ceil(3 * ratio), 4, 16).astype(int)
    cells = np.indices(tuple(counts)).reshape(3, -1)
    places = []
    for axis in range(3):
        second, third = (axis + 1) % 3, (axis + 2) % 3
        row = cells[second] * counts[third] + cells[third]
        shift = (row + 0.5) / (counts[second] * counts[third])
        places.append((cells[axis] + shift) / counts[axis] - 0.5)
    return np.ascontiguousarray(np.stack(places, axis=1))
