"""Hepatica's side of the analysis benchmark, and a bare numpy histogram for scale."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
from scene import grid
from stopwatch import Task, main

from hepatica.case import Contours, Grid, Margin, Structure, Volume
from hepatica.physics.dvh import dose_volume_histogram
from hepatica.physics.gamma import GammaCriteria, gamma_index, pass_rate

UNEVEN = Margin(10, 8, 12, 6, 10, 5)


def contours(folder: Path) -> Task:
    """Outlines of the liver to sub-voxel coverage."""
    outlines, lattice = _outlines(folder), grid()
    points = sum(map(len, outlines.loops))
    return lambda: {"volume_cc": _cc(outlines.coverage(lattice)), "points": points}


def dvh(folder: Path) -> Task:
    """Outlines and dose to a histogram, the same work as the peer's."""
    outlines, dose, lattice = _outlines(folder), _dose(folder), grid()

    def task() -> dict[str, float]:
        found = dose_volume_histogram(dose, outlines.coverage(lattice))
        return {"volume_cc": found.total_cc, "mean_gy": found.mean_gy, "max_gy": found.max_gy}

    return task


def histogram(folder: Path) -> Task:
    """A structure of a case, its edges finer than a voxel, and dose to a histogram."""
    dose, coverage = _dose(folder), _outlines(folder).coverage(grid())

    def task() -> dict[str, float]:
        found = dose_volume_histogram(dose, coverage)
        return {"volume_cc": found.total_cc, "mean_gy": found.mean_gy, "max_gy": found.max_gy}

    return task


def numpy_histogram(folder: Path) -> Task:
    """A bare histogram of the doses at voxel centres."""
    held = np.load(folder / "scene.npz")
    liver, dose = held["liver"], held["dose"]
    edges = np.arange(0, 60, 0.01)
    return lambda: {"voxels": float(np.histogram(dose[liver], bins=edges)[0].sum())}


def margin(folder: Path) -> Task:
    """10 mm to all sides."""
    liver, lattice = _liver(folder), grid()
    return lambda: {"volume_cc": liver.grown(10.0, lattice).volume_cc}


def uneven_margin(folder: Path) -> Task:
    """A different margin on each of the six sides."""
    liver, lattice = _liver(folder), grid()
    return lambda: {"volume_cc": liver.grown(UNEVEN, lattice).volume_cc}


def gamma(folder: Path) -> Task:
    """3 %/3 mm, global, above 10 %."""
    held = np.load(folder / "gamma.npz")
    z, y, x = held["z"], held["y"], held["x"]
    spacing = (x[1] - x[0], y[1] - y[0], z[1] - z[0])
    lattice = Grid(held["reference"].shape, spacing, (x[0], y[0], z[0]))
    first, second = (Volume(held[k], lattice, "Gy") for k in ("reference", "evaluated"))
    criteria = GammaCriteria(dose_percent=3, distance_mm=3, dose_cutoff_percent=10)

    def task() -> dict[str, float]:
        found = gamma_index(first, second, criteria)
        return {"pass_percent": pass_rate(found), "mean_gamma": float(np.nanmean(found.values))}

    return task


def _outlines(folder: Path) -> Contours:
    held = pydicom.dcmread(folder / "dicom/RTSTRUCT.dcm").ROIContourSequence[0].ContourSequence
    return Contours(tuple(np.array(c.ContourData, float).reshape(-1, 3) for c in held))


def _dose(folder: Path) -> Volume:
    return Volume(np.load(folder / "scene.npz")["dose"], grid(), "Gy")


def _liver(folder: Path) -> Structure:
    return Structure.from_mask("Liver", np.load(folder / "scene.npz")["liver"], grid())


def _cc(coverage: Volume) -> float:
    return float(coverage.values.sum(dtype=float)) * coverage.grid.voxel_cc


if __name__ == "__main__":
    main(
        {
            "contours": contours,
            "dvh": dvh,
            "histogram": histogram,
            "numpy_histogram": numpy_histogram,
            "margin": margin,
            "uneven_margin": uneven_margin,
            "gamma": gamma,
        }
    )
