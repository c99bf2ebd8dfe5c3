"""Photon beams: depth dose, pencil beams and what they are made from."""

from hepatica.physics.photon.beam import PATIENT_POSITIONS, BeamGeometry
from hepatica.physics.photon.bixels import BixelGrid, PhotonBeam, bixels_of
from hepatica.physics.photon.dose_setup import (
    DoseEngine,
    DoseOperator,
    DoseSetup,
    PencilBeamOptions,
)
from hepatica.physics.photon.engines import ENGINE_NAMES, dose_engine, dose_on, stored

__all__ = [
    "ENGINE_NAMES",
    "PATIENT_POSITIONS",
    "BeamGeometry",
    "BixelGrid",
    "DoseEngine",
    "DoseOperator",
    "DoseSetup",
    "PencilBeamOptions",
    "PhotonBeam",
    "bixels_of",
    "dose_engine",
    "dose_on",
    "stored",
]
