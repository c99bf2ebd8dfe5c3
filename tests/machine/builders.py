"""A small machine and its measurements, made from each other so that the truth is known."""

from __future__ import annotations

import numpy as np

from hepatica.machine import Calibration, DepthComponents, Machine, Mlc, PrimaryFluence
from hepatica.machine.gaussians import gaussian_components
from hepatica.machine.measurements import BeamMeasurements, DepthTable, OutputFactors
from hepatica.physics.photon.square_field import square_field_dose

FLUENCE = PrimaryFluence(np.array([0.0, 150.0, 290.0]), np.array([1.0, 1.06, 0.0]))


def machine(**changes: object) -> Machine:
    """Three components with a point and two bells, the same at all distances to the skin."""
    weight = np.array([[0.15, 0.30], [0.10, 0.25], [0.05, -0.04]])
    centre = np.array([0.30, 0.20, 0.25])
    ssd = np.array([500.0, 1200.0])
    numbers: dict[str, object] = {
        "name": "toy",
        "version": "1",
        "energy_mv": 6.0,
        "sad_mm": 1000.0,
        "depth": DepthComponents(0.004, np.array([0.009, 0.03, 0.26])),
        "lateral": gaussian_components(
            ssd, np.array([5.0, 40.0]), np.stack([weight] * 2), np.stack([centre] * 2)
        ),
        "primary_fluence": FLUENCE,
        "penumbra_fwhm_mm": 5.0,
        "mlc": Mlc(np.linspace(-200, 200, 81), -200.0, 200.0, 150.0, 5.0, 0.005, True),
        "calibration": Calibration(1.0, 100.0, 900.0, 100.0),
    }
    return Machine(**(numbers | changes))  # type: ignore[arg-type]


DOCUMENT = """\
document: hepatica/machine
format: 1
name: toy-6mv
title: A toy
version: "1.0"
beam: {source: here, status: verified, energy_mv: 6, sad_mm: 1000, penumbra_fwhm_mm: 5}
depth:
  source: here
  status: verified
  attenuation_per_mm: 0.004
  build_up_per_mm: [0.03, 0.26]
lateral:
  source: here
  status: verified
  ssd_mm: [900, 1000]
  sigma_mm: [5, 40]
  centre_weight: [[0.3, 0.2], [0.3, 0.2]]
  weight: [[[0.2, 0.3], [0.1, 0.2]], [[0.2, 0.3], [0.1, 0.2]]]
primary_fluence: {source: here, status: verified, radius_mm: [0, 200], relative: [1, 1.05]}
mlc:
  source: here
  status: recalled
  note: from memory
  stated:
    - {key: transmission, source: film, status: verified}
  leaves: [{pairs: 10, width_mm: 10}, {pairs: 40, width_mm: 5}, {pairs: 10, width_mm: 10}]
  minimum_mm: -200
  maximum_mm: 200
  overtravel_mm: 150
  minimum_gap_mm: 5
  transmission: 0.005
  interdigitation: false
calibration:
  {source: here, status: recalled, cgy_per_mu: 1, field_mm: 100, ssd_mm: 900, depth_mm: 100}
hounsfield: {source: here, status: recalled, hu: [-1000, 0, 1000], relative_density: [0, 1, 1.6]}
sources:
  - {name: here, citation: this test, licence: MIT}
  - {name: film, citation: a film}
"""

FIELDS = np.array([10.0, 20, 30, 50, 80, 100, 150, 200, 300, 400])
DEPTHS = np.concatenate([np.arange(0.0, 30, 2), np.arange(30.0, 301, 10)])


def measured_on(true: Machine, kind: str = "tpr", ssd_mm: float = 900.0) -> BeamMeasurements:
    """What a perfect detector would find on a machine in water."""
    at = true.sad_mm - DEPTHS if kind == "tpr" else ssd_mm
    dose = square_field_dose(true, FIELDS, at, DEPTHS)
    fields = np.append(FIELDS, 100.0)
    factors = square_field_dose(true, fields, ssd_mm, np.array([100.0]))[0]
    return BeamMeasurements(
        name="toy-6mv",
        title="A toy",
        energy_mv=6.0,
        sad_mm=true.sad_mm,
        penumbra_fwhm_mm=true.penumbra_fwhm_mm,
        depth_dose=DepthTable(
            "tpr" if kind == "tpr" else "pdd",
            FIELDS,
            DEPTHS,
            100 * dose / dose.max(axis=0),
            None if kind == "tpr" else ssd_mm,
        ),
        output_factors=OutputFactors(FIELDS, factors[:-1] / factors[-1], ssd_mm, 100.0),
        primary_fluence=true.primary_fluence,
        source="a perfect detector",
    )
