# mypy: allow-untyped-decorators, no-warn-return-any
"""How far each voxel is from a mask, up to a reach, compiled."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

Singles = NDArray[np.float32]


@numba.njit(cache=True, nogil=True)
def squared_distance(mask: NDArray[np.bool_], pitch: NDArray[np.float64], reach: float) -> Singles:
    """Squared distance to the nearest voxel of a mask.

    Separable: along a row the nearest voxel, then the least sum of squares over the rows and the
    slices within reach (Felzenszwalb and Huttenlocher 2012, section 2, with bounded search).

    Parameters
    ----------
    mask : (z, y, x) array
    pitch : (z, y, x) mm
    reach : mm
        Larger distances are returned as something larger than this, squared.

    Returns
    -------
    squared : (z, y, x) array, mm2
    """
    far = np.float32(4.0 * reach * reach + 1.0)
    along = _along_rows(mask, pitch[2], far)
    planes = np.empty_like(along)
    steps = int(np.ceil(reach / pitch[1]))
    for z in range(mask.shape[0]):
        _least(along[z], planes[z], steps, pitch[1])
    shape = mask.shape
    flat = planes.reshape((shape[0], shape[1] * shape[2]))
    out = np.empty_like(flat)
    _least(flat, out, int(np.ceil(reach / pitch[0])), pitch[0])
    return out.reshape(shape)


@numba.njit(cache=True, nogil=True)
def _along_rows(mask: NDArray[np.bool_], pitch: float, far: np.float32) -> Singles:
    nz, ny, nx = mask.shape
    out = np.full((nz, ny, nx), far, np.float32)
    for z in range(nz):
        for y in range(ny):
            last = -1
            for x in range(nx):
                if mask[z, y, x]:
                    last = x
                if last >= 0:
                    d = (x - last) * pitch
                    out[z, y, x] = min(far, np.float32(d * d))
            last = -1
            for x in range(nx - 1, -1, -1):
                if mask[z, y, x]:
                    last = x
                if last >= 0:
                    d = (last - x) * pitch
                    out[z, y, x] = min(out[z, y, x], np.float32(d * d))
    return out


@numba.njit(cache=True, nogil=True)
def _least(values: Singles, out: Singles, steps: int, pitch: float) -> None:
    """Least of value plus squared distance over the neighbours in the first axis."""
    rows, columns = values.shape
    for y in range(rows):
        out[y] = values[y]
        for k in range(-steps, steps + 1):
            if k == 0 or y + k < 0 or y + k >= rows:
                continue
            cost = np.float32((k * pitch) ** 2)
            for x in range(columns):
                other = values[y + k, x] + cost
                out[y, x] = min(out[y, x], other)
