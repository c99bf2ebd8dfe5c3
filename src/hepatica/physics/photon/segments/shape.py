"""The openings of a beam as arrays, and the derivative of a number by everything in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hepatica.machine import Mlc
from hepatica.physics.photon.segments.aperture import Aperture, Floats


@dataclass(frozen=True, eq=False)
class Shape:
    """The openings of a beam as arrays, the form in which they are computed with.

    Parameters
    ----------
    leaf_mm : (segments, 2, pairs) array, mm
    jaw_x_mm, jaw_y_mm : (segments, 2) array, mm
        Infinite where there is no jaw.
    meterset_mu : (segments,) array
    """

    leaf_mm: Floats
    jaw_x_mm: Floats
    jaw_y_mm: Floats
    meterset_mu: Floats

    @staticmethod
    def of(apertures: Sequence[Aperture]) -> Shape:
        """The arrays of a beam's apertures."""
        nowhere = (-np.inf, np.inf)
        return Shape(
            leaf_mm=np.array([a.leaf_mm for a in apertures]),
            jaw_x_mm=np.array([a.jaw_x_mm or nowhere for a in apertures]),
            jaw_y_mm=np.array([a.jaw_y_mm or nowhere for a in apertures]),
            meterset_mu=np.array([a.meterset_mu for a in apertures]),
        )

    def opened_mm2(self, mlc: Mlc) -> Floats:
        """(segments,) area that leaves and jaws leave free, in the isocentre plane."""
        lower, upper = self.jaw_x_mm[:, :1], self.jaw_x_mm[:, 1:]
        tips = np.clip(self.leaf_mm, lower[:, None], upper[:, None])
        edges = np.clip(mlc.leaf_boundaries_mm, self.jaw_y_mm[:, :1], self.jaw_y_mm[:, 1:])
        width = np.clip(tips[:, 1] - tips[:, 0], 0.0, None)
        return np.asarray(np.sum(width * np.diff(edges), axis=1))


@dataclass(frozen=True, eq=False)
class ShapeGradient:
    """Derivative of a number by everything that a `Shape` holds, in the same arrays.

    Parameters
    ----------
    leaf_mm : (segments, 2, pairs) array, per mm
    jaw_x_mm : (segments, 2) array, per mm
    meterset_mu : (segments,) array, per MU
    """

    leaf_mm: Floats
    jaw_x_mm: Floats
    meterset_mu: Floats
