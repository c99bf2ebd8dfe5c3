"""What a single bixel does sideways: a sharp image on the isocentre plane, and a scattered tail.

The lateral components of a machine are a point and a smooth tail. A bixel blurred by the source
(its *edge* profile along u and v) and convolved with them gives

    point:  centre_weight_k  edge(u) edge(v)              exactly separable
    tail:   sum over the lattice of  w_k edge(u - x) edge(v - y)    ~  sum_r left_r(u) right_r(v)

The tail is smooth, so that few separable terms carry it; that is what makes the dose of all bixels
together a handful of small matrix products.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hepatica.machine import Machine

Floats = NDArray[np.float64]
Terms = tuple[Floats, Floats]

# A term of a tail is dropped when it changes no rectangular field by more than this part of a wide
# field's dose (four times this where the term is mirrored into four quarters).
_TOLERANCE = 5e-5
# At 4 sigma an edge has faded to 3e-5.
_EDGE_SIGMAS = 4.0
# No source is sharper than this; the lattices could not show it.
_SHARPEST_MM = 0.5
# Components are sampled at their own spacing up to here, and at the coarser one beyond.
_NEAR_MM = 40.0
_FAR_PITCH_MM = 2.0


@dataclass(frozen=True, eq=False)
class Edge:
    """Profile of a bixel blurred by the source, along one axis of the isocentre plane.

    Parameters
    ----------
    pitch_mm : float
        Width of the bixel.
    sigma_mm : float
        Of the source's Gaussian.
    shift_mm : float
        By how much the field is moved.
    """

    pitch_mm: float
    sigma_mm: float
    shift_mm: float = 0.0

    @property
    def reach_mm(self) -> float:
        """Distance from the bixel's centre beyond which the profile is zero."""
        return self.pitch_mm / 2 + _EDGE_SIGMAS * self.sigma_mm + abs(self.shift_mm)

    def at(self, offset_mm: Floats) -> Floats:
        """Profile at distances from the bixel's centre; 1 in the middle of a wide bixel."""
        from scipy.special import ndtr

        x = np.asarray(offset_mm) - self.shift_mm
        low, high = x - self.pitch_mm / 2, x + self.pitch_mm / 2
        return np.asarray(ndtr(high / self.sigma_mm) - ndtr(low / self.sigma_mm))


@dataclass(frozen=True, eq=False)
class Components:
    """Lateral components of a machine at one distance from source to skin, as weights of points.

    Parameters
    ----------
    centre : (K,) array
        Weight of the point in the middle.
    places_mm : (N,) array
        Places along one axis, from the middle outwards.
    tail : (K, N, N) array
        Weights at one quarter of the places in the plane.
    """

    centre: Floats
    places_mm: Floats
    tail: Floats

    @property
    def wide_field(self) -> float:
        """Sum over the components of what a very wide field gives in its middle, without signs."""
        mirrored = np.where(self.places_mm > 0, 2.0, 1.0)
        sums = (self.tail * mirrored * mirrored[:, None]).sum(axis=(1, 2))
        return float(np.abs(self.centre + sums).sum())

    @property
    def reach_mm(self) -> float:
        """Distance to which the tails reach."""
        return float(self.places_mm[-1])


def components_at(machine: Machine, ssd_mm: float, nearest: bool = False) -> Components:
    """The lateral components for a distance to the skin.

    Near the middle they are sampled where they were when they were made, because there the sum over
    the samples is the calibration; further out, where they are smooth, samples stand for more.

    Parameters
    ----------
    machine : Machine
    ssd_mm : float
    nearest : bool
        Take the nearest tabled distance instead of interpolating.
    """
    lateral = machine.lateral
    if nearest:
        ssd_mm = float(lateral.ssd_mm[np.argmin(np.abs(lateral.ssd_mm - ssd_mm))])
    tail, centre = lateral.at(ssd_mm)
    pitch, furthest = machine.kernel_pitch_mm, float(lateral.radius_mm[-1])
    near = np.arange(int(np.ceil(min(_NEAR_MM, furthest) / pitch)) + 1) * pitch
    size = max(_FAR_PITCH_MM, pitch)
    far = np.arange(near[-1] + (pitch + size) / 2, furthest + size, size)
    places = np.concatenate([near, far])
    widths = np.where(np.arange(len(places)) < len(near), pitch, size)
    radius = np.hypot(places[:, None], places)
    area = widths[:, None] * widths
    weights = [np.interp(radius, lateral.radius_mm, row, right=0.0) * area for row in tail]
    return Components(np.array(centre), places, np.stack(weights))


def penumbra_sigma_mm(machine: Machine) -> float:
    """Standard deviation of the source's Gaussian in the isocentre plane, mm, at least 0.5."""
    return max(float(machine.penumbra_fwhm_mm / np.sqrt(8 * np.log(2))), _SHARPEST_MM)


def tail_terms(
    components: Components,
    edges: tuple[Edge, Edge],
    steps_mm: tuple[float, float],
    counts: tuple[int, int],
    cutoff_mm: float | None = None,
) -> list[Terms]:
    """Separable terms of each component's tail for one bixel.

    Parameters
    ----------
    components : Components
    edges : profiles along u and v
    steps_mm, counts : along u and v
        The terms are given at the offsets ``step * (-count ... count)`` from the bixel's centre.
    cutoff_mm : float or None
        Beyond it the tail is zero.

    Returns
    -------
    terms : for each component, left (2 count_u + 1, R) and right (2 count_v + 1, R)
        The tail at offset (u, v) is the sum over R of left[u] right[v].
    """
    axes = [_offsets(*axis) for axis in zip(edges, steps_mm, counts, strict=True)]
    blurs = [_folded(e, o, components) for e, o in zip(edges, axes, strict=True)]
    bixels_per_step = steps_mm[0] * steps_mm[1] / (edges[0].pitch_mm * edges[1].pitch_mm)
    found = []
    for tail in components.tail:
        image = _product(_product(blurs[0], tail), np.ascontiguousarray(blurs[1].T))
        if cutoff_mm is not None:
            image[np.hypot(axes[0][:, None], axes[1]) > cutoff_mm] = 0.0
        left, right = separated(image, _TOLERANCE * components.wide_field / bixels_per_step)
        found.append((_whole(left, axes[0]), _whole(right, axes[1])))
    return found


def separated(image: Floats, limit: float) -> Terms:
    """Leading terms of a matrix: ``image ~ left @ right.T``.

    Parameters
    ----------
    image : (N, M) array
    limit : float
        A term is dropped if its sum over no rectangle of entries exceeds this.

    Returns
    -------
    left (N, R), right (M, R)
    """
    left, right = _crosses(image, limit / (10 * max(image.shape)))
    basis_left, core_left = np.linalg.qr(left)
    basis_right, core_right = np.linalg.qr(right)
    turn_left, values, turn_right = np.linalg.svd(core_left @ core_right.T)
    root = np.sqrt(values)
    left, right = basis_left @ turn_left * root, basis_right @ turn_right.T * root
    kept = _greatest_run(left) * _greatest_run(right) > limit
    kept[0] = True
    return left[:, kept], right[:, kept]


def _product(a: Floats, b: Floats) -> Floats:
    from hepatica.physics.photon.product_kernels import multiply

    out = np.empty((a.shape[0], b.shape[1]))
    multiply(a, b, out)
    return out


def _greatest_run(columns: Floats) -> Floats:
    """Greatest sum, without its sign, of neighbouring entries in each column."""
    sums = np.concatenate([np.zeros((1, columns.shape[1])), np.cumsum(columns, axis=0)])
    return np.asarray(sums.max(axis=0) - sums.min(axis=0))


def _crosses(image: Floats, least: float) -> Terms:
    """Terms that take one row and column after the other off a matrix, the largest entry first.

    Cross approximation with full pivoting (Bebendorf, Numer Math 86:565, 2000); much quicker than a
    full decomposition where few terms are needed.
    """
    rest = image.copy()
    columns: list[Floats] = []
    rows: list[Floats] = []
    while len(rows) < min(image.shape):
        i, j = divmod(int(np.argmax(np.abs(rest))), image.shape[1])
        if rows and abs(rest[i, j]) <= least:
            break
        columns.append(rest[:, j] / (rest[i, j] or 1.0))
        rows.append(rest[i].copy())
        rest -= columns[-1][:, None] * rows[-1]
    return np.stack(columns, axis=1), np.stack(rows, axis=1)


def _offsets(edge: Edge, step_mm: float, count: int) -> Floats:
    """From the middle outwards; on both sides only where a shift makes them differ."""
    first = -count if edge.shift_mm else 0
    return np.asarray(np.arange(first, count + 1) * step_mm, dtype=float)


def _whole(half: Floats, offsets: Floats) -> Floats:
    return half if offsets[0] < 0 else np.concatenate([half[:0:-1], half])


def _folded(edge: Edge, offsets: Floats, components: Components) -> Floats:
    """(offsets, N) edge profiles summed over the two mirrored halves of the components' lattice."""
    x = components.places_mm
    near, far = edge.at(offsets[:, None] - x), edge.at(offsets[:, None] + x)
    far[:, 0] = 0.0
    return np.asarray(near + far)
