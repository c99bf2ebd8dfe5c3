"""How much of each depth component is left at a depth of water: build-up, then attenuation."""

from __future__ import annotations

from typing import Any

import numpy as np

from hepatica.machine import DepthComponents
from hepatica.machine.parts import Floats


def depth_factors(depth: DepthComponents, z_mm: Any) -> Floats:
    """The depth part of a photon pencil beam, one factor per component.

    ``f_k(z) = beta_k / (beta_k - m) (exp(-m z) - exp(-beta_k z))``, written as
    ``beta_k z exp(-m z) (1 - exp(-x)) / x`` with ``x = (beta_k - m) z`` so that it stays exact
    where beta_k comes close to m.

    Parameters
    ----------
    depth : DepthComponents
        K components.
    z_mm : array of any shape, mm of water
        Water-equivalent depth; in front of the surface (below 0) there is no dose.

    Returns
    -------
    factors : (..., K) array, dimensionless

    Notes
    -----
    Source: Bortfeld, Schlegel, Rhein, Med Phys 20:311, 1993, eq. 7; electrons from outside the
    phantom are not part of it, so the factor is 0 at the surface.

    Examples
    --------
    >>> depth_factors(DepthComponents(0.005, [0.3]), [0.0, 15.0, 100.0]).round(4).tolist()
    [[0.0], [0.9322], [0.6168]]
    """
    z = np.maximum(np.asarray(z_mm, dtype=np.float64), 0.0)[..., None]
    m, beta = depth.attenuation_per_mm, depth.build_up_per_mm
    x = (beta - m) * z
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(np.abs(x) < 1e-12, 1.0, -np.expm1(-x) / x)
    found = beta * z * np.exp(-m * z) * share
    return np.asarray(found, dtype=np.float64)
