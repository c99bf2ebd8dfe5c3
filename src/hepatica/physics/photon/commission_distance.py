"""Lateral components in the isocentre plane, for one distance from the source to the skin.

A beam widens with depth: what spreads 10 mm in water near the skin is seen wider from the source
than the same 10 mm deep inside. The dose is computed with one set of lateral components per beam,
in the plane through the isocentre, so that a set is fitted for every distance to the skin; it is
most exact at the depth of the isocentre.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hepatica.machine import DepthComponents, PrimaryFluence
from hepatica.machine.parts import Floats
from hepatica.physics.photon.commission_cone import least_squares_in_cone
from hepatica.physics.photon.commission_rows import ELECTRON_DEPTH_MM
from hepatica.physics.photon.commission_spread import Spread, positive_bells
from hepatica.physics.photon.commission_square import square_of_gaussians
from hepatica.physics.photon.depth_dose import depth_factors

_FIELDS_MM = np.array([4, 6, 10, 15, 20, 30, 40, 60, 80, 100, 150, 200, 300, 400.0])
_DEPTHS_MM = np.array(
    [2, 5, 10, 15, 20, 25, 30, 40, 50, 65, 80, 100, 125, 150, 175, 200, 225, 250, 275, 300, 350.0]
)
_RIDGE = 1e-4
_LIGHT = 0.2
_AT_ISOCENTRE = 6.0
_ISOCENTRE_WIDTH_MM = 25.0
_FWHM_PER_SIGMA = float(np.sqrt(8 * np.log(2)))


@dataclass(frozen=True, eq=False)
class Beam:
    """What is the same at all distances: geometry, source, intensity and depth components."""

    sad_mm: float
    penumbra_fwhm_mm: float
    primary_fluence: PrimaryFluence
    depth: DepthComponents


def spread_at(beam: Beam, spread: Spread, ssd_mm: float) -> Spread:
    """Lateral components in the isocentre plane that repeat the spread in water at all depths.

    Parameters
    ----------
    beam : Beam
    spread : Spread
        In true millimetres.
    ssd_mm : float

    Raises
    ------
    Infeasible
        If the least-squares problem does not converge.
    """
    penumbra = beam.penumbra_fwhm_mm / _FWHM_PER_SIGMA
    factors = depth_factors(beam.depth, _DEPTHS_MM)
    dose = _true_dose(beam, spread, ssd_mm, penumbra)
    widths = np.hypot(penumbra, np.r_[0.0, spread.sigma_mm])
    square = np.stack([_squares(beam, f, widths) for f in _FIELDS_MM])
    rows = np.einsum("dk,fj->dfkj", factors, square).reshape(dose.size, -1)
    weight = (_depth_weight(beam.sad_mm - ssd_mm)[:, None] / dose.max(axis=0)).ravel()
    unknowns = rows.shape[1]
    stacked = np.vstack([rows * weight[:, None], _RIDGE * np.eye(unknowns)])
    target = np.r_[dose.ravel() * weight, np.zeros(unknowns)]
    x = least_squares_in_cone(stacked, target, positive_bells(beam.depth, widths.size))
    table = x.reshape(beam.depth.count, -1)
    return Spread(spread.sigma_mm, table[:, 1:], table[:, 0], np.zeros(0))


def _true_dose(beam: Beam, spread: Spread, ssd_mm: float, penumbra: float) -> Floats:
    """(depths, fields) without inverse-square law: the spread in water, magnified at each depth."""
    weights = np.hstack([spread.centre_weight[:, None], spread.weight])
    at_depth = depth_factors(beam.depth, _DEPTHS_MM) @ weights
    scale = beam.sad_mm / (ssd_mm + _DEPTHS_MM)
    widths = np.hypot(penumbra, np.r_[0.0, spread.sigma_mm] * scale[:, None])
    square = np.stack([_squares(beam, field, widths) for field in _FIELDS_MM])
    return np.asarray(np.einsum("dj,fdj->df", at_depth, square))


def _squares(beam: Beam, field_mm: float, widths: Floats) -> Floats:
    return square_of_gaussians(field_mm, widths, beam.primary_fluence)


def _depth_weight(isocentre_depth_mm: float) -> Floats:
    """Depths near the isocentre count more; the build-up region less."""
    away = (_DEPTHS_MM - isocentre_depth_mm) / _ISOCENTRE_WIDTH_MM
    near = 1.0 + _AT_ISOCENTRE * np.exp(-0.5 * away**2)
    return near * np.where(_DEPTHS_MM >= ELECTRON_DEPTH_MM, 1.0, _LIGHT)
