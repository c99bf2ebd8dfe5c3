"""Prices on the hottest or coldest part of a structure: which voxels pay, and how much each.

A limit on the mean dose of the hottest 0.5 cc is a limit on every weighted mean dose in which no
voxel weighs more than its share of 0.5 cc. Prices of such a limit therefore form a cone: none is
negative, and none is higher, per cc, than their sum divided by the size of the part.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_WHOLE = 1 - 1e-9
_STEPS = 100
_CLOSE = 1e-13


def inner(one: FloatArray, other: FloatArray) -> float:
    """Sum of products, on this thread: libraries that share it out wait longer than it takes."""
    return float(np.einsum("i,i->", one, other))


def tail_weights(values: FloatArray, cc: FloatArray, tail_cc: float) -> FloatArray:
    """Weights, summing to one, of the mean of the largest values over a part of the volume.

    Parameters
    ----------
    values : (voxels,) array
    cc : (voxels,) array, cc
        Volume of each voxel, above 0.
    tail_cc : cc
        Size of the part; 0 for the single largest value, the whole volume for the mean.

    Returns
    -------
    (voxels,) array

    Source
    ------
    Rockafellar and Uryasev 2000, J Risk 2:21 (conditional value at risk).
    """
    weights = np.zeros(len(values))
    if tail_cc <= 0:
        weights[int(np.argmax(values))] = 1.0
        return weights
    order = np.argsort(-values, kind="stable")
    size = min(tail_cc, float(cc.sum()))
    before = np.cumsum(cc[order]) - cc[order]
    weights[order] = np.clip(size - before, 0.0, cc[order]) / size
    return weights


def tail_mean(values: FloatArray, cc: FloatArray, tail_cc: float) -> float:
    """Mean of the largest values over a part of the volume; see `tail_weights`."""
    return inner(tail_weights(values, cc, tail_cc), values)


def onto_cone(densities: FloatArray, cc: FloatArray, tail_cc: float) -> FloatArray:
    """The nearest admissible prices per cc.

    Parameters
    ----------
    densities : (voxels,) array
        Prices per cc as wished; may be negative.
    cc : (voxels,) array, cc
    tail_cc : cc
        Size of the part: 0 (each voxel by itself) to the whole volume (all alike).

    Returns
    -------
    (voxels,) array
        x with 0 <= x <= sum(cc x) / tail_cc, nearest in the sense of sum(cc (x - wish)^2).
    """
    return Wish(densities, cc, tail_cc).prices(0.0)


class Wish:
    """Prices per cc as wished, all to be raised or lowered by one number, then made admissible.

    The voxels are sorted once; the sum of the prices then costs next to nothing for any number.
    With ``mass_limit`` the sum is also held below it.

    Notes
    -----
    The nearest admissible prices are clip(wish + t, 0, M), where t tail_cc is the amount that the
    common ceiling M cuts off; both follow from one monotone equation in M - t.
    """

    def __init__(
        self, densities: FloatArray, cc: FloatArray, tail_cc: float, mass_limit: float = np.inf
    ) -> None:
        self.densities = densities
        self.tail_cc = tail_cc
        self.mass_limit = mass_limit
        self.total_cc = float(cc.sum())
        self.whole = tail_cc >= self.total_cc * _WHOLE
        self.mean = inner(densities, cc) / self.total_cc if self.whole else 0.0
        self.top = float(densities.max())
        self._cc = cc

    @cached_property
    def _sums(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """The wish in rising order; volume, and volume times wish, from each place upwards."""
        order = np.argsort(self.densities)
        rising, cc = self.densities[order], self._cc[order]
        above_cc = np.append(np.cumsum(cc[::-1])[::-1], 0.0)
        return rising, above_cc, np.append(np.cumsum((cc * rising)[::-1])[::-1], 0.0)

    @cached_property
    def _tail_mean(self) -> float:
        if self.tail_cc <= 0:
            return self.top
        rising, above_cc, _ = self._sums
        cc = above_cc[:-1] - above_cc[1:]
        taken = np.clip(self.tail_cc - above_cc[1:], 0.0, cc)
        return inner(taken, rising) / self.tail_cc

    def prices(self, shift: float) -> FloatArray:
        """(voxels,) array: the admissible prices nearest to the wish plus a number."""
        if self.whole:
            return np.full(len(self.densities), self._mass_of_mean(shift) / self.total_cc)
        raised, ceiling = self._raised_and_ceiling(shift)
        prices: FloatArray = np.clip(self.densities + (shift + raised), 0.0, ceiling)
        return prices

    def mass(self, shift: float) -> float:
        """Their sum over the volume, without the array."""
        if self.whole:
            return self._mass_of_mean(shift)
        raised, ceiling = self._raised_and_ceiling(shift)
        if ceiling == 0:
            return 0.0
        if self.tail_cc > 0:
            return float(self._excess(-shift - raised) - self._cut(ceiling - shift - raised))
        return self._excess(-shift - raised)

    def _mass_of_mean(self, shift: float) -> float:
        return float(np.clip((self.mean + shift) * self.total_cc, 0.0, self.mass_limit))

    def _excess(self, level: float) -> float:
        """Amount of the wish above a level."""
        rising, above_cc, above_sum = self._sums
        at = int(np.searchsorted(rising, level))
        return float(above_sum[at] - level * above_cc[at])

    def _cut(self, level: float) -> float:
        return self._excess(level) if np.isfinite(level) else 0.0

    def _raised_and_ceiling(self, shift: float) -> tuple[float, float]:
        if self.top + shift <= 0 or self._tail_mean + shift <= 0:
            return 0.0, 0.0
        raised, ceiling = self._free(shift)
        if np.isinf(self.mass_limit):
            return raised, ceiling
        cut = 0.0 if np.isinf(ceiling) else self._cut(ceiling - shift - raised)
        if self._excess(-shift - raised) - cut <= self.mass_limit:
            return raised, ceiling
        return self._limited(shift)

    def _free(self, shift: float) -> tuple[float, float]:
        """Without a limit on the sum."""
        if self.tail_cc <= 0:
            return 0.0, np.inf
        tail, top = self.tail_cc, self.top + shift
        if self._excess(-shift) >= tail * top:
            return 0.0, top

        def surplus(u: float) -> float:
            raised = self._excess(u - shift) / tail
            return self._excess(-raised - shift) - 2 * tail * raised - tail * u

        u = _root(surplus, top)
        raised = self._excess(u - shift) / tail
        return raised, max(u + raised, 0.0)

    def _limited(self, shift: float) -> tuple[float, float]:
        """With the sum at its limit, which also fixes the ceiling."""
        ceiling = self.mass_limit / self.tail_cc if self.tail_cc > 0 else np.inf

        def surplus(lowered: float) -> float:
            cut = self._cut(ceiling + lowered - shift)
            return self._excess(lowered - shift) - cut - self.mass_limit

        return -_root(surplus, self.top + shift), ceiling


def _root(falling: object, high: float) -> float:
    """Zero of a falling function that is not above zero at ``high``."""
    from scipy.optimize import brentq

    low, step = high, max(abs(high), 1e-12)
    for _ in range(_STEPS):
        low, step = low - step, 2 * step
        if falling(low) > 0:  # type: ignore[operator]
            return float(brentq(falling, low, high, xtol=_CLOSE * step, rtol=1e-14))
    return high
