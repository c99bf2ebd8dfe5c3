"""How much of a structure receives how much dose, with edges finer than a voxel."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from hepatica.case import Volume
from hepatica.errors import Inconsistent, InvalidInput
from hepatica.physics.dvh.curve import DVH

_WIDEST_BIN_GY = 0.01
_FEWEST_BINS = 4000
_MOST_BINS = 1_000_000
_LATTICE_TOLERANCE = 1e-6
_BLOCKS = 8
_WORTH_SHARING = 200_000
_T = TypeVar("_T")


def dose_volume_histogram(dose: Volume, coverage: Volume, bin_gy: float | None = None) -> DVH:
    """The dose-volume histogram of a structure.

    Each voxel of the structure is laid down as a box of doses as wide as the dose changes across
    it, so that the curve has no stairs; a voxel at the edge is cut by the plane that its neighbours
    suggest (Youngs 1982, Numerical Methods for Fluid Dynamics 273) and only the tissue inside
    counts. The dose between voxel centres is trilinear. A dose voxel reaches half a voxel beyond
    its centre; what lies further out has no dose and is returned as uncovered. The structure ends
    where its coverage ends: with contours, half a slice beyond the outermost ones.

    Parameters
    ----------
    dose : Volume, Gy
    coverage : Volume, unit "1", 0 to 1
        How much of each voxel belongs to the structure, on any lattice and at any angle.
    bin_gy : Gy, optional
        Width of a bin; by default 0.01 Gy or finer where the doses are low.

    Returns
    -------
    dvh : DVH

    Raises
    ------
    InvalidInput
        If the structure is empty, a dose is not a number, a unit is wrong or the bins are.
    Inconsistent
        If the structure lies wholly outside the dose grid.
    """
    from hepatica.physics.dvh.edge_kernels import refined, walls_upright

    _require_units(dose, coverage)
    values = np.ascontiguousarray(dose.values, dtype=np.float32)
    shares = np.ascontiguousarray(coverage.values, dtype=np.float32)
    to_dose = _between_lattices(coverage, dose)
    low, high = _dose_range(values, shares.shape, to_dose)
    start_gy, bin_gy, count = _bins(low, high, bin_gy)
    pieces = np.maximum(1, np.rint(np.abs(to_dose[:, :3]).max(axis=0))).astype(np.int64)
    upright = bool(walls_upright(shares))
    if pieces.max() > 1:
        shares, to_dose = refined(shares, pieces, upright), _finer(to_dose, pieces)
    tally, below = _laid_down(values, shares, to_dose, (start_gy, bin_gy), count, upright)
    return _finished(tally, below, (start_gy, bin_gy), coverage.grid.voxel_cc / pieces.prod())


def _laid_down(
    dose: NDArray[np.float32],
    coverage: NDArray[np.float32],
    to_dose: NDArray[np.float64],
    bins_gy: tuple[float, float],
    count: int,
    upright: bool,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What the kernels tallied, and the volume below each of ``count + 1`` edges, in voxels."""
    from hepatica.physics.dvh.edge_kernels import lay_cut_voxels
    from hepatica.physics.dvh.histogram_kernels import HIGHEST, LOWEST, PAD, lay_whole_voxels

    axis = np.array(bins_gy)

    def lay(span: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        tally = np.array([0.0, 0.0, 0.0, np.inf, -np.inf, 0.0])
        slopes = np.zeros(count + 1 + 2 * PAD)
        histogram = (axis, slopes, tally)
        lay_whole_voxels(dose, coverage, to_dose, span, histogram)
        lay_cut_voxels(dose, coverage, to_dose, span, histogram, upright)
        return tally, slopes

    laid = _side_by_side(lay, coverage)
    tallies = np.array([tally for tally, _ in laid])
    tally = tallies.sum(axis=0)
    tally[LOWEST], tally[HIGHEST] = tallies[:, LOWEST].min(), tallies[:, HIGHEST].max()
    slopes = np.sum([slopes for _, slopes in laid], axis=0)
    return tally, np.cumsum(np.cumsum(slopes))[PAD - 1 : PAD + count]


def _side_by_side(lay: Callable[[tuple[int, int]], _T], coverage: NDArray[np.float32]) -> list[_T]:
    """Large structures in blocks of slices, always the same ones, as many at once as cores."""
    slices = coverage.shape[0]
    if coverage.size < _WORTH_SHARING or slices < _BLOCKS:
        return [lay((0, slices))]
    cuts = [slices * n // _BLOCKS for n in range(_BLOCKS + 1)]
    with ThreadPoolExecutor(min(_BLOCKS, os.cpu_count() or 1)) as pool:
        return list(pool.map(lay, pairwise(cuts)))


def _finished(
    tally: NDArray[np.float64],
    below: NDArray[np.float64],
    bins_gy: tuple[float, float],
    voxel_cc: float,
) -> DVH:
    covered, uncovered, dose_volume, lowest, highest, fault = (float(v) for v in tally)
    if fault:
        raise InvalidInput(
            "A coverage lies outside 0 to 1 or is not a number; it is the part of each voxel that "
            "lies in the structure. Build it with Structure.from_mask or Structure.from_contours."
        )
    if covered <= 0 and uncovered <= 0:
        raise InvalidInput(
            "The structure is empty: no voxel has a coverage above 0. Draw it, or leave it out."
        )
    if covered <= 0:
        raise Inconsistent(_OUTSIDE)
    edges = bins_gy[0] + bins_gy[1] * np.arange(len(below), dtype=float)
    # No box reaches beyond a dose that the structure attains.
    below = np.where(edges <= lowest, 0.0, np.where(edges >= highest, covered, below))
    volume = np.maximum(np.diff(np.clip(below, 0.0, covered)), 0.0)
    covered_cc = covered * voxel_cc
    mean = min(max(dose_volume / covered, lowest), highest)
    return DVH(
        edges_gy=edges,
        volume_cc=volume * (covered_cc / volume.sum()),
        covered_cc=covered_cc,
        uncovered_cc=uncovered * voxel_cc if uncovered > 1e-9 * covered else 0.0,
        min_gy=lowest,
        max_gy=highest,
        mean_gy=mean,
    )


_OUTSIDE = (
    "The structure lies wholly outside the dose grid; no dose is known for it. Check that dose and "
    "structures belong together, or export a larger dose grid."
)


def _require_units(dose: Volume, coverage: Volume) -> None:
    if dose.unit != "Gy":
        raise InvalidInput(f"A DVH needs a dose in Gy; this volume is in {dose.unit}.")
    if coverage.unit != "1":
        raise InvalidInput(
            f"A DVH needs a coverage of 0 to 1 (unit 1); this volume is in {coverage.unit}."
        )


def _between_lattices(coverage: Volume, dose: Volume) -> NDArray[np.float64]:
    """(3, 4) array from an index (z, y, x, 1) of the coverage to one of the dose."""
    matrix = np.linalg.inv(dose.grid.affine) @ coverage.grid.affine
    turned = np.empty((3, 4))
    turned[:, :3] = matrix[2::-1, 2::-1]
    turned[:, 3] = matrix[2::-1, 3]
    offset = dose.grid.offset_of(coverage.grid)
    if offset is not None:
        return np.column_stack([np.eye(3), np.array(offset, dtype=float)])
    nearest = np.rint(turned)
    return np.where(np.abs(turned - nearest) < _LATTICE_TOLERANCE, nearest, turned)


def _finer(to_dose: NDArray[np.float64], pieces: NDArray[np.int64]) -> NDArray[np.float64]:
    """The same map for voxels cut into pieces: piece 0 lies towards the voxel's first corner."""
    steps = to_dose[:, :3] / pieces
    first = to_dose[:, 3] + steps @ (0.5 - 0.5 * pieces)
    return np.column_stack([steps, first])


def _dose_range(
    dose: NDArray[np.float32], shape: tuple[int, ...], to_dose: NDArray[np.float64]
) -> tuple[float, float]:
    """Lowest and highest dose in the block of the dose grid that the structure may touch."""
    ends = [(-0.5, size - 0.5) for size in shape]
    corners = np.array([(k, j, i, 1.0) for k in ends[0] for j in ends[1] for i in ends[2]])
    reached = corners @ to_dose.T
    first = np.maximum(np.floor(reached.min(axis=0)).astype(int), 0)
    last = np.minimum(np.ceil(reached.max(axis=0)).astype(int) + 1, dose.shape)
    if (first >= last).any():
        raise Inconsistent(_OUTSIDE)
    block = dose[first[0] : last[0], first[1] : last[1], first[2] : last[2]]
    low, high = float(block.min()), float(block.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise InvalidInput(
            f"The dose around the structure runs from {low} to {high} Gy; every dose must be a "
            "number. Export the dose again."
        )
    return low, high


def _bins(low: float, high: float, bin_gy: float | None) -> tuple[float, float, int]:
    """Start, width and number of the bins that hold doses from ``low`` to ``high``, Gy."""
    start = min(low, 0.0)
    if bin_gy is None:
        bin_gy = min(_WIDEST_BIN_GY, _round_number(max(high - start, 1e-6) / _FEWEST_BINS))
        bin_gy = max(bin_gy, _round_number(2 * (high - start) / _MOST_BINS))
    if not (np.isfinite(bin_gy) and bin_gy > 0):
        raise InvalidInput(f"bin_gy is {bin_gy}; a bin needs a width above 0 Gy, such as 0.01.")
    start = float(np.floor(start / bin_gy)) * bin_gy
    count = int(np.floor((high - start) / bin_gy)) + 1
    if count > _MOST_BINS:
        raise InvalidInput(
            f"bin_gy is {bin_gy:g} Gy for doses of {low:g} to {high:g} Gy: that is {count} bins, "
            f"{_MOST_BINS} are allowed. Choose wider bins."
        )
    return start, float(bin_gy), count


def _round_number(value: float) -> float:
    """The nearest 1, 2 or 5 times a power of ten that is not above ``value``."""
    if value <= 0:
        return 0.0
    power = 10.0 ** np.floor(np.log10(value))
    return float(power * max(step for step in (1, 2, 5) if step * power <= value * (1 + 1e-12)))
