"""What an isotoxic plan is sought for: a dose operator, a patient's regions, the limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hepatica.engine.isotoxic_plan.limit_terms import (
    Demand,
    LimitTerms,
    TailLimit,
    limit_terms,
    tail_limit,
)
from hepatica.engine.isotoxic_plan.liver_gauge import LiverGauge
from hepatica.engine.isotoxic_plan.tail_cone import FloatArray
from hepatica.engine.judge import stated_facts
from hepatica.engine.risk_model import risk_model
from hepatica.errors import Inconsistent, InvalidInput, UsageError
from hepatica.physics.biology import LymanModel
from hepatica.physics.optimise import DoseOperator, Region
from hepatica.protocol import IsotoxicProtocol, Limit, Prescription

COVERAGE = "coverage"


@dataclass(frozen=True, eq=False)
class SoftCeiling:
    """Tissue in which dose above a part of the prescription is unwanted, but not forbidden.

    Parameters
    ----------
    region : Region
    share : (k,) array or number
        Part of the prescription above which dose counts, 0.5 for 50 %.
    """

    region: Region
    share: FloatArray | float

    def __post_init__(self) -> None:
        share = np.broadcast_to(np.asarray(self.share, float), self.region.rows.shape)
        if not (np.isfinite(share).all() and (share >= 0).all()):
            raise InvalidInput(
                f"Soft ceiling of {self.region.name}: parts of the prescription must be finite and "
                "not negative, such as 0.5."
            )
        object.__setattr__(self, "share", np.array(share))


@dataclass(frozen=True)
class Wishes:
    """What else is wanted of a plan, beside its dose, and how much it may cost.

    Parameters
    ----------
    conformity : float
        Weight of the squared dose above the soft ceilings.
    smoothness : float
        Weight of the squared fluence, which makes the plan unique.
    spared_liver : float
        Part of the prescription given up for the same part of liver dose, where something else than
        the liver limits the dose.
    reserve : float
        Part by which every limit is tightened while searching, so that what the search leaves over
        does not break one.
    """

    conformity: float = 0.05
    smoothness: float = 1e-3
    spared_liver: float = 0.02
    reserve: float = 0.002

    def __post_init__(self) -> None:
        for name in ("conformity", "smoothness", "spared_liver", "reserve"):
            if not 0 <= getattr(self, name) < 1:
                raise InvalidInput(
                    f"Wish {name} is {getattr(self, name):g}; it must be at least 0 and below 1."
                )


@dataclass(frozen=True, eq=False)
class IsotoxicProblem:
    """Everything that decides how high the dose can go.

    Parameters
    ----------
    operator : DoseOperator
        Weights (bixels,) to dose (points,), Gy.
    prescription : Prescription
        Of the protocol.
    model : LymanModel
    organ : Region
        Whose risk is held, with all its volume.
    coverage : TailLimit
        Which dose is the prescribed one; held as the mean of the coldest part.
    terms : LimitTerms
    around : tuple of SoftCeiling
    wishes : Wishes
    """

    operator: DoseOperator
    prescription: Prescription
    model: LymanModel
    organ: Region
    coverage: TailLimit
    terms: LimitTerms
    around: tuple[SoftCeiling, ...] = ()
    wishes: Wishes = Wishes()

    @classmethod
    def of(
        cls,
        protocol: IsotoxicProtocol,
        operator: DoseOperator,
        regions: Mapping[str, Region],
        *,
        limits: Sequence[Limit] | None = None,
        facts: Mapping[str, str] | None = None,
        around: Sequence[SoftCeiling] = (),
    ) -> IsotoxicProblem:
        """The problem that a protocol poses for one patient.

        Parameters
        ----------
        protocol : IsotoxicProtocol
        operator : DoseOperator
        regions : mapping of structure name to Region
            With the organ at risk and the covered target; a limit on a structure that is missing
            holds nothing, and the result says so.
        limits : sequence of Limit, optional
            The protocol's limits as the user reads them.
        facts : mapping, optional
            The user's answers to the protocol's questions.
        around : sequence of SoftCeiling, optional

        Raises
        ------
        InvalidInput
            If organ or target is missing, or a hard limit cannot be held.
        Inconsistent
            If a region names points that the operator does not have.
        """
        given = protocol.prescription
        for name in (given.organ, given.covers.structure):
            if name not in regions:
                raise InvalidInput(
                    f"Protocol {protocol.name} needs {name} to find a dose; the regions are "
                    f"{', '.join(sorted(regions)) or 'none'}. Contour it."
                )
        _check_rows(operator, regions)
        answers = stated_facts(protocol, facts or {})
        asked = tuple(protocol.limits if limits is None else limits)
        return cls(
            operator=operator,
            prescription=given,
            model=risk_model(given),
            organ=regions[given.organ],
            coverage=_coverage(given, regions[given.covers.structure]),
            terms=limit_terms(_without_coverage(given, asked), regions, answers),
            around=tuple(around),
        )

    def gauge(self, risk: float) -> LiverGauge:
        """The organ's gauge at one risk level.

        Raises
        ------
        UsageError
            If the risk is no probability.
        """
        if not 0 < risk < 1:
            raise UsageError(f"--risk is {risk:g}; it is a probability such as 0.10.")
        return LiverGauge.at_risk(self.organ, self.model, self.prescription.fractions, risk)

    def with_wishes(self, **wishes: float) -> IsotoxicProblem:
        """The same problem with other wishes."""
        return replace(self, wishes=replace(self.wishes, **wishes))


def _coverage(given: Prescription, target: Region) -> TailLimit:
    """The protocol's statement of which dose is the prescribed one, as a demand of 100 %."""
    metric = replace(given.covers.metric, unit="%")
    return tail_limit(Demand(COVERAGE, metric, 100.0, upper=False), target)


def _without_coverage(given: Prescription, limits: tuple[Limit, ...]) -> tuple[Limit, ...]:
    """The limits without the one that repeats which dose is the prescribed one."""
    return tuple(
        limit
        for limit in limits
        if not (
            limit.structure == given.covers.structure
            and limit.at_least is not None
            and limit.metric.kind == given.covers.metric.kind
            and limit.metric.at == given.covers.metric.at
            and limit.metric.needs_prescription
        )
    )


def _check_rows(operator: DoseOperator, regions: Mapping[str, Region]) -> None:
    for name, region in regions.items():
        if len(region.rows) and int(region.rows.max()) >= operator.points:
            raise Inconsistent(
                f"Region {name} names point {int(region.rows.max())}, but the dose has points 0 to "
                f"{operator.points - 1}. Prepare the dose engine for the same voxels."
            )
