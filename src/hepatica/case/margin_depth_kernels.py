# mypy: allow-untyped-decorators, no-warn-return-any
"""Compiled loops that turn coverage into depth below the surface, and depth into coverage."""

from __future__ import annotations

import numpy as np
from numba import njit

from hepatica.case.margin_seed_kernels import COMPILED, FULL, Singles

# Depths within this many voxels of the surface are known, others only by their sign.
BAND = 1.2
# Smoothing leaves this depth in the middle of everything that is three voxels thick.
DEEP = 0.9
# Less than this is rounding, not gain of depth.
GAIN = 1e-3


@njit(**COMPILED)
def _smooth_slice(values: Singles) -> Singles:
    """One slice after the mean with weights (1 2 1)/4 along its rows and columns."""
    ny, nx = values.shape
    lines = np.zeros((ny + 2, nx + 2), np.float32)
    for j in range(ny):
        for i in range(nx):
            lines[j + 1, i + 1] = values[j, i]
    out = np.empty((ny, nx), np.float32)
    for j in range(1, ny + 1):
        for i in range(1, nx + 1):
            corners = lines[j - 1, i - 1] + lines[j - 1, i + 1]
            corners += lines[j + 1, i - 1] + lines[j + 1, i + 1]
            sides = lines[j - 1, i] + lines[j + 1, i] + lines[j, i - 1] + lines[j, i + 1]
            total = np.float32(0.0625) * corners + np.float32(0.125) * sides
            out[j - 1, i - 1] = total + np.float32(0.25) * lines[j, i]
    return out


@njit(**COMPILED)
def smooth(values: Singles) -> Singles:
    """The mean of each voxel and its neighbours with weights (1 2 1)/4 along every axis.

    Parameters
    ----------
    values : (z, y, x) array, 0 beyond its borders
    """
    nz, ny, nx = values.shape
    out = np.zeros(values.shape, np.float32)
    for k in range(nz):
        flat = _smooth_slice(values[k])
        for near in range(max(k - 1, 0), min(k + 2, nz)):
            share = np.float32(0.5 if near == k else 0.25)
            for j in range(ny):
                for i in range(nx):
                    out[near, j, i] += share * flat[j, i]
    return out


@njit(**COMPILED)
def _looked_up(share: float, table: Singles) -> float:
    place = min(max(share, 0.0), 1.0) * (len(table) - 1)
    n = min(int(place), len(table) - 2)
    return table[n] + (place - n) * (table[n + 1] - table[n])


@njit(**COMPILED)
def depth_of(values: Singles, table: Singles) -> Singles:
    """How far inside the surface each voxel's centre lies, in voxels.

    Smoothing pulls a curved surface inward: what a second smoothing pulls, averaged along the
    surface, is added back.

    Parameters
    ----------
    values : (z, y, x) array, coverage
    table : depths of a plane whose smoothed coverage is 0 to 1 in even steps
    """
    first = smooth(values).ravel()
    again = np.empty(values.shape, np.float32)
    flat = again.ravel()
    for n in range(len(flat)):
        first[n] = _looked_up(first[n], table)
        flat[n] = min(max(FULL + first[n], 0.0), 1.0)
    second = smooth(again).ravel()
    share = np.empty(values.shape, np.float32)
    curved = share.ravel()
    for n in range(len(flat)):
        known = abs(first[n]) < BAND
        curved[n] = 1.0 if known else 0.0
        flat[n] = first[n] - _looked_up(second[n], table) if known else 0.0
    pulled = smooth(smooth(again)).ravel()
    weight = smooth(smooth(share)).ravel()
    covered = values.ravel()
    for n in range(len(flat)):
        if abs(first[n]) < BAND and covered[n] > 0.0:
            first[n] += pulled[n] / weight[n]
    depth = first.reshape(values.shape)
    _mend_thin_parts(depth, values)
    return depth


@njit(**COMPILED)
def _near_deep(depth: Singles, k: int, j: int, i: int) -> bool:
    """Whether a voxel well inside lies within two voxels along every axis."""
    nz, ny, nx = depth.shape
    for a in range(max(k - 2, 0), min(k + 3, nz)):
        for b in range(max(j - 2, 0), min(j + 3, ny)):
            for c in range(max(i - 2, 0), min(i + 3, nx)):
                if depth[a, b, c] >= DEEP:
                    return True
    return False


@njit(**COMPILED)
def _mend_thin_parts(depth: Singles, values: Singles) -> None:
    """Give parts that smoothing has washed out the depth that their own coverage says."""
    nz, ny, nx = depth.shape
    thin = np.zeros(depth.shape, np.bool_)
    for k in range(nz):
        for j in range(ny):
            for i in range(nx):
                washed = depth[k, j, i] < FULL
                washed = washed and (values[k, j, i] > 0.0 or depth[k, j, i] > -FULL)
                thin[k, j, i] = washed and not _near_deep(depth, k, j, i)
    for k in range(nz):
        for j in range(ny):
            for i in range(nx):
                if thin[k, j, i]:
                    depth[k, j, i] = values[k, j, i] - FULL


@njit(**COMPILED)
def covered_by(values: Singles, depth: Singles, further: Singles) -> Singles:
    """Coverage after growing: what was covered, and what the greater depth covers.

    Parameters
    ----------
    values, depth : before growing
    further : depth after growing; a voxel that gained none keeps its coverage
    """
    out = np.empty(values.shape, np.float32)
    flat, old = out.ravel(), values.ravel()
    before, after = depth.ravel(), further.ravel()
    for n in range(len(flat)):
        flat[n] = old[n]
        if after[n] > before[n] + GAIN or before[n] >= FULL:
            flat[n] = max(old[n], min(max(FULL + after[n], 0.0), 1.0))
    return out
