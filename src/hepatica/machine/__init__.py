"""THE MACHINE: what is known of a linear accelerator, each number with its source."""

from hepatica.machine.hounsfield import HounsfieldTable
from hepatica.machine.load import default_hounsfield_table, load_machine, machine_names
from hepatica.machine.machine import Machine
from hepatica.machine.parts import (
    Calibration,
    DepthComponents,
    LateralComponents,
    Mlc,
    PrimaryFluence,
    SourcedNumber,
)
from hepatica.machine.resolution import Resolution, default_resolution

__all__ = [
    "Calibration",
    "DepthComponents",
    "HounsfieldTable",
    "LateralComponents",
    "Machine",
    "Mlc",
    "PrimaryFluence",
    "Resolution",
    "SourcedNumber",
    "default_hounsfield_table",
    "default_resolution",
    "load_machine",
    "machine_names",
]
