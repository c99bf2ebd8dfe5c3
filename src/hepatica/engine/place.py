"""An idealised dose placed around a target of a patient, where there is no planned one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hepatica.case import Case, Dose, Grid, Margin, Structure, Volume
from hepatica.errors import InvalidInput
from hepatica.physics.dvh import dose_volume_histogram
from hepatica.physics.falloff import Falloff, published_falloff, relative_dose


@dataclass(frozen=True)
class Placement:
    """What to place: around which structures, how much, on how fine a grid."""

    targets: tuple[str, ...]
    prescription_gy: float
    margin: Margin
    spacing_mm: float = 2.5
    shape: Falloff | None = None

    def __post_init__(self) -> None:
        if not self.targets:
            raise InvalidInput("A placed dose needs a target; name one with --target.")
        if not (math.isfinite(self.prescription_gy) and self.prescription_gy > 0):
            raise InvalidInput(
                f"Prescription is {self.prescription_gy:g} Gy; it must be a number above 0."
            )
        if not 0.5 <= self.spacing_mm <= 10:
            raise InvalidInput(f"Dose grid spacing is {self.spacing_mm:g} mm; allowed: 0.5 to 10.")


def place_dose(case: Case, placement: Placement) -> Dose:
    """A dose whose prescription covers 95 % of each target plus its margin.

    Raises
    ------
    InvalidInput
        If a target is unknown or empty.
    """
    grid = dose_grid(case.image.grid, placement.spacing_mm)
    distance = np.full(grid.shape, np.inf)
    deepest = 0.0
    surfaces = []
    for name in placement.targets:
        target = case.structure(name)
        if target.is_empty:
            raise InvalidInput(f"Structure {name} is empty; a dose cannot be placed around it.")
        surface = target.grown(placement.margin, case.image.grid)
        surfaces.append(surface)
        own = signed_distance_mm(surface, grid)
        deepest = max(deepest, -float(own.min()))
        distance = np.minimum(distance, own)
    shape = placement.shape or published_falloff()
    fraction = relative_dose(distance, deepest, shape)
    even = Volume(fraction, grid, "Gy")
    # A voxel grid places a surface to half a voxel: the dose is scaled until it covers 95 %.
    covering = min(_covering_dose_gy(even, surface) for surface in surfaces)
    words = f"{' and '.join(placement.targets)} + {placement.margin}"
    return Dose(
        uid="",
        label=f"idealised dose around {words}",
        volume=even.scaled(placement.prescription_gy / covering),
        summation="PLAN",
        plan_uid=None,
        frame_of_reference_uid=case.frame_of_reference_uid,
        origin=(
            f"idealised: {placement.prescription_gy:g} Gy cover 95 % of {words}, half of it "
            f"{shape.half_distance_mm:g} mm outside; not a planned dose"
        ),
    )


def _covering_dose_gy(dose: Volume, surface: Structure) -> float:
    histogram = dose_volume_histogram(dose, surface.coverage)
    return histogram.dose_to_hottest_cc(0.95 * histogram.covered_cc)


def dose_grid(image: Grid, spacing_mm: float) -> Grid:
    """A grid of equal spacing that covers all of an image's voxels, aligned with its axes."""
    extent_mm = np.array(image.shape[::-1]) * np.array(image.spacing_mm)
    counts = np.maximum(np.ceil(extent_mm / spacing_mm - 1e-6).astype(int), 1)
    middle = image.point_at((np.array(image.shape[::-1]) - 1) / 2)
    origin = middle - image.axes @ ((counts - 1) / 2 * spacing_mm)
    x, y, z = (int(n) for n in counts)
    return Grid((z, y, x), (spacing_mm,) * 3, tuple(origin), image.direction)


def signed_distance_mm(structure: Structure, grid: Grid) -> NDArray[np.float64]:
    """Distance of every voxel centre to the surface of a structure, negative inside, mm.

    Exact to about half a voxel of ``grid``.
    """
    from scipy.ndimage import distance_transform_edt

    inside = structure.on(grid).mask_on(grid) >= 0.5
    if not inside.any():
        raise InvalidInput(
            f"Structure {structure.name} is smaller than a voxel of the dose grid "
            f"({grid.spacing_mm[0]:g} mm). Choose a finer --spacing-mm."
        )
    half = min(grid.spacing_mm) / 2
    sampling = grid.spacing_mm[::-1]
    outer = distance_transform_edt(~inside, sampling=sampling) - half
    inner = distance_transform_edt(inside, sampling=sampling) - half
    return np.asarray(np.where(inside, -inner, outer))
