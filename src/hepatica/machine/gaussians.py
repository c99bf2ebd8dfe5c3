"""Lateral spread written as a sum of bell curves: few numbers, smooth, never wavy."""

from __future__ import annotations

import numpy as np

from hepatica.errors import InvalidInput
from hepatica.machine.parts import Floats, LateralComponents

_FARTHEST_SIGMAS = 4.5
"""There a bell has faded to 4e-5 of its middle."""


def gaussian_components(
    ssd_mm: Floats, sigma_mm: Floats, weight: Floats, centre_weight: Floats
) -> LateralComponents:
    """Tabulate lateral components that are sums of two-dimensional Gaussians.

    ``w_k(r) = centre_weight_k delta(r) + sum_j weight_kj exp(-r^2 / 2 s_j^2) / (2 pi s_j^2)``

    Parameters
    ----------
    ssd_mm : (S,) array, mm
    sigma_mm : (J,) array, mm in the isocentre plane
    weight : (S, K, J) array, dimensionless
        Integral of each Gaussian over the plane.
    centre_weight : (S, K) array, dimensionless

    Raises
    ------
    InvalidInput
        If shapes do not fit or a width is not above 0.
    """
    if sigma_mm.ndim != 1 or not np.all(sigma_mm > 0) or weight.ndim != 3:
        raise InvalidInput(
            "lateral: sigma_mm must be a list of widths above 0 mm, and weight a list per "
            "distance of a list per component. Correct the document."
        )
    if weight.shape != (ssd_mm.size, weight.shape[1], sigma_mm.size):
        raise InvalidInput(
            f"lateral.weight has the shape {weight.shape} for {ssd_mm.size} distances and "
            f"{sigma_mm.size} widths; give one value per distance, component and width."
        )
    radius = radii_mm(float(sigma_mm.min()), _FARTHEST_SIGMAS * float(sigma_mm.max()))
    bells = np.exp(-0.5 * (radius / sigma_mm[:, None]) ** 2) / (2 * np.pi * sigma_mm[:, None] ** 2)
    return LateralComponents(ssd_mm, radius, weight @ bells, centre_weight)


def radii_mm(narrowest_mm: float, farthest_mm: float) -> Floats:
    """Radii close enough for straight lines between them: a 20th of the width, then of the radius.

    A straight line between radii a step h apart adds ``h^2 / 12 s^2`` to the volume of a bell of
    width s: 0.02 % at h = s / 20.
    """
    step = narrowest_mm / 20.0
    fine = np.arange(0.0, 4 * narrowest_mm, step)
    count = int(np.ceil(np.log(farthest_mm / fine[-1]) / np.log1p(step / fine[-1])))
    return np.concatenate([fine, np.geomspace(fine[-1], farthest_mm, count + 1)[1:]])
