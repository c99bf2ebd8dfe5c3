"""Attenuation and build-up rates that explain the depth doses of all fields together.

For given rates the best weight of each component in each field is a linear problem, so that only
the rates are searched: first on a coarse lattice of rates, all combinations of it, then by
Gauss-Newton from the best ones. No starting guess, and the same answer every time.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from hepatica.machine import DepthComponents
from hepatica.machine.parts import Floats
from hepatica.physics.photon.commission_rows import Rows
from hepatica.physics.photon.depth_dose import depth_factors

_LATTICE_PER_MM = np.geomspace(0.002, 5.0, 14)
_ATTENUATION_PER_MM = (0.001, 0.008)
_FASTEST_PER_MM = 5.0
_LEAST_RATIO = 1.4
_MOST_RATIO = 50.0
_POLISHED = 3
_MOST_SEARCH_DEPTHS = 60


def fitted_rates(rows: Rows, components: int) -> DepthComponents:
    """Attenuation m and build-up rates beta of the components.

    Two rates differ by a factor of 1.4 at least: closer ones would cancel each other with large
    weights of opposite sign, which costs digits and explains nothing more.

    Parameters
    ----------
    rows : Rows
    components : int
    """
    from scipy.optimize import least_squares

    step = max(1, rows.depth_mm.size // _MOST_SEARCH_DEPTHS)
    lattice = [
        (_misfit(rows, _LATTICE_PER_MM[list(chosen)], step), chosen)
        for chosen in combinations(range(_LATTICE_PER_MM.size), components + 1)
        if _LATTICE_PER_MM[chosen[0]] <= _ATTENUATION_PER_MM[1]
    ]
    lattice.sort()
    ratios = (np.log(_LEAST_RATIO), np.log(_MOST_RATIO))
    low = np.array([np.log(_ATTENUATION_PER_MM[0]), *[ratios[0]] * components])
    high = np.array([np.log(_ATTENUATION_PER_MM[1]), *[ratios[1]] * components])
    found = []
    for _, chosen in lattice[:_POLISHED]:
        logs = np.log(_LATTICE_PER_MM[list(chosen)])
        start = np.clip([logs[0], *np.diff(logs)], low + 1e-3, high - 1e-3)
        best = least_squares(
            lambda p: _residuals(rows, _rates(p), 1).ravel(), start, bounds=(low, high), max_nfev=80
        )
        found.append((float(best.cost), tuple(_rates(best.x))))
    _, rates = min(found)
    return DepthComponents(float(rates[0]), np.array(rates[1:]))


def _rates(logs: Floats) -> Floats:
    """Rising rates from the logarithm of the first and of the ratios that follow."""
    return np.minimum(np.exp(np.cumsum(logs)), _FASTEST_PER_MM)


def _misfit(rows: Rows, rates: Floats, step: int) -> float:
    return float(np.sum(_residuals(rows, rates, step) ** 2))


def _residuals(rows: Rows, rates: Floats, step: int) -> Floats:
    """(D, F) weighted residuals with the best weight of every component in every field.

    Which depths count more than others is the same for all fields, so that one decomposition
    serves all of them.
    """
    per_depth = rows.weight[::step, -1:]
    model = depth_factors(DepthComponents(rates[0], rates[1:]), rows.depth_mm[::step]) * per_depth
    target = rows.relative[::step] * rows.weight[::step]
    basis, _ = np.linalg.qr(model)
    return np.asarray(target - basis @ (basis.T @ target))
