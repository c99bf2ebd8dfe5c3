"""Every measure that an objective or a limit may name, in one place."""

from __future__ import annotations

import difflib
from dataclasses import fields
from typing import Any, cast

from hepatica.errors import InvalidInput
from hepatica.physics.optimise.eud import GeneralisedEud, LqGeud, Ntcp
from hepatica.physics.optimise.mean import MeanDose
from hepatica.physics.optimise.measure import Measure
from hepatica.physics.optimise.peak import MaximumDose, VoxelDose
from hepatica.physics.optimise.shell import ConformityShell
from hepatica.physics.optimise.squared import SquaredDeviation, SquaredOverdose, SquaredUnderdose
from hepatica.physics.optimise.tail import ConditionalMean, DoseVolumePenalty

MEASURES: tuple[type[Measure], ...] = (
    SquaredDeviation,
    SquaredOverdose,
    SquaredUnderdose,
    MeanDose,
    GeneralisedEud,
    LqGeud,
    Ntcp,
    MaximumDose,
    VoxelDose,
    ConditionalMean,
    DoseVolumePenalty,
    ConformityShell,
)


def measure_names() -> tuple[str, ...]:
    """Names of all measures, in the order in which they are explained."""
    return tuple(measure.name for measure in MEASURES)


def measure_parameters(name: str) -> tuple[str, ...]:
    """What a measure of that name takes."""
    chosen = next(measure for measure in MEASURES if measure.name == name)
    return tuple(field.name for field in fields(cast(Any, chosen)))


def measure_named(name: str, **parameters: Any) -> Measure:
    """The measure of that name with its parameters.

    Raises
    ------
    InvalidInput
        There is none of that name, or a parameter is wrong.
    """
    known = {measure.name: measure for measure in MEASURES}
    if name not in known:
        nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
        raise InvalidInput(
            f"There is no measure called {name!r}. The nearest is {nearest[0]}; "
            f"known are {', '.join(known)}."
        )
    wanted = measure_parameters(name)
    unknown = sorted(set(parameters) - set(wanted))
    if unknown:
        raise InvalidInput(
            f"{name} has no parameter {', '.join(unknown)}; it has {', '.join(wanted) or 'none'}."
        )
    return known[name](**parameters)
