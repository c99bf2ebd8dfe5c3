"""What the pictures of a dose show: where to cut, how far to reach, which lines to draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hepatica.case import Case, Grid, Structure, Volume
from hepatica.report.plane import AXIAL, CORONAL, SAGITTAL, Plane

ISODOSE_PERCENT = (120, 110, 100, 95, 80, 65, 50, 35, 20)
"""Lines drawn, per cent of the prescription (of the maximum where there is none)."""

_STEP_MM = 1.0
_PADDING_MM = 25.0
_REACH_MM = np.array((300.0, 250.0, 180.0))  # no picture is larger than a trunk


@dataclass(frozen=True, eq=False)
class Isodoses:
    """The lines of equal dose of one picture.

    ``reference_gy`` is the dose called 100 %, ``of`` its name in the legend.
    """

    dose: Volume
    reference_gy: float
    of: str

    @property
    def levels_gy(self) -> tuple[float, ...]:
        """Doses of the lines that the distribution reaches, ascending, Gy."""
        peak = float(self.dose.values.max())
        wanted = sorted(percent * self.reference_gy / 100 for percent in ISODOSE_PERCENT)
        return tuple(dose for dose in wanted if dose < peak)


def isodoses(dose: Volume, prescription_gy: float | None) -> Isodoses:
    """Lines in per cent of the prescription, or of the highest dose where none is known."""
    if prescription_gy:
        return Isodoses(dose, prescription_gy, "of the prescription")
    return Isodoses(dose, float(dose.values.max()), "of the maximum")


def focus(case: Case, dose: Volume) -> tuple[NDArray[np.float64], str]:
    """The point to cut through and its name: the tumour that receives the highest dose.

    Returns
    -------
    point : (x, y, z) mm, LPS
    name : str
    """
    tumours = [tumour for tumour in case.gtvs if not tumour.is_empty]
    if not tumours:
        return peak_mm(dose), "the highest dose"
    hottest = min(
        tumours, key=lambda tumour: (-_highest_gy(tumour, dose), -tumour.volume_cc, tumour.name)
    )
    return hottest.centroid_mm, hottest.name


def peak_mm(dose: Volume) -> NDArray[np.float64]:
    """Centre of the voxels with the highest dose, (x, y, z) mm, LPS."""
    values = dose.values.astype(np.float64)
    top = np.argwhere(values >= float(values.max()) * (1 - 1e-6))
    return dose.grid.point_at(top.mean(axis=0)[::-1])


def planes(
    grids: Sequence[Grid], drawn: Mapping[str, Structure], point_mm: NDArray[np.float64]
) -> tuple[Plane, Plane, Plane]:
    """Axial, coronal and sagittal plane through a point, reaching just beyond what is drawn.

    Parameters
    ----------
    grids : of image and dose
        The planes do not reach beyond both.
    drawn : name to Structure
    point_mm : (x, y, z), LPS
    """
    edges = np.concatenate([grid.corners_mm() for grid in grids])
    low, high = edges.min(axis=0), edges.max(axis=0)
    boxes = [s.grid.corners_mm() for s in drawn.values() if not s.is_empty]
    if boxes:
        corners = np.concatenate([*boxes, point_mm[None]])
        near, far = corners.min(axis=0) - _PADDING_MM, corners.max(axis=0) + _PADDING_MM
        low, high = np.maximum(low, near), np.minimum(high, far)
    low, high = np.maximum(low, point_mm - _REACH_MM), np.minimum(high, point_mm + _REACH_MM)
    low, high = np.minimum(low, point_mm - 10), np.maximum(high, point_mm + 10)
    centre = (float(point_mm[0]), float(point_mm[1]), float(point_mm[2]))
    (x0, y0, z0), (x1, y1, z1) = low.tolist(), high.tolist()
    return (
        Plane(AXIAL, centre, (x0, x1), (y0, y1), _STEP_MM),
        Plane(CORONAL, centre, (x0, x1), (-z1, -z0), _STEP_MM),
        Plane(SAGITTAL, centre, (y0, y1), (-z1, -z0), _STEP_MM),
    )


def _highest_gy(structure: Structure, dose: Volume) -> float:
    """Highest dose at a voxel of the structure, to a thousandth; 0 outside the dose grid."""
    touched = np.argwhere(structure.coverage.values.astype(np.float32) > 0)
    points = structure.grid.point_at(touched[:, ::-1])
    return round(float(dose.sample(points, outside=0.0).max()), 3)
