"""The work that is measured: each task once as a peer does it and once as Hepatica does it.

A side is made ready once (imports, reading, DICOM objects), which is not measured, and then called.
What it returns describes its answer, so that the two sides can be held against each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import phantom as phantoms

Answer = dict[str, float]
Work = Callable[[], Answer]
VOXEL_CC = phantoms.SPACING_MM**3 / 1000


@dataclass(frozen=True)
class Task:
    """One comparison."""

    name: str
    what: str
    peer: str
    packages: tuple[str, ...]
    ready_peer: Callable[[Path], Work]
    ready_ours: Callable[[Path], Work]
    target: float
    peer_runs: int = 3
    our_runs: int = 5

    @property
    def target_text(self) -> str:
        """The target as a sentence."""
        if self.target < 1:
            return f"at most {1 / self.target:g} times the peer's time"
        return "faster" if self.target == 1 else f"at least {self.target:g} times faster"


def _grid(phantom: phantoms.Phantom) -> Any:
    from hepatica.case import Grid

    return Grid(phantoms.SHAPE, (phantoms.SPACING_MM,) * 3, phantom.origin_mm)


def _paths_ready(folder: Path) -> Work:
    from matplotlib.path import Path as Polygon

    phantom = phantoms.load(folder)
    z, y, x = phantom.axes_mm
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    slices = {round(float(level), 3): k for k, level in enumerate(z)}
    loops = phantom.loops()

    def work() -> Answer:
        mask = np.zeros(phantoms.SHAPE, bool)
        for loop in loops:
            inside = Polygon(loop[:, :2]).contains_points(points)
            mask[slices[round(float(loop[0, 2]), 3)]] ^= inside.reshape(len(y), len(x))
        return {"volume_cc": float(mask.sum()) * VOXEL_CC}

    return work


def _coverage_ready(folder: Path) -> Work:
    from hepatica.case import Contours

    phantom = phantoms.load(folder)
    grid, loops = _grid(phantom), tuple(phantom.loops())

    def work() -> Answer:
        coverage = Contours(loops).coverage(grid)
        return {"volume_cc": float(coverage.values.sum(dtype=float)) * VOXEL_CC}

    return work


def _dicompyler_ready(folder: Path) -> Work:
    from dicom_objects import dose_object, structure_object
    from dicompylercore import dvhcalc

    phantom = phantoms.load(folder)
    structures, dose = structure_object(phantom), dose_object(phantom)

    def work() -> Answer:
        dvh = dvhcalc.get_dvh(structures, dose, 1)
        return {"volume_cc": float(dvh.volume), "mean_gy": float(dvh.mean)}

    return work


def _contour_dvh_ready(folder: Path) -> Work:
    from hepatica.case import Contours, Volume
    from hepatica.physics.dvh import dose_volume_histogram

    phantom = phantoms.load(folder)
    grid, loops = _grid(phantom), tuple(phantom.loops())
    dose = Volume(phantom.dose_gy, grid, "Gy")

    def work() -> Answer:
        dvh = dose_volume_histogram(dose, Contours(loops).coverage(grid))
        return {"volume_cc": float(dvh.total_cc), "mean_gy": float(dvh.mean_gy)}

    return work


def _histogram_ready(folder: Path) -> Work:
    phantom = phantoms.load(folder)
    edges = np.linspace(0.0, 60.0, 6000)

    def work() -> Answer:
        doses = phantom.dose_gy[phantom.mask]
        counts, _ = np.histogram(doses, edges)
        centres = (edges[1:] + edges[:-1]) / 2
        return {
            "volume_cc": float(counts.sum()) * VOXEL_CC,
            "mean_gy": float(counts @ centres / counts.sum()),
        }

    return work


def _coverage_dvh_ready(folder: Path) -> Work:
    from hepatica.case import Contours, Volume
    from hepatica.physics.dvh import dose_volume_histogram

    phantom = phantoms.load(folder)
    grid = _grid(phantom)
    coverage = Contours(tuple(phantom.loops())).coverage(grid)
    dose = Volume(phantom.dose_gy, grid, "Gy")

    def work() -> Answer:
        dvh = dose_volume_histogram(dose, coverage)
        return {"volume_cc": float(dvh.total_cc), "mean_gy": float(dvh.mean_gy)}

    return work


def _dilate_ready(folder: Path) -> Work:
    import SimpleITK as sitk

    phantom = phantoms.load(folder)
    image = sitk.GetImageFromArray(phantom.mask.astype(np.uint8))

    def work() -> Answer:
        wider = sitk.BinaryDilate(image, (7, 7, 7), sitk.sitkBall)
        return {"volume_cc": float(sitk.GetArrayViewFromImage(wider).sum()) * VOXEL_CC}

    return work


def _margin_ready(*sides_mm: float) -> Callable[[Path], Work]:
    def ready(folder: Path) -> Work:
        from hepatica.case import Margin, Structure

        phantom = phantoms.load(folder)
        grid = _grid(phantom)
        liver = Structure.from_mask("Liver", phantom.mask, grid)
        margin = Margin(*sides_mm)

        def work() -> Answer:
            return {"volume_cc": liver.grown(margin, grid).volume_cc}

        return work

    return ready


def _pymedphys_ready(folder: Path) -> Work:
    import pymedphys

    with np.load(folder / "gamma.npz") as data:
        axes, reference, evaluated = (data["z"], data["y"], data["x"]), data["ref"], data["eval"]

    def work() -> Answer:
        gamma = pymedphys.gamma(
            axes,
            reference,
            axes,
            evaluated,
            dose_percent_threshold=3,
            distance_mm_threshold=3,
            lower_percent_dose_cutoff=10,
            interp_fraction=10,
            max_gamma=2,
            quiet=True,
        )
        return _gamma_answer(gamma, folder / "gamma_peer.npy")

    return work


def _gamma_ready(folder: Path) -> Work:
    from hepatica.case import Grid, Volume
    from hepatica.physics.gamma import gamma_index

    with np.load(folder / "gamma.npz") as data:
        z, y, x = data["z"], data["y"], data["x"]
        spacing = (float(x[1] - x[0]), float(y[1] - y[0]), float(z[1] - z[0]))
        grid = Grid(data["ref"].shape, spacing, (float(x[0]), float(y[0]), float(z[0])))
        reference, evaluated = Volume(data["ref"], grid, "Gy"), Volume(data["eval"], grid, "Gy")

    def work() -> Answer:
        return _gamma_answer(gamma_index(reference, evaluated).values, folder / "gamma_ours.npy")

    return work


def _gamma_answer(gamma: np.ndarray, file: Path) -> Answer:
    np.save(file, gamma)
    compared = gamma[np.isfinite(gamma)]
    return {
        "points": float(compared.size),
        "pass_rate_percent": 100 * float(np.mean(compared <= 1)),
        "mean_gamma": float(compared.mean()),
    }


TASKS = (
    Task(
        "contour_to_mask",
        "outlines of a 1.9-litre liver to voxels; ours with sub-voxel edges",
        "matplotlib Path, as dicompyler-core does it",
        ("matplotlib",),
        _paths_ready,
        _coverage_ready,
        100,
    ),
    Task(
        "dvh_from_contours",
        "dose-volume histogram of one structure from its outlines",
        "dicompyler-core get_dvh",
        ("dicompyler-core", "pydicom"),
        _dicompyler_ready,
        _contour_dvh_ready,
        200,
        peer_runs=2,
    ),
    Task(
        "dvh_from_coverage",
        "dose-volume histogram from voxels; ours at sub-voxel truth, the peer's a bare count",
        "numpy.histogram(dose[mask], 5999 bins)",
        ("numpy",),
        _histogram_ready,
        _coverage_dvh_ready,
        1 / 3,
        peer_runs=9,
        our_runs=9,
    ),
    Task(
        "margin_10mm",
        "the liver grown by 10 mm; ours with sub-voxel edges",
        "SimpleITK BinaryDilate, ball of 7 voxels",
        ("SimpleITK",),
        _dilate_ready,
        _margin_ready(10, 10, 10, 10, 10, 10),
        1,
        peer_runs=5,
    ),
    Task(
        "margin_unequal",
        "the liver grown by six different margins around 10 mm",
        "SimpleITK BinaryDilate, ball of 7 voxels (it knows no unequal sides)",
        ("SimpleITK",),
        _dilate_ready,
        _margin_ready(10, 8, 9, 11, 13, 10),
        1,
        peer_runs=5,
    ),
    Task(
        "gamma_3_percent_3_mm",
        "three-dimensional gamma, 10 % cut-off, 10 steps per distance",
        "pymedphys gamma, interp_fraction 10, max_gamma 2",
        ("pymedphys",),
        _pymedphys_ready,
        _gamma_ready,
        30,
        peer_runs=1,
        our_runs=3,
    ),
)
