"""Bixels that suit leaves: rows that end where leaf pairs end, columns fine enough for tips."""

from __future__ import annotations

import numpy as np

from hepatica.errors import Infeasible, InvalidInput
from hepatica.machine import Mlc
from hepatica.physics.photon.bixels import BixelGrid
from hepatica.physics.photon.segments.aperture import Floats

# Leaf widths and boundaries are multiples of this part of a millimetre.
_FINEST_MM = 0.01

# Finer rows than this are not worth their bixels: rows need not meet boundaries, it is only exact.
_LEAST_ROW_MM = 2.0


def leaf_lattice(bixels: BixelGrid, mlc: Mlc, pitch_u_mm: float = 2.5) -> BixelGrid:
    """A rectangle of bixels over all that the leaves may open around others.

    Parameters
    ----------
    bixels : BixelGrid
        Where fluence is wanted.
    mlc : Mlc
    pitch_u_mm : float
        Size of a bixel along the leaves' travel.

    Returns
    -------
    BixelGrid
        Every leaf pair over the wanted bixels lies entirely on it, and one column more to each
        side. Its rows end on the boundaries of these pairs where rows of 2 mm or more can.

    Raises
    ------
    InvalidInput
        If the pitch is not above 0.
    Infeasible
        If no leaf pair lies over the bixels.
    """
    if not pitch_u_mm > 0:
        raise InvalidInput(f"pitch_u_mm is {pitch_u_mm:g}; bixels have a size above 0 mm.")
    rows, columns = np.flatnonzero(bixels.open.any(axis=1)), np.flatnonzero(bixels.open.any(axis=0))
    low_v, high_v = bixels.v_mm[rows[[0, -1]]] + bixels.pitch_v_mm / 2 * np.array([-1, 1])
    low_u, high_u = bixels.u_mm[columns[[0, -1]]] + bixels.pitch_u_mm / 2 * np.array([-1, 1])
    edges = mlc.leaf_boundaries_mm
    over = np.flatnonzero((edges[1:] > low_v + _FINEST_MM) & (edges[:-1] < high_v - _FINEST_MM))
    if not over.size:
        raise Infeasible(
            f"The bixels lie between v = {low_v:g} and {high_v:g} mm, the leaves between "
            f"{edges[0]:g} and {edges[-1]:g} mm: no leaf pair lies over them. Move the isocentre "
            "or turn the collimator."
        )
    edges = edges[over[0] : over[-1] + 2]
    pitch_v = _shared_pitch(edges)
    shape = (
        round((edges[-1] - edges[0]) / pitch_v),
        int(np.ceil((high_u - low_u) / pitch_u_mm)) + 2,
    )
    u0 = (low_u + high_u) / 2 - (shape[1] - 1) / 2 * pitch_u_mm
    return BixelGrid(u0, edges[0] + pitch_v / 2, pitch_u_mm, pitch_v, np.ones(shape, dtype=bool))


def carried_over(weights: Floats, source: BixelGrid, target: BixelGrid) -> Floats:
    """Fluence on other bixels: its mean over each of them, by area.

    Parameters
    ----------
    weights : (source bixels,) array, MU
    source, target : BixelGrid

    Returns
    -------
    (target bixels,) array, MU
        What lies beyond the target's bixels is lost.
    """
    across = _shares(source.v_mm, source.pitch_v_mm, target.v_mm, target.pitch_v_mm)
    along = _shares(source.u_mm, source.pitch_u_mm, target.u_mm, target.pitch_u_mm)
    return np.asarray((across @ source.lattice(weights) @ along.T)[target.open])


def _shared_pitch(edges_mm: Floats) -> float:
    widths = np.rint(np.diff(edges_mm) / _FINEST_MM).astype(np.int64)
    shared = float(np.gcd.reduce(widths)) * _FINEST_MM
    if shared >= _LEAST_ROW_MM:
        return shared
    span = float(edges_mm[-1] - edges_mm[0])
    return span / max(1, int(span // _LEAST_ROW_MM))


def _shares(old_mm: Floats, old_pitch: float, new_mm: Floats, new_pitch: float) -> Floats:
    # (new, old): part of each new interval that lies in each old one.
    lower = np.maximum(new_mm[:, None] - new_pitch / 2, old_mm - old_pitch / 2)
    upper = np.minimum(new_mm[:, None] + new_pitch / 2, old_mm + old_pitch / 2)
    return np.asarray(np.clip(upper - lower, 0.0, None) / new_pitch)
