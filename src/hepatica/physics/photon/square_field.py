"""Dose on the central ray of square fields in water, as a machine's components give it.

This is the number that measurements are compared with, and needs no patient and no bixels.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hepatica.machine import Machine
from hepatica.machine.parts import Floats
from hepatica.physics.photon.commission_square import square_of_gaussians
from hepatica.physics.photon.depth_dose import depth_factors

_NODES = 2
_ANGLES = 120
_EDGE_SIGMAS = 6.0
_FWHM_PER_SIGMA = float(np.sqrt(8 * np.log(2)))


def square_field_dose(machine: Machine, field_mm: Any, ssd_mm: Any, depth_mm: Any) -> Floats:
    """Dose on the central ray of centred square fields in a wide water tank, per unit fluence.

    Parameters
    ----------
    machine : Machine
        Its calibration is not used.
    field_mm : (F,) array, mm
        Sides in the isocentre plane.
    ssd_mm : float or (P,) array, mm
        Distance from the source to the water.
    depth_mm : (P,) array, mm

    Returns
    -------
    dose : (P, F) array, in units of the components
    """
    fields = np.atleast_1d(np.asarray(field_mm, dtype=np.float64))
    depth = np.atleast_1d(np.asarray(depth_mm, dtype=np.float64))
    ssd = np.broadcast_to(np.asarray(ssd_mm, dtype=np.float64), depth.shape)
    collected = _at_distances(machine, _collected(machine, fields), ssd)
    near = (machine.sad_mm / (ssd + depth)) ** 2
    dose = np.einsum("p,pk,pfk->pf", near, depth_factors(machine.depth, depth), collected)
    return np.asarray(dose, dtype=np.float64)


def _collected(machine: Machine, fields: Floats) -> Floats:
    """(S, F, K): what each field collects of each lateral component at the tabled distances."""
    lateral, sigma = machine.lateral, machine.penumbra_fwhm_mm / _FWHM_PER_SIGMA
    found = []
    for field in fields:
        radii = _radial_weights(machine, float(field), sigma)
        middle = square_of_gaussians(float(field), np.array(sigma), machine.primary_fluence)
        found.append(lateral.tail_per_mm2 @ radii + lateral.centre_weight * middle)
    return np.stack(found, axis=1)


def _radial_weights(machine: Machine, field: float, sigma: float) -> Floats:
    """(R,): integral over the plane of fluence times the straight-line hat of each radius."""
    radius = machine.lateral.radius_mm
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    edges = np.union1d(radius, np.arange(0.0, radius[-1], 0.5))
    middle, half = (edges[1:] + edges[:-1]) / 2, (edges[1:] - edges[:-1]) / 2
    r = (middle[:, None] + half[:, None] * nodes).ravel()
    measure = (half[:, None] * weights).ravel() * r * machine.primary_fluence.at(r)
    around = np.where(r < field / 2, 2 * np.pi, 0.0)
    edge = (r > field / 2 - _EDGE_SIGMAS * sigma) & (r < field / 2**0.5 + _EDGE_SIGMAS * sigma)
    around[edge] = _angular(r[edge], field, sigma)
    measure *= around
    upper = np.clip(np.searchsorted(radius, r), 1, radius.size - 1)
    part = (r - radius[upper - 1]) / (radius[upper] - radius[upper - 1])
    low = np.bincount(upper - 1, measure * (1 - part), radius.size)
    return np.asarray(low + np.bincount(upper, measure * part, radius.size))


def _angular(r: Floats, field: float, sigma: float) -> Floats:
    """Integral of the blurred square around a circle of each radius; 2 pi where all is open."""
    x, w = np.polynomial.legendre.leggauss(_ANGLES)
    angle, weight = (x + 1) * np.pi / 8, w * np.pi / 8
    open_part = _edge(r[:, None] * np.cos(angle), field, sigma) * _edge(
        r[:, None] * np.sin(angle), field, sigma
    )
    return np.asarray(8 * open_part @ weight)


def _edge(x: Floats, field: float, sigma: float) -> Floats:
    """Profile of an open square, blurred by the source, along one axis."""
    from scipy.special import ndtr

    if sigma == 0:
        return (np.abs(x) < field / 2).astype(np.float64)
    return np.asarray(ndtr((field / 2 - x) / sigma) - ndtr((-field / 2 - x) / sigma))


def _at_distances(machine: Machine, collected: Floats, ssd: Floats) -> Floats:
    """(P, F, K): interpolated between the tabled distances, held beyond them."""
    table = machine.lateral.ssd_mm
    x = np.clip(ssd, table[0], table[-1])
    if table.size == 1:
        return np.repeat(collected, x.size, axis=0)
    upper = np.clip(np.searchsorted(table, x), 1, table.size - 1)
    part = ((x - table[upper - 1]) / (table[upper] - table[upper - 1]))[:, None, None]
    return np.asarray((1 - part) * collected[upper - 1] + part * collected[upper])
