"""The small squares into which the fluence of a beam is cut, and which of them a target needs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hepatica.errors import Inconsistent, InvalidInput
from hepatica.physics.photon.beam import BeamGeometry

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# A margin is drawn on a lattice this many times finer than the bixels, whose edges lie on it.
_FINER = 16


@dataclass(frozen=True, eq=False)
class BixelGrid:
    """The fluence lattice of one beam, in the plane through the isocentre.

    Parameters
    ----------
    u0_mm, v0_mm : float
        Centre of bixel ``[0, 0]``.
    pitch_u_mm, pitch_v_mm : float
        Size of a bixel along the leaves' travel (u) and across the leaves (v).
    open : (V, U) array of bool
        Which bixels can be used. The weights of a beam are those of the open ones, row by row.

    Raises
    ------
    InvalidInput
        If no bixel is open or a number is not usable.
    """

    u0_mm: float
    v0_mm: float
    pitch_u_mm: float
    pitch_v_mm: float
    open: Flags

    def __post_init__(self) -> None:
        lattice = np.array(self.open, dtype=bool)
        lattice.setflags(write=False)
        object.__setattr__(self, "open", lattice)
        if lattice.ndim != 2 or not lattice.any():
            raise InvalidInput(
                f"Bixels: the lattice has shape {lattice.shape} and {int(lattice.sum())} open "
                "bixels; rows and columns with at least one open bixel are needed."
            )
        for name in ("pitch_u_mm", "pitch_v_mm"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise InvalidInput(f"Bixels: {name} is {value} mm; it must be above 0.")
        if not (np.isfinite(self.u0_mm) and np.isfinite(self.v0_mm)):
            raise InvalidInput(
                f"Bixels: the first centre is ({self.u0_mm}, {self.v0_mm}) mm; two numbers are "
                "needed."
            )

    @cached_property
    def count(self) -> int:
        """How many bixels are open."""
        return int(self.open.sum())

    @property
    def u_mm(self) -> Floats:
        """(U,) array: centres of the columns, mm."""
        return np.asarray(self.u0_mm + self.pitch_u_mm * np.arange(self.open.shape[1]))

    @property
    def v_mm(self) -> Floats:
        """(V,) array: centres of the rows, mm."""
        return np.asarray(self.v0_mm + self.pitch_v_mm * np.arange(self.open.shape[0]))

    @property
    def centres_mm(self) -> Floats:
        """(count, 2) array: u and v of the open bixels, in the order of the weights, mm."""
        rows, columns = np.nonzero(self.open)
        return np.stack([self.u_mm[columns], self.v_mm[rows]], axis=1)

    def lattice(self, weights: ArrayLike) -> Floats:
        """(V, U) array: the weights in their places, 0 where a bixel is not open.

        Raises
        ------
        Inconsistent
            If there is not one weight per open bixel.
        """
        values = np.asarray(weights, dtype=float)
        if values.shape != (self.count,):
            raise Inconsistent(
                f"Bixels: {values.shape} weights for {self.count} open bixels; give one for each, "
                "row by row."
            )
        filled = np.zeros(self.open.shape)
        filled[self.open] = values
        return filled


@dataclass(frozen=True, eq=False)
class PhotonBeam:
    """One beam: from where, and through which bixels."""

    geometry: BeamGeometry
    bixels: BixelGrid


def bixels_of(
    target_mm: ArrayLike,
    geometry: BeamGeometry,
    pitch_u_mm: float,
    pitch_v_mm: float,
    margin_mm: float = 0.0,
    centre_mm: tuple[float, float] = (0.0, 0.0),
) -> BixelGrid:
    """The bixels that a target needs: those onto which one of its points is projected.

    Parameters
    ----------
    target_mm : (n, 3) array, mm, LPS
        Points of the target, the centres of its voxels for instance.
    geometry : BeamGeometry
    pitch_u_mm, pitch_v_mm : float
        Size of a bixel, mm. Where the points lie further apart than this, give a margin of at
        least half their distance, or holes remain.
    margin_mm : float
        Bixels this close to the projection are open too, measured in the isocentre's plane to a
        sixteenth of a bixel.
    centre_mm : (u, v) mm
        Where the centre of one bixel lies: half a leaf beside the axis, if the lattice is to match
        leaves that meet on it.

    Returns
    -------
    BixelGrid
        The smallest lattice that holds the open bixels.

    Raises
    ------
    InvalidInput
        If there is no point, the margin is negative or a point lies behind the source.
    """
    points = np.asarray(target_mm, dtype=float).reshape(-1, 3)
    if len(points) == 0:
        raise InvalidInput(
            f"{geometry.label}: the target has no points, so no bixel can be chosen."
        )
    if not (np.isfinite(margin_mm) and margin_mm >= 0):
        raise InvalidInput(f"{geometry.label}: the margin is {margin_mm} mm; it must be 0 or more.")
    pitch = np.array([pitch_u_mm, pitch_v_mm], dtype=float)
    if not (np.isfinite(pitch).all() and (pitch > 0).all()):
        raise InvalidInput(
            f"{geometry.label}: bixels of {pitch_u_mm} by {pitch_v_mm} mm; both sizes must be "
            "above 0."
        )
    seen = geometry.project(points)[:, :2] - np.array(centre_mm, dtype=float)
    cells = _cells_near(seen, pitch, margin_mm) if margin_mm > 0 else np.rint(seen / pitch)
    cells = cells.astype(np.int64)
    first, last = cells.min(axis=0), cells.max(axis=0)
    chosen = np.zeros(tuple((last - first + 1)[::-1]), dtype=bool)
    chosen[cells[:, 1] - first[1], cells[:, 0] - first[0]] = True
    u0, v0 = np.array(centre_mm) + first * pitch
    return BixelGrid(float(u0), float(v0), float(pitch[0]), float(pitch[1]), chosen)


def _cells_near(seen: Floats, pitch: Floats, margin_mm: float) -> Floats:
    """(n, 2) bixel numbers within a margin of the projected points, on a finer lattice."""
    from scipy.ndimage import distance_transform_edt

    step = pitch / _FINER
    rim = np.ceil(margin_mm / step).astype(np.int64) + 1
    fine = np.floor(seen / step).astype(np.int64)
    first = fine.min(axis=0) - rim
    empty = np.ones(tuple(fine.max(axis=0) + rim + 1 - first), dtype=bool)
    empty[tuple((fine - first).T)] = False
    near = distance_transform_edt(empty, sampling=tuple(step)) <= margin_mm
    return np.asarray(np.rint((np.argwhere(near) + first + 0.5) / _FINER))
