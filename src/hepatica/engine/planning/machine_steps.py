"""The plan as the machine can be set to it, and the dose that this changes.

Tips and jaws are put on the machine's steps first. Then monitor units are rounded up, so that the
target keeps its dose, and the plan is judged again: where the little more would break what the
protocol allows, less is prescribed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from hepatica.case import Volume
from hepatica.errors import Infeasible
from hepatica.machine import Machine, Mlc, Resolution, default_resolution
from hepatica.physics.photon.segments import Aperture, metered, placed

Openings = tuple[tuple[Aperture, ...], ...]
"""The segments of every beam."""

_Made = TypeVar("_Made")


@dataclass(frozen=True)
class Rounding:
    """What it changed that the machine is set in steps.

    Parameters
    ----------
    resolution : Resolution
    stated : bool
        Whether the machine document states the steps; otherwise they are the customary ones.
    covering_change_gy : float
        Dose that covers the target: with the rounded plan less before, at one prescription.
    mean_change_gy, largest_change_gy : float
        Mean change in the target, and the largest in size anywhere in the body.
    """

    resolution: Resolution
    stated: bool
    covering_change_gy: float
    mean_change_gy: float
    largest_change_gy: float


def resolution_of(machine: Machine) -> Resolution:
    """The steps of a machine, or the customary ones where its document states none."""
    return machine.resolution or default_resolution()


def on_places(openings: Sequence[Sequence[Aperture]], mlc: Mlc, steps: Resolution) -> Openings:
    """The same segments with tips and jaws on the machine's steps."""
    return tuple(tuple(placed(one, mlc, steps) for one in beam) for beam in openings)


def on_meter(
    openings: Openings, factor: float, fractions: int, steps: Resolution, least_mu: float = 0.0
) -> Openings:
    """Segments with the monitor units of the whole course times a factor, rounded up in a fraction.

    Parameters
    ----------
    openings : with the monitor units of the whole course
    factor : float
    fractions : int
    steps : Resolution
    least_mu : float, MU
        Of a segment in one fraction; one that the factor brings below gets so many.

    Returns
    -------
    Openings
        With the monitor units of the whole course again: those of one fraction, on steps, times
        the fractions.
    """

    def told(beam: Sequence[Aperture]) -> np.ndarray:
        asked = _each(beam) * factor / fractions
        return metered(np.where(asked > 0, np.maximum(asked, least_mu), asked), steps)

    return tuple(
        tuple(
            replace(one, meterset_mu=float(mu) * fractions)
            for one, mu in zip(beam, told(beam), strict=True)
        )
        for beam in openings
    )


def highest_on_steps(
    make: Callable[[float], tuple[_Made, float]], first_gy: float, machine: Machine
) -> _Made:
    """The plan with the highest prescription that its own rounded dose still allows.

    Parameters
    ----------
    make : function of the prescription, Gy
        The rounded plan, and what may be prescribed with its dose distribution, Gy.
    first_gy : float
        Prescription to begin with.
    machine : Machine

    Raises
    ------
    Infeasible
        If the steps are so coarse that nothing can be prescribed.
    """
    prescribed_gy = first_gy
    while prescribed_gy > 0:
        made, allowed_gy = make(prescribed_gy)
        if allowed_gy >= prescribed_gy:
            return made
        prescribed_gy = allowed_gy
    raise Infeasible(
        f"Machine {machine.name} takes monitor units in steps of "
        f"{resolution_of(machine).meterset_mu:g}; rounded to them, no dose keeps what the protocol "
        "allows. Ask for fewer segments or beams, or correct resolution in its document."
    )


def changed_dose(
    before: Volume, after: Volume, target: Volume, machine: Machine, covering_change_gy: float
) -> Rounding:
    """The account of rounding, from two doses of one prescription and the target's coverage."""
    change = np.asarray(after.values, float) - np.asarray(before.values, float)
    share = np.asarray(target.values, float)
    return Rounding(
        resolution_of(machine),
        machine.resolution is not None,
        covering_change_gy,
        float((change * share).sum() / share.sum()),
        float(np.abs(change).max()),
    )


def _each(beam: Sequence[Aperture]) -> np.ndarray:
    return np.array([one.meterset_mu for one in beam], dtype=np.float64)
