"""What a square field collects of a bell curve centred in it, under the beam's uneven intensity."""

from __future__ import annotations

import numpy as np

from hepatica.machine import PrimaryFluence
from hepatica.machine.parts import Floats

_NODES = 6
_WIDEST_PANEL_MM = 4.0


def square_of_gaussians(field_mm: float, sigma_mm: Floats, fluence: PrimaryFluence) -> Floats:
    """Integral of primary fluence times a two-dimensional Gaussian over a centred square.

    A square of side F seen from its centre spans the angle ``2 pi`` up to the radius F / 2 and
    ``2 pi - 8 arccos(F / 2r)`` from there to its corners, which leaves an integral over radius.

    Parameters
    ----------
    field_mm : float
        Side of the square, mm.
    sigma_mm : array of any shape, mm
        Width of each Gaussian; 0 stands for a point.
    fluence : PrimaryFluence

    Returns
    -------
    integral : array of the same shape
        1 for a narrow bell in a wide field.

    Examples
    --------
    >>> flat = PrimaryFluence(np.array([0.0, 500.0]), np.array([1.0, 1.0]))
    >>> square_of_gaussians(20.0, np.array([10.0, 0.0]), flat).round(6).tolist()
    [0.466065, 1.0]
    """
    sigma = np.asarray(sigma_mm, dtype=np.float64)
    spread = sigma[sigma > 0]
    found = np.full(sigma.shape, float(fluence.at(np.zeros(1))[0]))
    if spread.size:
        radius, weight = _measure(field_mm, float(spread.min()), fluence)
        bells = np.exp(-0.5 * (radius / spread[:, None]) ** 2) / (2 * np.pi * spread[:, None] ** 2)
        found[sigma > 0] = bells @ weight
    return found


def _measure(field_mm: float, narrowest: float, fluence: PrimaryFluence) -> tuple[Floats, Floats]:
    """Radii and the fluence of the square that each of them stands for, 1/mm^2 times area."""
    half = field_mm / 2
    count = int(np.ceil(half / min(narrowest, _WIDEST_PANEL_MM)))
    inner, inner_weight = _panels(np.linspace(0.0, half, count + 1))
    outer, outer_weight = _corner(half, count)
    angle = 2 * np.pi - 8 * np.arccos(np.minimum(half / outer, 1.0))
    radius = np.concatenate([inner, outer])
    weight = np.concatenate([inner_weight * 2 * np.pi, outer_weight * angle])
    return radius, weight * radius * fluence.at(radius)


def _corner(half: float, panels: int) -> tuple[Floats, Floats]:
    """Nodes from F / 2 to the corner; a square root in the angle is taken out by t^2."""
    t, weight = _panels(np.linspace(0.0, 1.0, panels + 1))
    length = half * (np.sqrt(2.0) - 1.0)
    return half + length * t**2, weight * length * 2 * t


def _panels(edges: Floats) -> tuple[Floats, Floats]:
    x, w = np.polynomial.legendre.leggauss(_NODES)
    middle, half = (edges[1:] + edges[:-1]) / 2, (edges[1:] - edges[:-1]) / 2
    nodes = (middle[:, None] + half[:, None] * x).ravel()
    return nodes, (half[:, None] * w).ravel()
