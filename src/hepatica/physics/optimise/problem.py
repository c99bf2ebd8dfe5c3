"""What is to be planned: the regions, the goals among them, and the limits never broken."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from hepatica.errors import Inconsistent, InvalidInput
from hepatica.physics.optimise.level import Level, OfPrescription, checked_level
from hepatica.physics.optimise.measure import FloatArray, Measure, Voxels, checked_volumes
from hepatica.physics.optimise.operator import DoseOperator
from hepatica.physics.optimise.peak import VoxelDose

IndexArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Region:
    """Some points of the dose, with the volume that each stands for.

    Parameters
    ----------
    name : str
    rows : (k,) int array
        Places of its points in the operator's dose, each once.
    cc : (k,) array, cc
        Volumes; a voxel partly inside carries a part of its volume.
    total_cc : float, cc
        Volume of the whole region, where `rows` hold a part of it; the sum of `cc` otherwise.

    Raises
    ------
    InvalidInput, Inconsistent
        It has no points, a point twice, or volumes that cannot be.
    """

    name: str
    rows: IndexArray
    cc: FloatArray
    total_cc: float = 0.0

    def __post_init__(self) -> None:
        rows = np.array(self.rows, dtype=np.int64).reshape(-1)
        cc = np.array(np.broadcast_to(np.asarray(self.cc, dtype=np.float64), rows.shape))
        found = checked_volumes(cc, self.name) if rows.size or not self.total_cc else 0.0
        if rows.size and _repeated(rows):
            raise InvalidInput(
                f"Region {self.name} lists a point twice; give each point once, with its volume."
            )
        if self.total_cc and self.total_cc < found * (1 - 1e-9):
            raise Inconsistent(
                f"Region {self.name} is said to hold {self.total_cc:g} cc, but its points hold "
                f"{found:g} cc; the total cannot be less."
            )
        for name, array in (("rows", rows), ("cc", cc)):
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        object.__setattr__(self, "total_cc", float(self.total_cc or found))

    @cached_property
    def voxels(self) -> Voxels:
        """The volumes as a measure takes them."""
        return Voxels(cc=self.cc, total_cc=self.total_cc)


@dataclass(frozen=True, eq=False)
class Goal:
    """Something wanted as small as possible: priority times measure is added to the objective.

    Parameters
    ----------
    region : Region
    measure : Measure
    priority : float
        Weight in the sum, per unit of the measure. Negative where more is better, as for the mean
        of a target's coldest part.

    Raises
    ------
    InvalidInput
        The priority is 0 or not finite, or the measure is of single voxels.
    """

    region: Region
    measure: Measure
    priority: float = 1.0

    def __post_init__(self) -> None:
        if not math.isfinite(self.priority) or self.priority == 0:
            raise InvalidInput(
                f"The goal {self.measure.name} of {self.region.name} has priority "
                f"{self.priority:g}; it must be finite and not 0. Leave the goal out instead."
            )
        if isinstance(self.measure, VoxelDose):
            raise InvalidInput(
                f"The goal of {self.region.name} is {self.measure.name}, which has a value per "
                "voxel and serves limits only. Use maximum_dose as a goal."
            )

    @property
    def convex(self) -> bool:
        """Whether an optimum of it is never a local one."""
        wanted = "convex" if self.priority > 0 else "concave"
        return self.measure.curvature in ("linear", wanted)


@dataclass(frozen=True, eq=False)
class Constraint:
    """A limit that the plan must keep.

    Parameters
    ----------
    region : Region
    measure : Measure
    at_most, at_least : number in the measure's unit, or OfPrescription
        Exactly one of the two. For `VoxelDose` it holds for every voxel.
    tolerance : float, in the measure's unit
        A violation up to this counts as kept; by default a thousandth of the limit.

    Raises
    ------
    InvalidInput
        Not exactly one limit is given, or a number cannot be used.
    """

    region: Region
    measure: Measure
    at_most: Level | None = None
    at_least: Level | None = None
    tolerance: float | None = None

    def __post_init__(self) -> None:
        if (self.at_most is None) == (self.at_least is None):
            raise InvalidInput(
                f"The limit on {self.measure.name} of {self.region.name} needs either at_most "
                f"(now {self.at_most}) or at_least (now {self.at_least}), and not both."
            )
        checked_level(self.limit, f"limit on {self.measure.name} of {self.region.name}")
        if self.tolerance is not None and not 0 < self.tolerance < math.inf:
            raise InvalidInput(
                f"The tolerance of the limit on {self.measure.name} of {self.region.name} is "
                f"{self.tolerance:g}; it must be a finite number above 0."
            )

    @property
    def limit(self) -> Level:
        """The number that must be kept."""
        level = self.at_most if self.at_most is not None else self.at_least
        assert level is not None
        return level

    @property
    def sign(self) -> float:
        """1 for at most, -1 for at least: sign times (value - limit) must not be above 0."""
        return 1.0 if self.at_most is not None else -1.0

    @property
    def convex(self) -> bool:
        """Whether the doses that keep it form a convex set."""
        wanted = "convex" if self.at_most is not None else "concave"
        return isinstance(self.measure, VoxelDose) or self.measure.curvature in ("linear", wanted)

    @property
    def words(self) -> str:
        """Such as ``mean_dose of LIVER at most 15``."""
        side = "at most" if self.at_most is not None else "at least"
        level = self.limit
        if isinstance(level, OfPrescription):
            text = f"{100 * level.fraction:g} % of the prescription"
            text += f" {level.plus_gy:+g} Gy" if level.plus_gy else ""
        else:
            text = f"{level:g}"
        return f"{self.measure.name} of {self.region.name} {side} {text}"


@dataclass(frozen=True)
class Prescription:
    """The prescribed dose as an unknown: the higher, the better.

    Parameters
    ----------
    start_gy, lowest_gy, highest_gy : float, Gy
    reward : float, objective per Gy
        Taken off the objective for each Gy prescribed; 0 where goals alone decide.

    Raises
    ------
    InvalidInput
        The three doses are not in order, or the reward is negative.
    """

    start_gy: float
    lowest_gy: float
    highest_gy: float
    reward: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.lowest_gy <= self.start_gy <= self.highest_gy < math.inf:
            raise InvalidInput(
                f"The prescription is sought from {self.lowest_gy:g} to {self.highest_gy:g} Gy, "
                f"starting at {self.start_gy:g} Gy; these must be finite, from 0, and in order."
            )
        if not 0 <= self.reward < math.inf:
            raise InvalidInput(
                f"The reward per Gy prescribed is {self.reward:g}; it must be finite and not "
                "negative."
            )


@dataclass(frozen=True, eq=False)
class Problem:
    """Find the weights, and where asked the prescription, that serve the goals within the limits.

    Parameters
    ----------
    operator : DoseOperator
    goals : tuple of Goal
    constraints : tuple of Constraint
    start : (bixels,) array, optional
        Weights to start from; none by default.
    upper : number or (bixels,) array
        No weight may be above it; no weight is ever below 0.
    prescription : Prescription, optional

    Raises
    ------
    InvalidInput, Inconsistent
        There is nothing to optimise, or sizes do not fit.
    """

    operator: DoseOperator
    goals: tuple[Goal, ...]
    constraints: tuple[Constraint, ...] = ()
    start: FloatArray | None = None
    upper: FloatArray | float = math.inf
    prescription: Prescription | None = None

    def __post_init__(self) -> None:
        if not self.goals and not (self.prescription and self.prescription.reward):
            raise InvalidInput(
                "The problem has no goal. Give at least one, or a prescription with a reward."
            )
        for region in self.regions:
            highest = int(region.rows.max(initial=-1))
            lowest = int(region.rows.min(initial=0))
            if highest >= self.operator.points or lowest < 0:
                raise Inconsistent(
                    f"Region {region.name} names the points {lowest} to {highest}, but the "
                    f"dose has points 0 to {self.operator.points - 1}."
                )
        for what, given in (("start", self.start), ("upper bound", self.upper)):
            self._check_weights(what, given)

    @property
    def convex(self) -> bool:
        """Whether every goal and limit is convex, so that an optimum is the optimum."""
        parts: tuple[Goal | Constraint, ...] = (*self.goals, *self.constraints)
        return all(part.convex for part in parts)

    @property
    def regions(self) -> tuple[Region, ...]:
        """Of each goal, then of each limit; the same one may come again."""
        return tuple(goal.region for goal in self.goals) + tuple(
            limit.region for limit in self.constraints
        )

    @property
    def measures(self) -> tuple[Measure, ...]:
        """Of each goal, then of each limit."""
        return tuple(goal.measure for goal in self.goals) + tuple(
            limit.measure for limit in self.constraints
        )

    @cached_property
    def start_weights(self) -> FloatArray:
        """(bixels,) array to start from, within the bounds."""
        bixels = self.operator.bixels
        start = np.zeros(bixels) if self.start is None else np.asarray(self.start, np.float64)
        return np.clip(start, 0.0, self.upper_weights)

    @cached_property
    def upper_weights(self) -> FloatArray:
        """(bixels,) array of upper bounds, infinite where there is none."""
        bixels = self.operator.bixels
        return np.array(np.broadcast_to(np.asarray(self.upper, np.float64), (bixels,)))

    def _check_weights(self, what: str, given: FloatArray | float | None) -> None:
        if given is None:
            return
        values = np.asarray(given, dtype=np.float64)
        if values.ndim and values.shape != (self.operator.bixels,):
            raise Inconsistent(
                f"The {what} has shape {values.shape}; there are {self.operator.bixels} bixels."
            )
        if np.isnan(values).any() or (values < 0).any():
            raise InvalidInput(
                f"The {what} holds weights below 0 or not numbers; a bixel cannot take dose away."
            )


def _repeated(rows: IndexArray) -> bool:
    """Whether a number comes twice; rising rows, the usual case, are seen at a glance."""
    if bool((np.diff(rows) > 0).all()):
        return False
    ordered = np.sort(rows)
    return bool((np.diff(ordered) == 0).any())
