"""Openings as the machine can set them: tips, jaws and monitor units on its own steps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hepatica.machine import Mlc, Resolution
from hepatica.physics.photon.segments.aperture import Aperture, Floats
from hepatica.physics.photon.segments.faults import faults

_SAME_STEP = 1e-6
"""Part of a step by which a number may miss it and still stand on it: the digits of a quotient."""


def placed(aperture: Aperture, mlc: Mlc, resolution: Resolution) -> Aperture:
    """An opening with every tip and jaw on a place that the machine can be set to.

    Tips go to the nearest place. Where that would bring tips too close to each other, every pair is
    opened to the next place outwards instead; nothing is ever set beyond the reach of a leaf. Jaws
    go outwards, so that they cover nothing that the leaves open.

    Parameters
    ----------
    aperture : Aperture
    mlc : Mlc
    resolution : Resolution

    Returns
    -------
    Aperture
        With the monitor units of the first; `faults` says whether it can be delivered.
    """
    step, reach = resolution.leaf_mm, _reach(mlc, resolution.leaf_mm)
    nearest = np.clip(_nearest(aperture.leaf_mm, step), *reach)
    jaws = {
        "jaw_x_mm": _jaws(aperture.jaw_x_mm, resolution.jaw_mm),
        "jaw_y_mm": _jaws(aperture.jaw_y_mm, resolution.jaw_mm),
    }
    found = replace(aperture, leaf_mm=_digits(nearest), **jaws)  # type: ignore[arg-type]
    if aperture.meterset_mu == 0 or not faults(found, mlc):
        return found
    left, right = aperture.leaf_mm
    outwards = np.stack([_down(left, step), _up(right, step)])
    return replace(found, leaf_mm=_digits(np.clip(outwards, *reach)))


def metered(meterset_mu: Floats, resolution: Resolution) -> Floats:
    """Monitor units on the machine's steps, none of them below what was asked.

    Parameters
    ----------
    meterset_mu : (segments,) array, MU
        Of one fraction, as the machine is told them.
    resolution : Resolution

    Returns
    -------
    (segments,) array, MU
        The dose is nowhere below that of the metersets asked for, and above it by less than one
        step of each segment.

    Examples
    --------
    >>> metered(np.array([10.0, 10.01, 9.95]), Resolution(0.1, 0.1, 0.1)).tolist()
    [10.0, 10.1, 10.0]
    """
    return _digits(_up(np.asarray(meterset_mu, dtype=np.float64), resolution.meterset_mu))


def _jaws(jaws: tuple[float, float] | None, step: float) -> tuple[float, float] | None:
    if jaws is None:
        return None
    low, high = np.array(jaws)
    return float(_digits(_down(low, step))), float(_digits(_up(high, step)))


def _reach(mlc: Mlc, step: float) -> tuple[Floats, Floats]:
    """(2, 1) arrays: furthest places on the steps for both banks, negative and positive side."""
    low = np.array([[mlc.minimum_mm], [max(mlc.minimum_mm, -mlc.overtravel_mm)]])
    high = np.array([[min(mlc.maximum_mm, mlc.overtravel_mm)], [mlc.maximum_mm]])
    return _up(low, step), _down(high, step)


def _nearest(values: Floats, step: float) -> Floats:
    # Halves go to the positive side everywhere, so that equal gaps stay equal.
    return np.asarray(np.floor(values / step + 0.5 + _SAME_STEP) * step)


def _up(values: Floats, step: float) -> Floats:
    return np.asarray(np.ceil(values / step - _SAME_STEP) * step)


def _down(values: Floats, step: float) -> Floats:
    return np.asarray(np.floor(values / step + _SAME_STEP) * step)


def _digits(values: Floats) -> Floats:
    """Without the last binary digits of a product, so that 0.3 is written as 0.3."""
    return np.asarray(np.round(values, 6) + 0.0)
