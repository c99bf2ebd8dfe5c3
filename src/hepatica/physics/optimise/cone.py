"""Which prices the voxels of a hottest part may carry: none more than its share of the part."""

from __future__ import annotations

import numpy as np

from hepatica.physics.optimise.measure import FloatArray, dot


def onto_tail_cone(wished: FloatArray, share: FloatArray, part: float) -> FloatArray:
    """The nearest prices that a limit on the mean of a tail can have.

    Parameters
    ----------
    wished : (k,) array
        Price per share of the organ; may be negative.
    share : (k,) array
        Share of the organ's volume in each voxel; voxels left out pay nothing.
    part : float
        The tail as a part of the organ.

    Returns
    -------
    (k,) array
        x with 0 <= x <= sum(share x) / part, nearest in the sense of sum(share (x - wished)^2).

    Notes
    -----
    The result is ``clip(wished + raise, 0, ceiling)``. With E(u) the volume-weighted excess of the
    wishes over u, stationarity in the ceiling asks E(u) = part raise at u = ceiling - raise, and
    the tail's size asks E(-raise) = part (u + 2 raise): one rising equation in u.
    """
    if part >= float(share.sum()) * (1 - 1e-12):
        return np.full_like(wished, max(0.0, dot(share, wished) / float(share.sum())))
    if tail_mean(wished, share, part) <= 0:
        return np.zeros_like(wished)
    edge, lift = _edge_and_lift(wished, share, part)
    return np.clip(wished + lift, 0.0, max(edge + lift, 0.0))


def tail_mean(values: FloatArray, share: FloatArray, part: float) -> float:
    """Mean of the largest values that make up a part of the volume."""
    return dot(tail_shares(values, share, part), values) / part


def tail_shares(values: FloatArray, share: FloatArray, part: float) -> FloatArray:
    """(k,) share of each voxel that belongs to the largest part; the last one belongs in part."""
    order = np.argsort(-values, kind="stable")
    before = np.cumsum(share[order]) - share[order]
    taken = np.empty_like(share)
    taken[order] = np.clip(part - before, 0.0, share[order])
    return taken


def _edge_and_lift(wished: FloatArray, share: FloatArray, part: float) -> tuple[float, float]:
    """Root of E(-E(u)/part) - 2 E(u) - part u, which falls in u, by guarded Newton steps."""

    def excess(level: float) -> tuple[float, float]:
        over = wished - level
        above = over > 0
        return dot(share[above], over[above]), float(share[above].sum())

    high = max(float(wished.max()), excess(0.0)[0] / part)
    low, step = -np.inf, max(high, 1e-12)
    edge = high
    for _ in range(_STEPS):
        cut, above = excess(edge)
        paid, paying = excess(-cut / part)
        surplus = paid - 2.0 * cut - part * edge
        if abs(surplus) <= _EXACT * part * step:
            break
        low, high = (edge, high) if surplus > 0 else (low, edge)
        slope = 2.0 * above - part - paying * above / part
        newton = edge - surplus / slope if slope < 0 else low
        if not low < newton < high:
            newton = 0.5 * (low + high) if np.isfinite(low) else edge - step
            step = step if np.isfinite(low) else 2.0 * step
        if high - low <= _EXACT * max(abs(high), step):
            break
        edge = newton
    return edge, excess(edge)[0] / part


_STEPS = 200
_EXACT = 1e-14
