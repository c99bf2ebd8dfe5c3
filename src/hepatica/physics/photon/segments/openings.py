"""The openings of a beam while they are being refined: which leaves take part, how far they go.

Every bound is a box around the present positions, chosen so that *any* positions inside the box can
be delivered: two tips that must keep a distance share the room between them half and half. So no
step of the refinement ever leaves what the machine can do; the next round draws new boxes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hepatica.machine import Mlc
from hepatica.physics.photon.segments.aperture import Aperture, Flags, Floats
from hepatica.physics.photon.segments.exposure import LeafRaster
from hepatica.physics.photon.segments.shape import Shape, ShapeGradient

# A leaf behind a jaw stands at least this far behind it, so that its tip casts no penumbra.
_BEHIND_JAW_MM = 5.0

# A pair that is open by less than this beyond its least gap counts as closed.
_CLOSED_MM = 0.2


@dataclass(frozen=True, eq=False)
class Openings:
    """The segments of one beam, leaf pair by leaf pair.

    Parameters
    ----------
    leaf_mm : (segments, 2, pairs) array, mm
    active : (segments, pairs) bool array
        Pairs that shape the opening; the jaws enclose them. The others are closed.
    meterset_mu : (segments,) array
    jaws : which pairs of jaws the machine has, "x" and "y"
    """

    leaf_mm: Floats
    active: Flags
    meterset_mu: Floats
    jaws: tuple[str, ...] = ("x", "y")

    @property
    def count(self) -> int:
        """How many segments there are."""
        return int(self.meterset_mu.size)

    def shape(self, mlc: Mlc) -> Shape:
        """Leaves and MU with the jaws as the tightest rectangle around the active pairs."""
        wide = np.tile([-np.inf, np.inf], (self.count, 1))
        x = np.stack([self._extreme(0), self._extreme(1)], axis=1) if "x" in self.jaws else wide
        y = wide
        if "y" in self.jaws:
            first = np.argmax(self.active, axis=1)
            last = self.active.shape[1] - np.argmax(self.active[:, ::-1], axis=1)
            y = np.stack([mlc.leaf_boundaries_mm[first], mlc.leaf_boundaries_mm[last]], axis=1)
        return Shape(self.leaf_mm, x, y, self.meterset_mu)

    def chained(self, gradient: ShapeGradient) -> Floats:
        """(segments, 2, pairs) derivative by the leaves, X jaws following the outermost tips."""
        by_leaf = np.where(self.active[:, None, :], gradient.leaf_mm, 0.0)
        if "x" in self.jaws:
            segment = np.arange(self.count)
            for bank in (0, 1):
                by_leaf[segment, bank, self._outermost(bank)] += gradient.jaw_x_mm[:, bank]
        return np.asarray(by_leaf)

    def apertures(self, mlc: Mlc) -> tuple[Aperture, ...]:
        """The same openings as records to deliver."""
        shape = self.shape(mlc)
        return tuple(
            Aperture(
                leaf_mm=self.leaf_mm[s],
                meterset_mu=float(self.meterset_mu[s]),
                jaw_x_mm=_limits(shape.jaw_x_mm[s]) if "x" in self.jaws else None,
                jaw_y_mm=_limits(shape.jaw_y_mm[s]) if "y" in self.jaws else None,
            )
            for s in range(self.count)
        )

    def only(self, keep: Flags) -> Openings:
        """Without the segments that are not to be kept."""
        return replace(
            self,
            leaf_mm=self.leaf_mm[keep],
            active=self.active[keep],
            meterset_mu=self.meterset_mu[keep],
        )

    def joined(self, other: Openings) -> Openings:
        """With the segments of another set behind one's own."""
        return replace(
            self,
            leaf_mm=np.concatenate([self.leaf_mm, other.leaf_mm]),
            active=np.concatenate([self.active, other.active]),
            meterset_mu=np.concatenate([self.meterset_mu, other.meterset_mu]),
        )

    def _outermost(self, bank: int) -> NDArray[np.intp]:
        side = -1.0 if bank else 1.0
        outermost = np.argmin(np.where(self.active, side * self.leaf_mm[:, bank], np.inf), axis=1)
        return np.asarray(outermost)

    def _extreme(self, bank: int) -> Floats:
        found = np.take_along_axis(self.leaf_mm[:, bank], self._outermost(bank)[:, None], axis=1)
        return np.asarray(found[:, 0])


def reach_mm(raster: LeafRaster) -> Floats:
    """How far each leaf tip may go: where it can, and where its opening is covered by bixels.

    Parameters
    ----------
    raster : LeafRaster

    Returns
    -------
    (2, 2, pairs) array, mm
        Lower and upper bound, of bank X1 and X2. Pairs without bixels have a lower bound above
        the upper one.
    """
    mlc = raster.mlc
    covered = raster.cover >= 0.5
    any_column = covered.any(axis=1)
    first = np.argmax(covered, axis=1)
    last = covered.shape[1] - np.argmax(covered[:, ::-1], axis=1)
    low = np.where(any_column, raster.edges_u_mm[first], np.inf)
    high = np.where(any_column, raster.edges_u_mm[last], -np.inf)
    low, high = np.maximum(low, mlc.minimum_mm), np.minimum(high, mlc.maximum_mm)
    lower = np.stack([low, np.maximum(low, -mlc.overtravel_mm)])
    upper = np.stack([np.minimum(high, mlc.overtravel_mm), high])
    return np.stack([lower, upper])


def boxes_mm(openings: Openings, reach: Floats, mlc: Mlc) -> Floats:
    """Bounds around the present positions inside which every choice can be delivered.

    Parameters
    ----------
    openings : Openings
    reach : (2, 2, pairs) array, mm
        From `reach_mm`.
    mlc : Mlc

    Returns
    -------
    (2, segments, 2, pairs) array, mm
        Lower and upper bound of each tip.
    """
    left, right = openings.leaf_mm[:, 0], openings.leaf_mm[:, 1]
    half = mlc.minimum_gap_mm / 2
    most_left, least_right = (left + right) / 2 - half, (left + right) / 2 + half
    if not mlc.interdigitation:
        up, down = slice(1, None), slice(None, -1)
        for own, other in ((up, down), (down, up)):
            middle = (left[:, own] + right[:, other]) / 2
            most_left[:, own] = np.minimum(most_left[:, own], middle - half)
            least_right[:, other] = np.maximum(least_right[:, other], middle + half)
    lower = np.stack(
        [np.broadcast_to(reach[0, 0], left.shape), np.maximum(reach[0, 1], least_right)], 1
    )
    upper = np.stack(
        [np.minimum(reach[1, 0], most_left), np.broadcast_to(reach[1, 1], left.shape)], 1
    )
    return np.stack([np.minimum(lower, openings.leaf_mm), np.maximum(upper, openings.leaf_mm)])


def tidied(openings: Openings, mlc: Mlc) -> Openings:
    """The same with closed pairs out of play and parked where they do no harm.

    Parameters
    ----------
    openings : Openings
    mlc : Mlc

    Returns
    -------
    Openings
        Segments that are closed altogether are gone. A pair beyond the opening stands closed
        behind the Y jaw in the middle of its nearest active pair; a closed pair within it stands
        behind an X jaw where the machine has one and lets neighbours interdigitate, and stays in
        place otherwise.
    """
    width = openings.leaf_mm[:, 1] - openings.leaf_mm[:, 0]
    active = openings.active & (width > mlc.minimum_gap_mm + _CLOSED_MM)
    found = replace(openings, active=active).only(np.asarray(active.any(axis=1)))
    leaves = found.leaf_mm.copy()
    for s in range(found.count):
        _park_outside(leaves[s], found.active[s], mlc)
        if mlc.interdigitation:
            _park_inside(leaves[s], found.active[s], mlc, "x" in found.jaws)
    return replace(found, leaf_mm=leaves)


def _park_outside(leaf_mm: Floats, active: Flags, mlc: Mlc) -> None:
    rows = np.flatnonzero(active)
    for outside, nearest in (
        (slice(None, rows[0]), rows[0]),
        (slice(rows[-1] + 1, None), rows[-1]),
    ):
        _close(leaf_mm, outside, leaf_mm[:, nearest].mean(), mlc)


def _park_inside(leaf_mm: Floats, active: Flags, mlc: Mlc, behind_jaw: bool) -> None:
    rows = np.flatnonzero(active)
    choices = _places_behind(leaf_mm[:, active], mlc) if behind_jaw else []
    for row in range(rows[0], rows[-1]):
        if not active[row]:
            here = float(leaf_mm[:, row].mean())
            _close(leaf_mm, row, min(choices, key=lambda c: abs(c - here), default=here), mlc)


def _places_behind(open_mm: Floats, mlc: Mlc) -> list[float]:
    half = mlc.minimum_gap_mm / 2
    low = float(open_mm[0].min()) - _BEHIND_JAW_MM - half
    high = float(open_mm[1].max()) + _BEHIND_JAW_MM + half
    least = max(mlc.minimum_mm + half, -mlc.overtravel_mm - half)
    most = min(mlc.maximum_mm - half, mlc.overtravel_mm + half)
    return [place for place in (low, high) if least <= place <= most]


def _close(leaf_mm: Floats, rows: slice | int, middle_mm: float, mlc: Mlc) -> None:
    gap = mlc.minimum_gap_mm
    inner = mlc.overtravel_mm + gap / 2
    place = np.clip(middle_mm, -inner, inner)
    leaf_mm[0, rows], leaf_mm[1, rows] = place - gap / 2, place + gap / 2


def _limits(jaw_mm: Floats) -> tuple[float, float]:
    return float(jaw_mm[0]), float(jaw_mm[1])
