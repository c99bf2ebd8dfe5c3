"""Where segments come from: a fluence taken apart, or the opening that the plan gains most from."""

from __future__ import annotations

import numpy as np

from hepatica.physics.photon.segments.aperture import Floats
from hepatica.physics.photon.segments.exposure import LeafRaster
from hepatica.physics.photon.segments.intervals import BestOpening, best_opening
from hepatica.physics.photon.segments.openings import Openings, reach_mm, tidied

# Levels tried for a new segment, as part of the highest fluence that is left.
_LEVELS = np.linspace(0.15, 1.0, 8)

# Levels tried when a segment is fitted again, as part of its present one.
_AROUND = np.array([0.8, 1.0, 1.25])

_ROUNDS = 8
_SAME_ERROR = 1e-3


def most_wanted(
    raster: LeafRaster, by_weight: Floats, jaws: tuple[str, ...]
) -> tuple[Openings, float]:
    """The opening through which the first MU lower the objective most, with no MU yet.

    Parameters
    ----------
    raster : LeafRaster
    by_weight : (bixels,) array
        Derivative of the objective by the beam's bixel weights.
    jaws : which pairs of jaws the machine has

    Returns
    -------
    openings : Openings
        One segment with 0 MU, or none when no opening lowers the objective.
    price : float
        Derivative of the objective by its MU, without transmission; 0 for none.
    """
    found = _cheapest(raster, raster.overlap.T @ raster.bixels.lattice(by_weight), jaws)
    return _openings(raster, [found], np.zeros(1), jaws), found.price


def taken_apart(
    raster: LeafRaster, weights: Floats, count: int, jaws: tuple[str, ...], soft_mm: float = 0.0
) -> Openings:
    """A few segments whose sum comes close to a fluence, by least squares.

    Parameters
    ----------
    raster : LeafRaster
    weights : (bixels,) array, MU
    count : int
        Most segments.
    jaws : which pairs of jaws the machine has
    soft_mm : float
        Standard deviation of a Gaussian by which the fluence is blurred first. The dose does not
        see its finest detail, and few segments follow a smooth fluence better.

    Returns
    -------
    Openings
        At most ``count`` segments, added one by one and then fitted again in turn until the
        squared error stays; a local minimum, not a proven best.
    """
    wanted = _softened(raster, raster.bixels.lattice(weights), soft_mm)
    found: list[BestOpening] = []
    mu = np.zeros(0)
    for _ in range(count):
        rest = wanted - _sum(raster, found, mu)
        opening = _fitted(raster, rest, _LEVELS * float(rest.max(initial=0.0)), jaws)
        if not opening.price < 0:
            break
        found.append(opening)
        mu = _least_squares(raster, found, wanted)
    error = float(np.sum((wanted - _sum(raster, found, mu)) ** 2))
    for _ in range(_ROUNDS if len(found) > 1 else 0):
        trial, levels = _fitted_again(raster, wanted, found, mu, jaws)
        left = float(np.sum((wanted - _sum(raster, trial, levels)) ** 2))
        if left > error * (1 - _SAME_ERROR):
            break
        found, mu, error = trial, levels, left
    keep = [o for o, level in zip(found, mu, strict=True) if level > 0]
    return _openings(raster, keep, mu[mu > 0], jaws)


def _softened(raster: LeafRaster, wanted: Floats, soft_mm: float) -> Floats:
    if soft_mm <= 0:
        return wanted
    from scipy.ndimage import gaussian_filter

    bixels = raster.bixels
    widths = (soft_mm / bixels.pitch_v_mm, soft_mm / bixels.pitch_u_mm)
    return np.asarray(gaussian_filter(wanted, widths, mode="nearest") * bixels.open)


def _fitted_again(
    raster: LeafRaster, wanted: Floats, found: list[BestOpening], mu: Floats, jaws: tuple[str, ...]
) -> tuple[list[BestOpening], Floats]:
    found, mu = list(found), mu.copy()
    for k in range(len(found)):
        others = mu.copy()
        others[k] = 0.0
        rest = wanted - _sum(raster, found, others)
        level = mu[k] if mu[k] > 0 else float(rest.max()) / 2
        opening = _fitted(raster, rest, _AROUND * level, jaws)
        if opening.price < 0:
            found[k] = opening
            mu = _least_squares(raster, found, wanted)
    return found, mu


def _fitted(raster: LeafRaster, rest: Floats, levels: Floats, jaws: tuple[str, ...]) -> BestOpening:
    gain, size = raster.overlap.T @ rest, raster.overlap.sum(axis=0)[:, None]
    trials = [_cheapest(raster, level**2 * size - 2 * level * gain, jaws) for level in levels]
    return min(trials, key=lambda opening: opening.price)


def _cheapest(raster: LeafRaster, price: Floats, jaws: tuple[str, ...]) -> BestOpening:
    # What no bixel covers has no dose to be judged by, so it stays closed.
    covered = raster.cover >= 0.5
    rows = np.flatnonzero(covered.any(axis=1))
    seen = slice(rows[0], rows[-1] + 1) if rows.size else slice(0, 0)
    blocked = 1.0 + float(np.abs(price).sum())
    price = np.where(covered, price, blocked)[seen]
    mlc = raster.mlc
    closable = mlc.minimum_gap_mm == 0 or "x" in jaws
    found = best_opening(price, raster.edges_u_mm, reach_mm(raster)[:, :, seen], mlc, closable)
    leaves, active = np.zeros((2, mlc.pairs)), np.zeros(mlc.pairs, dtype=bool)
    leaves[:, seen], active[seen] = found.leaf_mm, found.active
    return BestOpening(leaves, active, found.price)


def _patterns(raster: LeafRaster, found: list[BestOpening]) -> Floats:
    # (segments, V, U): which part of each bixel is open.
    tips = np.array([o.leaf_mm for o in found])
    edges = raster.edges_u_mm
    below = np.clip((tips[..., None] - edges[:-1]) / raster.bixels.pitch_u_mm, 0.0, 1.0)
    return np.asarray(raster.overlap @ (below[:, 1] - below[:, 0]))


def _sum(raster: LeafRaster, found: list[BestOpening], mu: Floats) -> Floats:
    if not found:
        return np.zeros(raster.bixels.open.shape)
    return np.asarray(np.tensordot(mu, _patterns(raster, found), axes=1))


def _least_squares(raster: LeafRaster, found: list[BestOpening], wanted: Floats) -> Floats:
    from scipy.optimize import nnls

    columns = _patterns(raster, found).reshape(len(found), -1).T
    return np.asarray(nnls(columns, wanted.ravel())[0])


def _openings(
    raster: LeafRaster, found: list[BestOpening], mu: Floats, jaws: tuple[str, ...]
) -> Openings:
    keep = [k for k, opening in enumerate(found) if opening.active.any()]
    pairs = raster.mlc.pairs
    openings = Openings(
        leaf_mm=np.array([found[k].leaf_mm for k in keep]).reshape(len(keep), 2, pairs),
        active=np.array([found[k].active for k in keep], dtype=bool).reshape(len(keep), pairs),
        meterset_mu=np.asarray(mu)[keep],
        jaws=jaws,
    )
    return tidied(openings, raster.mlc)
