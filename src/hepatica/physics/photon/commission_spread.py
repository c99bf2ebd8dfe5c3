"""How far each depth component spreads in water, from depth doses and output factors of squares.

Each component is a point and a ladder of bell curves. At any depth the bells' weights, summed over
the components, may not be negative: then the dose around a pencil of radiation is positive and
falls from its axis outwards at all depths, also between and beyond the measured fields.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hepatica.machine import DepthComponents
from hepatica.machine.measurements import BeamMeasurements
from hepatica.machine.parts import Floats
from hepatica.physics.photon.commission_cone import least_squares_in_cone
from hepatica.physics.photon.commission_rows import Rows
from hepatica.physics.photon.commission_square import square_of_gaussians
from hepatica.physics.photon.depth_dose import depth_factors

SIGMAS_MM = np.array([3.0, 5.0, 8.0, 13.0, 21.0, 34.0, 55.0, 90.0])
"""Each 1.6 times as wide as the one before: narrow as electrons travel, wide as photons scatter."""

CHECKED_DEPTHS_MM = np.array([2, 5, 10, 15, 20, 30, 50, 75, 100, 150, 200, 250, 300, 350, 400.0])

_RIDGE = 2e-5
_SMALL_FACTOR_FIELD_MM = 9.0
# Depths whose error comes near the goal of 0.5 % count more in the next round; of all rounds, the
# one with the smallest largest error is kept.
_ROUNDS = 10
_NEAR_LIMIT = 0.004
_PRESSURE = 1.5
_FWHM_PER_SIGMA = float(np.sqrt(8 * np.log(2)))


@dataclass(frozen=True, eq=False)
class Spread:
    """Lateral components as sums of bell curves in true millimetres at any depth.

    Parameters
    ----------
    sigma_mm : (J,) array, mm
    weight : (K, J) array
    centre_weight : (K,) array
    level : (F,) array
        Model dose where the depth table of each field is 1.
    """

    sigma_mm: Floats
    weight: Floats
    centre_weight: Floats
    level: Floats


def fitted_spread(measured: BeamMeasurements, rows: Rows, depth: DepthComponents) -> Spread:
    """Fit the lateral components to depth doses and output factors together.

    A depth table tells the shape of each field's curve only; its level is free, and is settled by
    the output factors of that field or of its neighbours.

    Parameters
    ----------
    measured : BeamMeasurements
    rows : Rows
    depth : DepthComponents

    Raises
    ------
    Infeasible
        If the least-squares problem does not converge.
    """
    design = np.vstack([_depth_rows(measured, rows, depth), _factor_rows(measured, rows, depth)])
    factor = measured.output_factors.factor
    levels = rows.field_mm.size
    target = np.concatenate([np.zeros(rows.relative.size), factor])
    guess = np.interp(rows.field_mm, measured.output_factors.field_mm, factor)
    weight = np.concatenate([(rows.weight / guess).ravel(), _factor_trust(measured) / factor])
    cone = positive_bells(depth, SIGMAS_MM.size + 1, levels)
    judged = np.r_[rows.judged.ravel(), np.zeros(factor.size, bool)]
    found = []
    for _ in range(_ROUNDS):
        x = _solved(design * weight[:, None], target * weight, cone, levels)
        scale = np.r_[np.tile(x[-levels:], rows.depth_mm.size), factor]
        error = np.abs(design @ x - target) / scale
        found.append((float(error[judged].max()), tuple(x)))
        weight = np.where(judged & (error > _NEAR_LIMIT), _PRESSURE * weight, weight)
    x = np.array(min(found)[1])
    table = x[:-levels].reshape(depth.count, -1)
    return Spread(SIGMAS_MM, table[:, 1:], table[:, 0], x[-levels:])


def _solved(rows: Floats, target: Floats, cone: Floats, levels: int) -> Floats:
    """Weights of all bells, then levels; a light pull towards 0 settles what nothing measures."""
    unknowns = rows.shape[1]
    ridge = np.diag(np.r_[np.full(unknowns - levels, _RIDGE), np.full(levels, 1e-9)])
    stacked = np.vstack([rows, ridge])
    return least_squares_in_cone(stacked, np.r_[target, np.zeros(unknowns)], cone)


def positive_bells(depth: DepthComponents, bells: int, others: int = 0) -> Floats:
    """Rows that give the weight of each bell at each checked depth, from weights per component."""
    factors = depth_factors(depth, CHECKED_DEPTHS_MM)
    blocks = [np.kron(row, np.eye(bells)) for row in factors]
    return np.hstack([np.vstack(blocks), np.zeros((len(blocks) * bells, others))])


def bell_integrals(
    field_mm: Floats, scale: Floats, measured: BeamMeasurements, sigma_mm: Floats
) -> Floats:
    """(P, F, 1 + J): what each square collects of point and bells, at magnifications (P,)."""
    penumbra = measured.penumbra_fwhm_mm / _FWHM_PER_SIGMA
    unique, place = np.unique(np.round(scale, 12), return_inverse=True)
    widths = np.hypot(penumbra, np.r_[0.0, sigma_mm] * unique[:, None])
    fluence = measured.primary_fluence
    table = np.stack([square_of_gaussians(field, widths, fluence) for field in field_mm], axis=1)
    return np.asarray(table[place])


def _depth_rows(measured: BeamMeasurements, rows: Rows, depth: DepthComponents) -> Floats:
    """Model dose minus level times measured value, for each depth and field."""
    scale = measured.sad_mm / rows.distance_mm
    square = bell_integrals(rows.field_mm, scale, measured, SIGMAS_MM)
    model = np.einsum("dk,dfj->dfkj", depth_factors(depth, rows.depth_mm), square)
    model = model.reshape(rows.relative.size, -1)
    level = (rows.relative[:, :, None] * np.eye(rows.field_mm.size)).reshape(rows.relative.size, -1)
    return np.hstack([model, -level])


def _factor_rows(measured: BeamMeasurements, rows: Rows, depth: DepthComponents) -> Floats:
    at = measured.output_factors
    scale = measured.sad_mm / (at.ssd_mm + at.depth_mm)
    square = bell_integrals(at.field_mm, np.array([scale]), measured, SIGMAS_MM)[0]
    model = scale**2 * np.einsum("k,fj->fkj", depth_factors(depth, at.depth_mm), square)
    return np.hstack(
        [model.reshape(at.field_mm.size, -1), np.zeros((at.field_mm.size, rows.field_mm.size))]
    )


def _factor_trust(measured: BeamMeasurements) -> Floats:
    """Output factors of very small fields hang on detectors and leaf settings: they count less."""
    return np.where(measured.output_factors.field_mm >= _SMALL_FACTOR_FIELD_MM, 1.0, 0.3)
