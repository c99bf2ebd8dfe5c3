"""The best opening for given prices: one interval per leaf pair, as the machine allows.

Each cell under a leaf pair has a price, negative where radiation is wanted. The cheapest opening on
the lattice is found exactly: per pair the interval of least price, over neighbouring pairs by
dynamic programming when leaves must not interdigitate or closed pairs still leave a gap.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hepatica.machine import Mlc
from hepatica.physics.photon.segments.aperture import SAME_MM, Flags, Floats

Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class BestOpening:
    """The cheapest opening.

    Parameters
    ----------
    leaf_mm : (2, pairs) array, mm
        Positions of the pairs of the opening; zeros elsewhere.
    active : (pairs,) bool array
        Pairs that are open.
    price : float
        Sum over all that is open; 0 when nothing is worth opening.
    """

    leaf_mm: Floats
    active: Flags
    price: float


@dataclass(frozen=True, eq=False)
class _Row:
    # Prices (n, n) of the intervals of one pair, by the index of left and right tip.
    price: Floats
    left_mm: Floats
    right_mm: Floats


@dataclass(frozen=True, eq=False)
class _Link:
    # A row with everything cheaper that may stand before it: total price of the run up to here.
    row: _Row
    total: Floats
    # Least total over left tips before a and right tips from b on; unused with interdigitation.
    least: Floats


def best_opening(
    price: Floats, edges_mm: Floats, reach: Floats, mlc: Mlc, closable: bool
) -> BestOpening:
    """The deliverable opening of least price on the lattice.

    Parameters
    ----------
    price : (pairs, U) array
        Price of opening each cell entirely; negative: worth it.
    edges_mm : (U + 1,) array, mm
        Edges of the cells along the leaves' travel; tips stand on them, or at the end of reach.
    reach : (2, 2, pairs) array, mm
        Lower and upper bound, of bank X1 and X2.
    mlc : Mlc
    closable : bool
        Whether a pair within the opening can be closed without leaving its least gap in the
        field (behind a jaw, or because the gap is 0).

    Returns
    -------
    BestOpening

    Source
    ------
    Romeijn, Ahuja, Dempsey, Kumar, SIAM J Optim 15:838 (2005): pricing an aperture as a shortest
    path over leaf pairs; here with running minima, so that a pair costs U^2.
    """
    if mlc.interdigitation and closable:
        return _pair_by_pair(price, edges_mm, reach, mlc)
    links: list[_Link] = []
    for row in _rows(price, edges_mm, reach, mlc.minimum_gap_mm):
        links.append(_link(row, links[-1] if links else None, mlc))
    leaves, active = np.zeros((2, len(price))), np.zeros(len(price), dtype=bool)
    ends = [float(link.total.min()) for link in links]
    if not min(ends, default=0.0) < 0:
        return BestOpening(leaves, active, 0.0)
    for pair, tips in _traced(links, int(np.argmin(ends)), mlc):
        leaves[:, pair] = tips
        active[pair] = tips[1] - tips[0] > mlc.minimum_gap_mm + SAME_MM
    return BestOpening(leaves, active, min(ends))


def _pair_by_pair(price: Floats, edges_mm: Floats, reach: Floats, mlc: Mlc) -> BestOpening:
    leaves, active = np.zeros((2, len(price))), np.zeros(len(price), dtype=bool)
    total = 0.0
    for p, row in enumerate(_rows(price, edges_mm, reach, mlc.minimum_gap_mm)):
        left, right = np.unravel_index(int(np.argmin(row.price)), row.price.shape)
        if row.price[left, right] < 0:
            total += float(row.price[left, right])
            leaves[:, p] = row.left_mm[left], row.right_mm[right]
            active[p] = leaves[1, p] - leaves[0, p] > mlc.minimum_gap_mm + SAME_MM
    return BestOpening(leaves, active, total)


def _rows(price: Floats, edges_mm: Floats, reach: Floats, gap_mm: float) -> list[_Row]:
    low, high = reach
    blocked = (low > high).any(axis=0)
    tips = np.clip(edges_mm, low[..., None], high[..., None])
    left, right = np.where(blocked[:, None], edges_mm, tips)
    summed = np.pad(np.cumsum(price, axis=1), ((0, 0), (1, 0)))
    sums = _between(summed, right, edges_mm)[:, None] - _between(summed, left, edges_mm)[..., None]
    width = right[:, None] - left[..., None]
    possible = (width >= gap_mm - SAME_MM) & ~(blocked[:, None, None] & (width > SAME_MM))
    sums[~possible] = np.inf
    return [_Row(*row) for row in zip(sums, left, right, strict=True)]


def _between(summed: Floats, place_mm: Floats, edges_mm: Floats) -> Floats:
    # (pairs, n): the running price of each pair at places between the edges, which are even.
    last = len(edges_mm) - 1
    cell = (place_mm - edges_mm[0]) * (last / (edges_mm[-1] - edges_mm[0]))
    before = np.clip(cell.astype(np.intp), 0, last - 1)
    below = np.take_along_axis(summed, before, axis=1)
    above = np.take_along_axis(summed, before + 1, axis=1)
    return np.asarray(below + np.clip(cell - before, 0.0, 1.0) * (above - below))


def _link(row: _Row, before: _Link | None, mlc: Mlc) -> _Link:
    total = row.price
    if before is not None and mlc.interdigitation:
        total = total + min(float(before.total.min()), 0.0)
    elif before is not None:
        a, b = _beside(before.row, row, mlc)
        total = total + np.minimum(before.least[a[None, :], b[:, None]], 0.0)
    return _Link(row, total, total if mlc.interdigitation else _running_least(total))


def _running_least(total: Floats) -> Floats:
    # (n + 1, n + 1): least total over left tips before a and right tips from b on.
    least = np.full((total.shape[0] + 1, total.shape[1] + 1), np.inf)
    least[1:, :-1] = np.minimum.accumulate(total, axis=0)
    least[:, :-1] = np.minimum.accumulate(least[:, -2::-1], axis=1)[:, ::-1]
    return least


def _beside(before: _Row, row: _Row, mlc: Mlc) -> tuple[Indices, Indices]:
    # Of the pair before: how many left tips may stand beside each right tip of this pair (n,), and
    # from which right tip on each left tip of this pair may stand (n,).
    gap = mlc.minimum_gap_mm - SAME_MM
    return (
        np.searchsorted(before.left_mm, row.right_mm - gap, side="right"),
        np.searchsorted(before.right_mm, row.left_mm + gap, side="left"),
    )


def _traced(links: list[_Link], last: int, mlc: Mlc) -> Iterator[tuple[int, tuple[float, float]]]:
    allowed = links[last].total
    for pair in range(last, -1, -1):
        row = links[pair].row
        left, right = np.unravel_index(int(np.argmin(allowed)), allowed.shape)
        yield pair, (float(row.left_mm[left]), float(row.right_mm[right]))
        if pair == 0:
            return
        before = links[pair - 1]
        allowed = before.total
        if not mlc.interdigitation:
            a, b = _beside(before.row, row, mlc)
            allowed = np.full(before.total.shape, np.inf)
            allowed[: a[right], b[left] :] = before.total[: a[right], b[left] :]
        if not allowed.min() < 0:
            return
