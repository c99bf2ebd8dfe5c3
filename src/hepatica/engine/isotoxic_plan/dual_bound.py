"""Proof of how much better any plan could be: no combination of prices is wrong, only loose.

Add the limits up with prices that are not negative. If no bixel gives the target more than it costs
in organs, then no plan prescribes more than what the limits together are worth. Any prices do; a
small linear programme looks for those with the lowest bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hepatica.engine.isotoxic_plan.tail_cone import FloatArray


@dataclass(frozen=True, eq=False)
class Row:
    """One inequality that every admissible plan fulfils.

        demand * prescription <= worth + gain @ weights

    with the prescription in Gy and weights (bixels,) not negative.
    """

    name: str
    demand: float
    worth: float
    gain: FloatArray


@dataclass(frozen=True, eq=False)
class Bound:
    """An upper bound on the prescription with the prices that prove it.

    Parameters
    ----------
    prescription_gy : Gy
        Infinite where the rows prove nothing.
    prices : (rows,) array
        Per row; Gy of prescription per unit of it.
    weights : (bixels,) array
        The plan that would reach the bound if there were no limits but the rows.
    """

    prescription_gy: float
    prices: FloatArray
    weights: FloatArray


def lowest_bound(rows: Sequence[Row], spare: int) -> Bound:
    """The lowest upper bound on the prescription that combinations of the rows prove.

    Parameters
    ----------
    rows : sequence of Row
    spare : int
        Place of a row whose gains are all negative or zero; it mends what rounding leaves over.

    Returns
    -------
    Bound
        Valid to rounding, whatever the solver's tolerances: its prices are used only after
        every bixel has been checked with them.

    Notes
    -----
    minimise sum(x worth) subject to sum(x demand) = 1, sum(x gain) <= 0, x >= 0.

    Source
    ------
    Weak duality of linear programmes; the linear programme of prices as in Dantzig and Wolfe 1960,
    Oper Res 8:101.
    """
    from scipy.optimize import linprog

    gain = np.array([row.gain for row in rows])
    size = np.maximum(np.abs(gain).max(axis=1), 1e-300)
    size = np.maximum(size, np.array([abs(row.demand) for row in rows]) * 1e-12)
    worth = np.array([row.worth for row in rows])
    demand = np.array([row.demand for row in rows])
    typical = np.maximum(np.abs(gain).max(axis=0), 1e-300)
    result = linprog(
        worth / size,
        A_ub=(gain / size[:, None] / typical).T,
        b_ub=np.zeros(gain.shape[1]),
        A_eq=(demand / size)[None, :],
        b_eq=[1.0],
        method="highs",
    )
    nothing = Bound(np.inf, np.zeros(len(rows)), np.zeros(gain.shape[1]))
    if result.x is None:
        return nothing
    prices = np.maximum(np.asarray(result.x, float), 0.0) / size
    mended = _mended(prices, gain, spare)
    total = float(mended @ demand) if mended is not None else 0.0
    if mended is None or total <= 0:
        return nothing
    weights = np.maximum(-np.asarray(result.ineqlin.marginals, float), 0.0) / typical
    return Bound(float(mended @ worth) / total, mended / total, weights)


def _mended(prices: FloatArray, gain: FloatArray, spare: int) -> FloatArray | None:
    """The prices, with as much more of the spare row as makes every bixel cost what it gives."""
    left = prices @ gain
    over = left > 0
    if not over.any():
        return prices
    cost = -gain[spare]
    if (cost[over] <= 0).any():
        return None
    mended = prices.copy()
    mended[spare] += float((left[over] / cost[over]).max())
    return mended
