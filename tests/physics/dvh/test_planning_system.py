"""The nine histograms that a planning system stored with its dose, computed again.

The stored curves are in Gy although minimum, mean and maximum beside them are per cent of the
14.0 Gy prescribed. The planning system does not end a structure half a slice beyond its outermost
contours, as Hepatica does, but about where they are, and it bends the surface smoothly from one
contour to the next. What remains when its solid is rebuilt that way is the histogram's own error.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from shapely import contains_xy
from shapely.geometry import Polygon

from hepatica.case import Contours, Grid, Volume
from hepatica.physics.dvh import DVH, dose_volume_histogram

Floats = NDArray[np.float64]

PRESCRIPTION_GY = 14.0
SLICE_MM = 3.0

# Largest distance in per cent, of volume or of the structure's own highest dose, whichever is
# nearer: with our end caps, and with the planning system's solid.
ALLOWED = {
    "BODY": (1.0, 1.0),
    "Breast": (1.0, 0.3),
    "Heart": (1.0, 0.3),
    "Lt Lung": (1.0, 0.3),
    "Tumor Bed": (1.0, 0.3),
    # 64 cc: the two end slabs, 1.5 % of it, lie in the fall-off.
    "Tumor Bed Block": (1.4, 0.3),
    # 0.3 cc crescent whose contours hardly overlap from one plane to the next.
    "Scar": (2.1, 1.9),
    # 0.7 cc on two planes and 0.6 cc on four, under 0.18 Gy; 1 % of that is 0.0015 Gy, a seventh of
    # the stored bins.
    "Borders": (3.6, 3.6),
    "Nodes": (10.0, 3.6),
}


@dataclass(frozen=True)
class Stored:
    """One structure of the planning system: its outlines and its cumulative curve."""

    contours: Contours
    dose_gy: Floats
    volume_cc: Floats
    mean_gy: float


@pytest.fixture(scope="module")
def dose(rt_set_breast: Path) -> Volume:
    read = pydicom.dcmread(rt_set_breast / "rtdose.dcm")
    values = read.pixel_array * float(read.DoseGridScaling)
    x, y = (float(v) for v in read.PixelSpacing)
    origin = tuple(float(v) for v in read.ImagePositionPatient)
    return Volume(values, Grid(values.shape, (x, y, SLICE_MM), origin), "Gy")  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def stored(rt_set_breast: Path) -> dict[str, Stored]:
    plan = pydicom.dcmread(rt_set_breast / "rtss.dcm")
    names = {int(roi.ROINumber): str(roi.ROIName) for roi in plan.StructureSetROISequence}
    drawn = {int(roi.ReferencedROINumber): roi for roi in plan.ROIContourSequence}
    found = {}
    for curve in pydicom.dcmread(rt_set_breast / "rtdose.dcm").DVHSequence:
        number = int(curve.DVHReferencedROISequence[0].ReferencedROINumber)
        loops = [c.ContourData for c in drawn[number].ContourSequence]
        points = np.array(curve.DVHData, dtype=float).reshape(-1, 2)
        found[names[number]] = Stored(
            Contours(tuple(np.array(loop, dtype=float).reshape(-1, 3) for loop in loops)),
            np.concatenate([[0.0], np.cumsum(points[:-1, 0])]),
            # The last volumes are rounding, some below 0.
            np.maximum(points[:, 1], 0.0),
            float(curve.DVHMeanDose) / 100 * PRESCRIPTION_GY,
        )
    return found


def image_of(contours: Contours, pixel_mm: float) -> Grid:
    """Slices on the contour planes, as a CT has them."""
    points = np.concatenate(contours.loops)
    low, high = points.min(axis=0) - 6, points.max(axis=0) + 6
    columns, rows = (int((high[a] - low[a]) / pixel_mm) + 2 for a in (0, 1))
    first = points[:, 2].min() - SLICE_MM
    slices = round((points[:, 2].max() - first) / SLICE_MM) + 2
    return Grid((slices, rows, columns), (pixel_mm, pixel_mm, SLICE_MM), (low[0], low[1], first))


def smooth_solid(contours: Contours, pixel_mm: float, layers: int = 4) -> Volume:
    """Signed distances blended from plane to plane, without end caps: the planning system's way."""
    planes: dict[float, Polygon] = {}
    for loop in contours.loops:
        z, outline = round(float(loop[0, 2]), 2), Polygon(loop[:, :2]).buffer(0)
        planes[z] = planes[z].symmetric_difference(outline) if z in planes else outline
    grid = image_of(contours, pixel_mm)
    x, y = (grid.origin_mm[a] + pixel_mm * np.arange(grid.shape[2 - a]) for a in (0, 1))
    across, down = np.meshgrid(x, y)
    heights = sorted(planes)
    depth = []
    for z in heights:
        inside = contains_xy(planes[z], across.ravel(), down.ravel()).reshape(across.shape)
        depth.append(distance_transform_edt(inside) - distance_transform_edt(~inside))
    share = (np.arange(layers) + 0.5) / layers
    between = [(1 - s) * a + s * b > 0 for a, b in pairwise(depth) for s in share]
    spacing = (pixel_mm, pixel_mm, SLICE_MM / layers)
    start = (x[0], y[0], heights[0] + spacing[2] / 2)
    values = np.array(between, dtype=np.float32)
    return Volume(values, Grid(values.shape, spacing, start), "1")


def distance_per_cent(ours: DVH, theirs: Stored, dose_scale_gy: float) -> float:
    """Largest distance of two relative curves, in volume or in dose, whichever is nearer."""
    share = theirs.volume_cc / theirs.volume_cc[0]
    in_volume = np.abs(ours.cumulative_cc(theirs.dose_gy) / ours.total_cc - share)
    at = [ours.dose_to_hottest_cc(min(s * ours.total_cc, ours.covered_cc)) for s in share]
    in_dose = np.abs(np.array(at) - theirs.dose_gy) / dose_scale_gy
    return float(100 * np.minimum(in_volume, in_dose).max())


@pytest.mark.parametrize("name", list(ALLOWED))
def test_a_drawn_structure_has_the_histogram_of_the_planning_system(
    name: str, dose: Volume, stored: dict[str, Stored]
) -> None:
    theirs = stored[name]
    grid = image_of(theirs.contours, 2.5 if name == "BODY" else 1.0)
    ours = dose_volume_histogram(dose, theirs.contours.coverage(grid))
    assert distance_per_cent(ours, theirs, ours.max_gy) <= ALLOWED[name][0]
    if name not in ("Scar", "Tumor Bed Block"):
        assert distance_per_cent(ours, theirs, PRESCRIPTION_GY) <= 1.0
    assert ours.mean_gy == pytest.approx(theirs.mean_gy, rel=0.02)


@pytest.mark.parametrize("name", list(ALLOWED))
def test_on_the_planning_systems_own_solid_the_histograms_are_closer_still(
    name: str, dose: Volume, stored: dict[str, Stored]
) -> None:
    theirs = stored[name]
    pixel = {"BODY": 2.5, "Lt Lung": 1.25, "Heart": 1.0, "Breast": 1.0}.get(name, 0.5)
    ours = dose_volume_histogram(dose, smooth_solid(theirs.contours, pixel))
    assert distance_per_cent(ours, theirs, ours.max_gy) <= ALLOWED[name][1]


def test_volumes_differ_by_the_end_caps(stored: dict[str, Stored]) -> None:
    apart = {
        name: each.contours.volume_cc(image_of(each.contours, 1.0)) / each.volume_cc[0] - 1
        for name, each in stored.items()
    }
    for name in ("Breast", "Heart", "Lt Lung"):
        assert abs(apart[name]) < 0.01
    assert apart["Tumor Bed"] == pytest.approx(0.027, abs=0.003)
    # Two planes 3 mm apart: 6 mm thick to us, little more than 3 mm to the planning system.
    assert apart["Borders"] == pytest.approx(0.74, abs=0.02)
    # The planning system leaves 936 cc out of the body; no reading of its contours explains it,
    # and it receives less than 0.2 Gy.
    assert apart["BODY"] == pytest.approx(0.067, abs=0.003)


def test_the_body_that_the_planning_system_leaves_out_received_next_to_nothing(
    dose: Volume, stored: dict[str, Stored]
) -> None:
    theirs = stored["BODY"]
    ours = dose_volume_histogram(dose, theirs.contours.coverage(image_of(theirs.contours, 2.5)))
    above = theirs.dose_gy >= 0.2
    apart = ours.cumulative_cc(theirs.dose_gy[above]) - theirs.volume_cc[above]
    assert np.abs(apart).max() < 0.01 * theirs.volume_cc[0] / 5
    assert ours.uncovered_fraction < 1e-4
