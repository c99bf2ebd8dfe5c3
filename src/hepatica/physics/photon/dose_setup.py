"""Everything that the dose depends on besides the weights: machine, patient, beams, fineness."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hepatica.case import Grid, Volume
from hepatica.errors import Inconsistent, InvalidInput
from hepatica.machine import Machine
from hepatica.physics.photon.bixels import PhotonBeam

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class PencilBeamOptions:
    """How finely the pencil-beam model is evaluated, and switches that imitate other programs.

    Parameters
    ----------
    sharp_pitch_mm : float
        Spacing at most, in the isocentre's plane, of the lattice that carries the field's edges.
    tail_pitch_mm : float
        Spacing at most, within the field, of the lattice that carries the scattered dose.
    depth_pitch_mm : float or None
        None, the default, traces the density exactly from the source to each voxel. A number
        traces a fan of rays of this spacing and interpolates between them: much quicker for many
        voxels; only where densities meet along the beam does it differ, by parts of a voxel.
    surface_density : float
        The surface is where the density on the central ray first exceeds this; 1 is water.
    use_primary_fluence : bool
        Whether the open beam's profile is part of the fluence.
    cutoff_mm : float or None
        Dose further than this from a bixel's axis is dropped. None, the default, keeps all of it;
        matRad and pyRadPlan use 50.
    shift_mm : (u, v) mm
        Moves every field. (0, 0) is right; matRad and pyRadPlan have (-0.25, -0.25) by mistake.
    nearest_ssd : bool
        Takes lateral components of the nearest tabulated distance instead of interpolating.

    Raises
    ------
    InvalidInput
        If a number is out of range.
    """

    sharp_pitch_mm: float = 1.25
    tail_pitch_mm: float = 2.5
    depth_pitch_mm: float | None = None
    surface_density: float = 0.05
    use_primary_fluence: bool = True
    cutoff_mm: float | None = None
    shift_mm: tuple[float, float] = (0.0, 0.0)
    nearest_ssd: bool = False

    def __post_init__(self) -> None:
        for name in ("sharp_pitch_mm", "tail_pitch_mm", "surface_density"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise InvalidInput(f"Pencil-beam option {name} is {value}; it must be above 0.")
        for name, without in (("cutoff_mm", "keep all dose"), ("depth_pitch_mm", "trace exactly")):
            value = getattr(self, name)
            if value is not None and not (np.isfinite(value) and value > 0):
                raise InvalidInput(
                    f"Pencil-beam option {name} is {value}; give a distance above 0, or None to "
                    f"{without}."
                )
        if len(self.shift_mm) != 2 or not np.all(np.isfinite(self.shift_mm)):
            raise InvalidInput(
                f"Pencil-beam option shift_mm is {self.shift_mm}; two numbers u, v are needed."
            )


@dataclass(frozen=True, eq=False)
class DoseSetup:
    """A patient, a machine and beams.

    Parameters
    ----------
    machine : Machine
    density : Volume, unit "1"
        Density relative to water at any orientation; 0 outside the body.
    beams : tuple of PhotonBeam
    options : PencilBeamOptions

    Raises
    ------
    InvalidInput
        If the density is negative or not finite, or there is no beam.
    Inconsistent
        If a beam's source distance is not the machine's.
    """

    machine: Machine
    density: Volume
    beams: tuple[PhotonBeam, ...]
    options: PencilBeamOptions = field(default_factory=PencilBeamOptions)

    def __post_init__(self) -> None:
        object.__setattr__(self, "beams", tuple(self.beams))
        if not self.beams:
            raise InvalidInput("Dose: there is no beam; at least one is needed.")
        values = self.density.values
        low, high = float(values.min()), float(values.max())
        if not (low >= 0 and np.isfinite(high)):
            raise InvalidInput(
                f"Dose: the density is from {low:g} to {high:g}; relative to water it is 0 or "
                "more. Convert Hounsfield units with the machine's table first."
            )
        for beam in self.beams:
            if abs(beam.geometry.sad_mm - self.machine.sad_mm) > 1e-3:
                raise Inconsistent(
                    f"{beam.geometry.label}: its source-axis distance is "
                    f"{beam.geometry.sad_mm:g} mm, that of machine {self.machine.name} "
                    f"{self.machine.sad_mm:g} mm; they must agree. Choose the plan's machine."
                )

    @property
    def bixels(self) -> int:
        """Number of weights of all beams."""
        return sum(beam.bixels.count for beam in self.beams)

    @property
    def beam_slices(self) -> tuple[slice, ...]:
        """Which of the weights belong to each beam."""
        ends = accumulate((beam.bixels.count for beam in self.beams), initial=0)
        return tuple(slice(a, b) for a, b in pairwise(ends))


class DoseOperator(Protocol):
    """Dose at chosen points as a linear function of the weights of the bixels."""

    @property
    def points(self) -> int:
        """Number of points."""

    @property
    def bixels(self) -> int:
        """Number of weights."""

    @property
    def beam_slices(self) -> tuple[slice, ...]:
        """Which of the weights belong to each beam."""

    def forward(self, weights: Floats) -> Floats:
        """Dose (points,) in Gy of weights (bixels,) in MU."""

    def adjoint(self, values: Floats) -> Floats:
        """The transpose: sums (bixels,) over the points of a value times the dose per weight."""


class DoseEngine(Protocol):
    """A way to compute dose. A new one is one class with these two members."""

    @property
    def name(self) -> str:
        """The word by which it is chosen."""

    def prepare(self, setup: DoseSetup, grid: Grid, voxels: Indices) -> DoseOperator:
        """The operator for voxels (n,) of a grid, given as flat indices in C order."""
