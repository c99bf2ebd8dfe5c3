"""How well two doses agree, point by point, when a little dose or a little distance is forgiven."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hepatica.case.grid import Grid
from hepatica.case.volume import Volume
from hepatica.errors import InvalidInput

_PARALLEL = 1e-6


@dataclass(frozen=True)
class GammaCriteria:
    """What is forgiven, and how finely the best agreement is sought.

    Parameters
    ----------
    dose_percent : float
        Dose tolerance, of the reference maximum (global) or of the local reference dose.
    distance_mm : float
        Distance to agreement.
    dose_cutoff_percent : float
        Points below this part of the reference maximum are not compared.
    local : bool
        Whether the dose tolerance is a part of the dose at each point.
    max_gamma : float
        The search ends here; larger values are given as this one.
    steps_per_distance : int
        Samples of the evaluated dose per ``distance_mm``.
    """

    dose_percent: float = 3.0
    distance_mm: float = 3.0
    dose_cutoff_percent: float = 10.0
    local: bool = False
    max_gamma: float = 2.0
    steps_per_distance: int = 10

    def __post_init__(self) -> None:
        for name in ("dose_percent", "distance_mm", "max_gamma", "steps_per_distance"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise InvalidInput(f"Gamma criterion {name} is {value}; it must be above 0.")
        if not 0 <= self.dose_cutoff_percent < 100:
            raise InvalidInput(
                f"Gamma criterion dose_cutoff_percent is {self.dose_cutoff_percent}; "
                "0 up to 100 is allowed."
            )


def gamma_index(
    reference: Volume, evaluated: Volume, criteria: GammaCriteria | None = None
) -> Volume:
    """Gamma of every reference point: the smallest distance to the evaluated dose surface.

    The evaluated dose is interpolated linearly at points around each reference point, on a lattice
    of ``distance_mm / steps_per_distance``; gamma is therefore too large by at most one such step's
    worth. A point whose surroundings lie outside the evaluated grid gets ``max_gamma``.

    Parameters
    ----------
    reference, evaluated : Volume, Gy
        On any two grids of the same frame of reference.
    criteria : GammaCriteria, optional
        3 % / 3 mm, global, above 10 % of the maximum, unless given.

    Returns
    -------
    gamma : Volume, unit "1", on the reference grid
        NaN below the cut-off.

    Raises
    ------
    InvalidInput
        If a dose is not in Gy or not finite, or the reference dose is zero everywhere.

    Notes
    -----
    Source: Low, Harms, Mutic, Purdy, Med Phys 25 (1998) 656, eqs. 3-7.
    """
    from hepatica.physics.gamma.gamma_kernels import least_squares

    criteria = criteria or GammaCriteria()
    wanted, given = _doses(reference, "reference"), _doses(evaluated, "evaluated")
    highest = float(wanted.max())
    if highest <= 0:
        raise InvalidInput("Gamma index: the reference dose is 0 Gy everywhere.")
    compared = wanted >= criteria.dose_cutoff_percent / 100 * highest
    compared &= wanted > 0
    square = least_squares(
        wanted,
        _weights(wanted, compared, criteria),
        given,
        _place(reference.grid, evaluated.grid),
        _search(evaluated.grid, criteria),
        criteria.max_gamma**2,
    )
    gamma = np.where(compared, np.sqrt(square), np.float32(np.nan))
    return Volume(gamma, reference.grid, "1")


def pass_rate(gamma: Volume) -> float:
    """The part of the compared points whose gamma is at most 1, in per cent.

    Raises
    ------
    InvalidInput
        If no point was compared.
    """
    compared = gamma.values[np.isfinite(gamma.values)]
    if compared.size == 0:
        raise InvalidInput("Gamma pass rate: no point was above the dose cut-off.")
    return 100.0 * float(np.mean(compared <= 1.0))


def _doses(dose: Volume, name: str) -> NDArray[np.float32]:
    if dose.unit != "Gy":
        raise InvalidInput(f"Gamma index: the {name} dose is in {dose.unit}; it must be in Gy.")
    values = np.ascontiguousarray(dose.values, dtype=np.float32)
    if not np.isfinite(values).all():
        raise InvalidInput(f"Gamma index: the {name} dose holds values that are not numbers.")
    return values


def _weights(
    wanted: NDArray[np.float32], compared: NDArray[np.bool_], criteria: GammaCriteria
) -> NDArray[np.float32]:
    """One over the dose tolerance of each point, 1/Gy; 0 for points that are not compared."""
    base = wanted if criteria.local else np.full_like(wanted, wanted.max())
    tolerance_gy = np.where(compared, base * np.float32(criteria.dose_percent / 100), 1)
    return np.where(compared, 1 / tolerance_gy, 0).astype(np.float32)


def _place(source: Grid, target: Grid) -> tuple[NDArray[np.float64], NDArray[np.float64], bool]:
    """Where the slices, rows and columns of the source lie in indices (z, y, x) of the target."""
    steps = (target.axes.T @ source.axes) * np.array(source.spacing_mm)
    matrix = (steps / np.array(target.spacing_mm)[:, None])[::-1, ::-1]
    starts = target.index_of(source.origin_mm)[::-1] + np.outer(
        np.arange(source.shape[0]), matrix[:, 0]
    )
    parallel = bool(np.abs(matrix - np.eye(3)).max() * max(source.shape) < _PARALLEL)
    return starts, np.ascontiguousarray(matrix[:, 1:].T), parallel


def _search(
    grid: Grid, criteria: GammaCriteria
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Steps in voxels of the grid, nearest first, with their squared lengths and group ends."""
    finest = criteria.steps_per_distance
    reach = int(np.ceil(criteria.max_gamma * finest))
    axis = np.arange(-reach, reach + 1)
    steps = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    squares = (steps**2).sum(axis=1)
    order = np.argsort(squares, kind="stable")
    order = order[squares[order] <= (criteria.max_gamma * finest) ** 2]
    ends = np.append(np.flatnonzero(np.diff(squares[order])) + 1, len(order))
    in_voxels = steps[order] * (criteria.distance_mm / finest) / np.array(grid.spacing_mm[::-1])
    return in_voxels, squares[order] / finest**2, ends
