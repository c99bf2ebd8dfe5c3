"""Finds the fluence that gives the target its dose and the organs as little as possible."""

from __future__ import annotations

from hepatica.physics.optimise.active import ActiveRows
from hepatica.physics.optimise.eud import GeneralisedEud, LqGeud, Ntcp
from hepatica.physics.optimise.level import Level, OfPrescription
from hepatica.physics.optimise.limits import Kept
from hepatica.physics.optimise.mean import MeanDose
from hepatica.physics.optimise.measure import Evaluation, Measure, Voxels
from hepatica.physics.optimise.operator import DoseOperator, MatrixDose
from hepatica.physics.optimise.options import Options
from hepatica.physics.optimise.overlap import without_overlap
from hepatica.physics.optimise.peak import MaximumDose, VoxelDose
from hepatica.physics.optimise.planner import solve
from hepatica.physics.optimise.problem import Constraint, Goal, Prescription, Problem, Region
from hepatica.physics.optimise.registry import measure_named, measure_names, measure_parameters
from hepatica.physics.optimise.sample import Sample, sample_of
from hepatica.physics.optimise.shell import ConformityShell
from hepatica.physics.optimise.solution import Progress, Residuals, Solution, Status
from hepatica.physics.optimise.squared import SquaredDeviation, SquaredOverdose, SquaredUnderdose
from hepatica.physics.optimise.tail import ConditionalMean, DoseVolumePenalty

__all__ = [
    "ActiveRows",
    "ConditionalMean",
    "ConformityShell",
    "Constraint",
    "DoseOperator",
    "DoseVolumePenalty",
    "Evaluation",
    "GeneralisedEud",
    "Goal",
    "Kept",
    "Level",
    "LqGeud",
    "MatrixDose",
    "MaximumDose",
    "MeanDose",
    "Measure",
    "Ntcp",
    "OfPrescription",
    "Options",
    "Prescription",
    "Problem",
    "Progress",
    "Region",
    "Residuals",
    "Sample",
    "Solution",
    "SquaredDeviation",
    "SquaredOverdose",
    "SquaredUnderdose",
    "Status",
    "VoxelDose",
    "Voxels",
    "measure_named",
    "measure_names",
    "measure_parameters",
    "sample_of",
    "solve",
    "without_overlap",
]
