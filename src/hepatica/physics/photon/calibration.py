"""Absolute dose: the factor that turns the model's units into Gy per MU."""

from __future__ import annotations

from hepatica.machine import Machine
from hepatica.physics.photon.square_field import square_field_dose


def dose_scale(machine: Machine) -> float:
    """Gy per MU for a model dose of 1; exactly 1 for a machine without calibration.

    The model is evaluated on the central ray for the square reference field of the calibration,
    with its primary fluence, at the calibration's distance and depth.

    Parameters
    ----------
    machine : Machine
    """
    at = machine.calibration
    if at is None:
        return 1.0
    model = square_field_dose(machine, [at.field_mm], at.ssd_mm, [at.depth_mm])
    return at.cgy_per_mu / 100.0 / float(model[0, 0])
