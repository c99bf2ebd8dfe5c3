"""The cheapest opening is compared with every opening that there is."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hepatica.physics.photon.segments import Aperture, faults
from hepatica.physics.photon.segments.intervals import best_opening
from tests.physics.photon.segments_phantom import leaves

EDGES = np.array([-10.0, -5.0, 0.0, 5.0, 10.0])
PAIRS = 3


def machine(**changes):
    return leaves(leaf_boundaries_mm=np.array([-15.0, -5.0, 5.0, 15.0]), **changes)


def everywhere(pairs: int = PAIRS) -> np.ndarray:
    low, high = np.full((2, pairs), EDGES[0]), np.full((2, pairs), EDGES[-1])
    return np.stack([low, high])


def least_price(price: np.ndarray, mlc, closable: bool) -> float:
    """By trying all: closed pairs (None) are free where they can be closed or end the run."""
    summed = np.concatenate([np.zeros((PAIRS, 1)), np.cumsum(price, axis=1)], axis=1)
    tips = [t for t in itertools.product(range(5), repeat=2) if t[0] <= t[1]]
    wide = [t for t in tips if EDGES[t[1]] - EDGES[t[0]] >= mlc.minimum_gap_mm]
    best = 0.0
    for choice in itertools.product([None, *wide], repeat=PAIRS):
        rows = [p for p in range(PAIRS) if choice[p] is not None]
        run = rows and rows[-1] - rows[0] + 1 == len(rows)
        if not rows or not (run or (closable and mlc.interdigitation)):
            continue
        if not mlc.interdigitation and any(
            EDGES[choice[a][1]] - EDGES[choice[b][0]] < mlc.minimum_gap_mm
            for a, b in [*itertools.pairwise(rows), *itertools.pairwise(rows[::-1])]
        ):
            continue
        best = min(best, sum(summed[p, choice[p][1]] - summed[p, choice[p][0]] for p in rows))
    return best


@pytest.mark.parametrize(
    ("gap_mm", "closable"), [(0.0, True), (5.0, True), (5.0, False), (10.0, True), (10.0, False)]
)
@pytest.mark.parametrize("interdigitation", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_the_opening_is_the_cheapest_of_all(gap_mm, interdigitation, closable, seed) -> None:
    mlc = machine(minimum_gap_mm=gap_mm, interdigitation=interdigitation)
    price = np.random.default_rng(seed).normal(0.2, 1.0, (PAIRS, 4))
    found = best_opening(price, EDGES, everywhere(), mlc, closable)
    assert found.price == pytest.approx(least_price(price, mlc, closable))


@pytest.mark.parametrize("seed", range(6))
def test_the_price_is_that_of_the_positions(seed: int) -> None:
    mlc = machine(minimum_gap_mm=5.0, interdigitation=False)
    price = np.random.default_rng(seed).normal(-0.2, 1.0, (PAIRS, 4))
    found = best_opening(price, EDGES, everywhere(), mlc, closable=False)
    summed = np.concatenate([np.zeros((PAIRS, 1)), np.cumsum(price, axis=1)], axis=1)
    left, right = (np.searchsorted(EDGES, tips) for tips in found.leaf_mm)
    pairs = np.arange(PAIRS)
    assert np.sum(summed[pairs, right] - summed[pairs, left]) == pytest.approx(found.price)


@pytest.mark.parametrize("seed", range(6))
def test_neighbours_keep_their_distance_where_leaves_do_not_interdigitate(seed: int) -> None:
    mlc = machine(interdigitation=False)
    price = np.array([[-1, -1, 1, 1], [1, 1, -1, -1], [-1, -1, 1, 1.0]])
    price += np.random.default_rng(seed).normal(0, 0.1, price.shape)
    found = best_opening(price, EDGES, everywhere(), mlc, closable=True)
    assert found.active.sum() >= 1
    aperture = Aperture(found.leaf_mm, 1.0)
    assert faults(aperture, mlc) == ()


def test_tips_end_where_their_reach_ends() -> None:
    reach = everywhere(1)
    reach[1, :, 0] = (8.0, 3.0)
    found = best_opening(np.full((1, 4), -1.0), EDGES, reach, machine(), closable=True)
    assert found.leaf_mm[:, 0].tolist() == [-10.0, 3.0]
    assert found.price == pytest.approx(-2.6)


def test_a_pair_out_of_reach_stays_closed_between_open_ones() -> None:
    reach = everywhere()
    reach[:, :, 1] = [[np.inf, np.inf], [-np.inf, -np.inf]]
    for interdigitation in (True, False):
        mlc = machine(interdigitation=interdigitation)
        found = best_opening(np.full((PAIRS, 4), -1.0), EDGES, reach, mlc, closable=True)
        assert found.active.tolist() == [True, False, True]
        assert found.price == pytest.approx(-8.0)


def test_nothing_is_opened_that_is_not_worth_it() -> None:
    found = best_opening(np.ones((PAIRS, 4)), EDGES, everywhere(), machine(), closable=True)
    assert found.price == 0.0
    assert not found.active.any()


def test_no_leaf_pairs_open_nothing() -> None:
    mlc = machine(interdigitation=False)
    found = best_opening(np.zeros((0, 4)), EDGES, everywhere(0), mlc, closable=True)
    assert found.price == 0.0
