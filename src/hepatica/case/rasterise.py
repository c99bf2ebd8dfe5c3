"""Turns the outlines that a physician drew into the part of each voxel that they enclose.

In a plane a point is inside where it is enclosed an odd number of times. Through the planes each
outline owns a slab that reaches half-way to its neighbours, or the surface is bent from one to the
next: see `hepatica.case.solid`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hepatica.case.contours import Contours
from hepatica.case.grid import Grid
from hepatica.case.volume import Volume
from hepatica.errors import InvalidInput

# Coordinates in files are rounded, to 0.1 mm at worst.
_SAME_PLANE_MM = 0.05
_FLATNESS_MM = 0.1
_FLATNESS_OF_SLICE = 0.1
# Two planes further apart than this multiple of the usual distance have nothing between them.
_GAP = 1.5
# No department contours slices thicker than this: a larger "usual" distance is one between islands.
_LARGEST_PLANE_SPACING_MM = 10.0
_LINES_PER_ROW = 32


@dataclass(frozen=True, eq=False)
class Slabs:
    """The planes of a structure and the slab of tissue that each stands for.

    Parameters
    ----------
    position : (planes,) array
        Slice index (fractional) of each plane on the grid, ascending.
    bounds : (planes, 2) array
        Slice index at which each slab begins and ends; slice k of the grid spans k +- 0.5.
    loops : per plane, the numbers of its loops
    spacing_mm : float
        The usual distance of two neighbouring planes.
    slice_mm : float
        Distance of two slices of the grid.
    """

    position: NDArray[np.float64]
    bounds: NDArray[np.float64]
    loops: tuple[tuple[int, ...], ...]
    spacing_mm: float
    slice_mm: float

    @property
    def thickness_mm(self) -> NDArray[np.float64]:
        """(planes,) array: thickness of each slab, mm."""
        return np.asarray(np.diff(self.bounds, axis=1)[:, 0] * self.slice_mm)

    @property
    def gaps_mm(self) -> NDArray[np.float64]:
        """(planes - 1,) array: what no slab covers between neighbouring planes, mm."""
        return np.asarray((self.bounds[1:, 0] - self.bounds[:-1, 1]) * self.slice_mm)


def coverage_of(contours: Contours, grid: Grid) -> Volume:
    """The part of each voxel that lies inside the outlines.

    Holes, keyholes and islands within holes follow from the even-odd rule over all loops of a
    plane; a loop that is listed twice therefore cancels itself. Rows are sampled by 32 scan lines
    each, exact along the line. Between the planes, and as end caps beyond the outermost, the
    outlines are continued as ``contours.solid`` says. What lies outside the grid is cut off:
    compare with `contour_volume_cc`.

    Parameters
    ----------
    contours : Contours
        Loops parallel to the slices of ``grid``.
    grid : Grid

    Returns
    -------
    coverage : Volume, unit "1", float32 0 to 1
        On the lattice of ``grid``, cropped to the touched voxels; one empty voxel when there are
        none.

    Raises
    ------
    InvalidInput
        If a loop is not parallel to the slices.
    """
    points, starts = _indexed(contours, grid)
    slabs = _slabs(points, starts, grid, contours.solid.end_cap_share)
    start, stop = _touched_box(points, slabs)
    start, stop = np.maximum(start, 0), np.minimum(stop, grid.shape)
    if not (start < stop).all():
        return Volume(np.zeros((1, 1, 1), np.float32), grid.crop((0, 0, 0), (1, 1, 1)), "1")
    values = _filled(contours, _edges(points, starts, slabs), slabs, (start, stop), grid)
    part = grid.crop(tuple(start), tuple(stop))
    return Volume(values, part, "1").trimmed()


def _filled(
    contours: Contours,
    outlines: tuple[NDArray[np.float64], NDArray[np.int64]],
    slabs: Slabs,
    box: tuple[NDArray[np.int64], NDArray[np.int64]],
    grid: Grid,
) -> NDArray[np.float64]:
    """Coverage of the voxels of a box, 0 to 1."""
    if contours.solid.between == "blended":
        from hepatica.case.blend import boundaries, fill_blended

        pixel_mm = grid.spacing_mm[0], grid.spacing_mm[1]
        sides = boundaries(*outlines)
        return fill_blended(sides, slabs.position, slabs.bounds, box, pixel_mm, _LINES_PER_ROW)
    from hepatica.case.rasterise_kernels import fill_planes

    start, stop = box
    values = np.zeros(stop - start)
    fill_planes(*outlines, slabs.bounds, start, _LINES_PER_ROW, values)
    return values


def contour_volume_cc(contours: Contours, grid: Grid) -> float:
    """Volume that the outlines enclose, cc; nothing is cut off at the edge of the grid.

    Of slabs: even-odd area of each plane times the thickness of its slab; the grid only says how
    thick a slice is. Of a blended solid: its coverage, summed over the grid continued as needed.
    """
    points, starts = _indexed(contours, grid)
    slabs = _slabs(points, starts, grid, contours.solid.end_cap_share)
    if contours.solid.between == "blended" and len(points):
        start, stop = _touched_box(points, slabs)
        outlines = _edges(points, starts, slabs)
        values = _filled(contours, outlines, slabs, (start, stop), grid)
        return float(values.sum()) * grid.voxel_cc
    edges, edge_starts = _edges(points, starts, slabs)
    areas = [_area(edges[a:b]) for a, b in pairwise(edge_starts)]
    pixel_mm2 = grid.spacing_mm[0] * grid.spacing_mm[1]
    return float(np.dot(areas, slabs.thickness_mm)) * pixel_mm2 / 1000.0


def _area(edges: NDArray[np.float64]) -> float:
    from hepatica.case.rasterise_kernels import even_odd_area

    order = np.argsort(np.minimum(edges[:, 1], edges[:, 3]))
    return float(even_odd_area(edges[order], np.unique(edges[:, 1])))


def slabs_of(contours: Contours, grid: Grid) -> Slabs:
    """The planes of the outlines along the slices of the grid, each with its slab.

    A slab reaches half-way to the neighbouring plane. Outermost planes, and planes beside a gap of
    more than 1.5 times the usual (median) distance, reach as far as the end caps of
    ``contours.solid`` say, half that usual distance unless told otherwise. A plane without any
    neighbour is as thick as the usual distance whatever the caps. The usual distance is that of
    the grid's slices for a single plane, and when the median is above 10 mm.
    """
    return _slabs(*_indexed(contours, grid), grid, contours.solid.end_cap_share)


def _indexed(contours: Contours, grid: Grid) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """All points as (column, row, slice) indices, and where each loop begins."""
    starts = np.cumsum([0, *(len(loop) for loop in contours.loops)])
    points = np.concatenate(contours.loops) if contours.loops else np.zeros((0, 3))
    if not np.isfinite(points).all():
        raise InvalidInput("A contour holds a coordinate that is not a number; export it again.")
    return grid.index_of(points), starts


def _slabs(
    points: NDArray[np.float64], starts: NDArray[np.int64], grid: Grid, end_cap: float
) -> Slabs:
    slice_mm = grid.spacing_mm[2]
    levels = _levels(points, starts, grid)
    order = np.argsort(levels, kind="stable")
    planes: list[list[int]] = []
    for loop in order:
        if not planes or (levels[loop] - levels[planes[-1][0]]) * slice_mm > 2 * _SAME_PLANE_MM:
            planes.append([])
        planes[-1].append(int(loop))
    position = np.array([levels[loops].mean() for loops in planes])
    nearest = np.rint(position)
    position = np.where(np.abs(position - nearest) * slice_mm <= _SAME_PLANE_MM, nearest, position)
    usual = _usual_distance(position, slice_mm)
    bounds = _bounds(position, usual, end_cap)
    return Slabs(position, bounds, tuple(map(tuple, planes)), usual * slice_mm, slice_mm)


def _levels(
    points: NDArray[np.float64], starts: NDArray[np.int64], grid: Grid
) -> NDArray[np.float64]:
    """(loops,) array: slice index of each loop; refuses loops that are not parallel to slices."""
    if len(starts) == 1:
        return np.zeros(0)
    slice_mm = grid.spacing_mm[2]
    low = np.minimum.reduceat(points[:, 2], starts[:-1])
    high = np.maximum.reduceat(points[:, 2], starts[:-1])
    allowed_mm = max(_FLATNESS_MM, _FLATNESS_OF_SLICE * slice_mm)
    worst = int(np.argmax(high - low))
    reach_mm = float(high[worst] - low[worst]) * slice_mm
    if reach_mm > allowed_mm:
        loop = points[starts[worst] : starts[worst + 1]] * np.array(grid.spacing_mm)
        raise InvalidInput(
            f"Contour {worst + 1} of {len(starts) - 1} is not parallel to the slices: it spans "
            f"{reach_mm:.2f} mm across them and its plane is tilted by {_tilt_deg(loop):.1f} deg; "
            f"{allowed_mm:.2f} mm is allowed. Use contours that were drawn on the slices of this "
            "image, or the image on which they were drawn."
        )
    return np.asarray((low + high) / 2)


def _tilt_deg(loop_mm: NDArray[np.float64]) -> float:
    """Angle between the best plane through a loop and the slices."""
    normal = np.linalg.svd(loop_mm - loop_mm.mean(axis=0))[2][2]
    return float(np.degrees(np.arccos(min(1.0, abs(normal[2])))))


def _usual_distance(position: NDArray[np.float64], slice_mm: float) -> float:
    """The usual distance of neighbouring planes, in slices."""
    if len(position) < 2:
        return 1.0
    usual = float(np.median(np.diff(position)))
    return usual if usual * slice_mm <= max(_LARGEST_PLANE_SPACING_MM, slice_mm) else 1.0


def _bounds(position: NDArray[np.float64], usual: float, end_cap: float) -> NDArray[np.float64]:
    steps = np.diff(position)
    joined = steps <= _GAP * usual * (1 + 1e-6)
    reach = np.where(joined, steps / 2, end_cap * usual)
    below, above = np.append(end_cap * usual, reach), np.append(reach, end_cap * usual)
    alone = ~np.append(False, joined) & ~np.append(joined, False)
    below, above = (np.where(alone, usual / 2, r)[: len(position)] for r in (below, above))
    return np.stack([position - below, position + above], axis=1)


def _touched_box(
    points: NDArray[np.float64], slabs: Slabs
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last index (z, y, x) of the voxels that are touched, within the grid or not."""
    if not len(points):
        return np.zeros(3, np.int64), np.zeros(3, np.int64)
    low = np.array([slabs.bounds.min(), points[:, 1].min(), points[:, 0].min()])
    high = np.array([slabs.bounds.max(), points[:, 1].max(), points[:, 0].max()])
    return np.floor(low + 0.5).astype(np.int64), np.floor(high + 0.5).astype(np.int64) + 1


def _edges(
    points: NDArray[np.float64], starts: NDArray[np.int64], slabs: Slabs
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Sides of all loops as x0, y0, x1, y1, plane by plane, and where each plane begins."""
    following = np.arange(1, len(points) + 1)
    following[starts[1:] - 1] = starts[:-1]
    sides = np.concatenate([points[:, :2], points[following, :2]], axis=1)
    parts = [sides[starts[loop] : starts[loop + 1]] for plane in slabs.loops for loop in plane]
    sizes = [sum(int(starts[n + 1] - starts[n]) for n in plane) for plane in slabs.loops]
    return np.concatenate([*parts, np.zeros((0, 4))]), np.cumsum([0, *sizes])
