"""A named part of the patient: an organ, a tumour, a target."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hepatica.case.contours import Contours
from hepatica.case.grid import Grid
from hepatica.case.solid import SLABS
from hepatica.case.volume import Volume
from hepatica.errors import InvalidInput

Role = Literal["GTV", "CTV", "PTV", "ORGAN", "EXTERNAL", "AVOIDANCE", "SUPPORT", "OTHER"]


@dataclass(frozen=True)
class Margin:
    """How far to grow (or, negative, to shrink) in each direction of the patient, mm."""

    left_mm: float
    right_mm: float
    anterior_mm: float
    posterior_mm: float
    superior_mm: float
    inferior_mm: float

    @classmethod
    def uniform(cls, margin_mm: float) -> Margin:
        """The same distance in all six directions."""
        return cls(*(float(margin_mm),) * 6)

    def __post_init__(self) -> None:
        sides = self.sides_mm
        if not np.isfinite(sides).all() or (min(sides) < 0 < max(sides)):
            raise InvalidInput(
                f"Margin {sides} mm: all six must be numbers of one sign (grow or shrink)."
            )

    @property
    def sides_mm(self) -> tuple[float, float, float, float, float, float]:
        """(left, right, anterior, posterior, superior, inferior), mm."""
        return (
            self.left_mm,
            self.right_mm,
            self.anterior_mm,
            self.posterior_mm,
            self.superior_mm,
            self.inferior_mm,
        )

    def __str__(self) -> str:
        if len(set(self.sides_mm)) == 1:
            return f"{self.left_mm:g} mm"
        names = ("L", "R", "A", "P", "S", "I")
        return " ".join(f"{n}{s:g}" for n, s in zip(names, self.sides_mm, strict=True)) + " mm"


@dataclass(frozen=True, eq=False)
class Structure:
    """Which part of each voxel belongs to a named part of the patient.

    Union takes the larger coverage of a voxel, intersection the smaller, and difference what the
    intersection leaves over, so that ``|A - B| = |A| - |A & B|`` holds to the last digit.

    Parameters
    ----------
    name : str
        TG-263 where one exists.
    coverage : Volume, unit "1", 0 to 1
        On any crop of the image's lattice: outside it the coverage is 0.
    role : RTROIInterpretedType in short
    origin : str
        Where it came from, in words a person can check.
    derived : bool
        True when Hepatica computed it rather than read it.
    contours : Contours, optional
        The outlines as drawn, where there were any.
    """

    name: str
    coverage: Volume
    role: Role = "ORGAN"
    origin: str = ""
    derived: bool = False
    contours: Contours | None = None

    def __post_init__(self) -> None:
        if self.coverage.unit != "1":
            raise InvalidInput(
                f"Structure {self.name}: coverage is in {self.coverage.unit}, not 1."
            )
        values = self.coverage.values
        if values.dtype != np.float32:
            object.__setattr__(
                self, "coverage", Volume(values.astype(np.float32), self.coverage.grid, "1")
            )
        low, high = float(values.min()), float(values.max())
        if not (low >= 0.0 and high <= 1.0):
            raise InvalidInput(
                f"Structure {self.name}: coverage runs from {low:g} to {high:g}; 0 to 1 is allowed."
            )

    @classmethod
    def from_mask(
        cls, name: str, mask: ArrayLike, grid: Grid, role: Role = "ORGAN", origin: str = ""
    ) -> Structure:
        """A structure from an array over the whole grid: booleans, or coverages 0 to 1."""
        volume = Volume(np.asarray(mask, dtype=np.float32), grid, "1")
        return cls(name, volume.trimmed(), role, origin)

    @classmethod
    def from_contours(
        cls, name: str, contours: Contours, grid: Grid, role: Role = "ORGAN", origin: str = ""
    ) -> Structure:
        """A structure from outlines, with sub-voxel edges on the lattice of ``grid``.

        Where ``contours.solid`` is not the usual one, the origin says so.
        """
        if contours.solid != SLABS:
            origin = "; ".join(part for part in (origin, str(contours.solid)) if part)
        return cls(name, contours.coverage(grid), role, origin, contours=contours)

    @property
    def grid(self) -> Grid:
        """The crop of the lattice on which the coverage is kept."""
        return self.coverage.grid

    @property
    def is_empty(self) -> bool:
        """Whether no voxel is touched."""
        return not bool(self.coverage.values.any())

    @property
    def volume_cc(self) -> float:
        """Voxel volume: coverage summed times the size of a voxel, cc."""
        return float(self.coverage.values.sum(dtype=float)) * self.grid.voxel_cc

    @property
    def contour_volume_cc(self) -> float | None:
        """Volume from the outlines themselves, cc; None without outlines."""
        return None if self.contours is None else self.contours.volume_cc(self.grid)

    @property
    def centroid_mm(self) -> NDArray[np.float64]:
        """(x, y, z) centre of gravity, mm, LPS.

        Raises
        ------
        InvalidInput
            If the structure is empty.
        """
        if self.is_empty:
            raise InvalidInput(f"Structure {self.name} is empty; it has no centre.")
        weights = self.coverage.values.astype(float)
        index = [
            float((weights.sum(axis=others) * np.arange(size)).sum() / weights.sum())
            for size, others in zip(weights.shape, ((1, 2), (0, 2), (0, 1)), strict=True)
        ]
        return self.grid.point_at(index[::-1])

    def on(self, grid: Grid) -> Structure:
        """The structure on another lattice; averaged over voxels only if the lattices differ."""
        if grid.same_lattice(self.grid):
            return self
        from hepatica.case.resample import average_onto

        return replace(self, coverage=average_onto(self.coverage, grid).trimmed(), contours=None)

    def mask_on(self, grid: Grid) -> NDArray[np.float32]:
        """Coverage as an array over the whole of ``grid`` (same lattice)."""
        offset = grid.require_same_lattice(self.grid, f"Structure {self.name}")
        full = np.zeros(grid.shape, np.float32)
        _paste(full, self.coverage.values, offset)
        return full

    def __or__(self, other: Structure) -> Structure:
        return _combine(self, other, "or")

    def __and__(self, other: Structure) -> Structure:
        return _combine(self, other, "and")

    def __sub__(self, other: Structure) -> Structure:
        return _combine(self, other, "-")

    def grown(
        self, margin: Margin | float, within: Grid, inside: Structure | None = None
    ) -> Structure:
        """Grown or shrunk by a margin, cut off at the edge of the grid ``within``.

        Parameters
        ----------
        margin : Margin or mm
            An ellipsoid with these six half-axes is moved along the surface.
        within : Grid
            The image's grid: nothing is drawn beyond it.
        inside : Structure, optional
            Cut back to this structure (a CTV within the liver).
        """
        from hepatica.case.margin import grow

        if not isinstance(margin, Margin):
            margin = Margin.uniform(margin)
        wider = Structure(
            f"{self.name}+{margin}",
            grow(self.coverage, margin, within),
            self.role,
            f"derived: {self.name} grown by {margin}",
            derived=True,
        )
        return wider if inside is None else wider & inside

    def named(self, name: str, role: Role | None = None, origin: str | None = None) -> Structure:
        """The same part of the patient under another name."""
        return replace(self, name=name, role=role or self.role, origin=origin or self.origin)


def _combine(a: Structure, b: Structure, word: Literal["or", "and", "-"]) -> Structure:
    offset = np.array(a.grid.require_same_lattice(b.grid, f"{a.name} {word} {b.name}"))
    if word == "or":
        start = np.minimum(0, offset)
        stop = np.maximum(a.grid.shape, offset + b.grid.shape)
    else:
        start, stop = np.zeros(3, int), np.array(a.grid.shape)
    left, right = np.zeros(stop - start, np.float32), np.zeros(stop - start, np.float32)
    _paste(left, a.coverage.values, tuple(-start))
    _paste(right, b.coverage.values, tuple(offset - start))
    if word == "or":
        values = np.maximum(left, right)
    elif word == "and":
        values = np.minimum(left, right)
    else:
        values = np.maximum(left - right, 0)
    grid = a.grid.crop(tuple(start), tuple(stop))
    origin = f"derived: {a.name} {word} {b.name}"
    name = f"{a.name}-{b.name}" if word == "-" else f"{a.name} {word} {b.name}"
    return Structure(name, Volume(values, grid, "1").trimmed(), a.role, origin, derived=True)


def _paste(full: NDArray[np.float32], part: NDArray[np.generic], offset: tuple[int, ...]) -> None:
    into, out_of = [], []
    for size, extent, shift in zip(full.shape, part.shape, offset, strict=True):
        low, high = max(0, shift), min(size, shift + extent)
        if low >= high:
            return
        into.append(slice(low, high))
        out_of.append(slice(low - shift, high - shift))
    full[tuple(into)] = part[tuple(out_of)]
