"""The protocol's limits in a form in which the best plan can be found, and proved to be best.

Every dose-volume limit becomes a limit on the mean dose of the hottest or coldest part of its
structure. That is stricter than the limit as written: the mean of the hottest 0.5 cc is never below
D0.5cc. What is written is judged on the finished plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from hepatica.case.metric import Metric
from hepatica.engine.isotoxic_plan.tail_cone import FloatArray, tail_mean
from hepatica.engine.judge import limit_value
from hepatica.errors import InvalidInput
from hepatica.physics.optimise import Region
from hepatica.protocol import Limit

Side = Literal["hottest", "coldest"]

_COMPLETE = 1 - 1e-6


@dataclass(frozen=True, eq=False)
class TailLimit:
    """A limit on the mean dose of the hottest or coldest part of a structure.

    The hottest part must not be above, the coldest not below, ``limit_gy`` plus ``share`` times the
    prescription.

    Parameters
    ----------
    name : str
        Of the limit in the protocol.
    metric : Metric
        As written.
    region : Region
    side : "hottest" or "coldest"
    tail_cc : cc
        Size of the part: 0 for a single point, the whole volume for the mean.
    limit_gy : Gy
    share : float
        Of the prescription; 1.4 for 140 %.
    """

    name: str
    metric: Metric
    region: Region
    side: Side
    tail_cc: float
    limit_gy: float
    share: float = 0.0

    @property
    def key(self) -> str:
        """What tells one limit from the others."""
        return f"{self.name}: {self.region.name}"

    @property
    def sign(self) -> float:
        """1 where more dose breaks it, -1 where less does."""
        return 1.0 if self.side == "hottest" else -1.0

    @property
    def exact(self) -> bool:
        """Whether it is what is written, and not stricter."""
        return self.tail_cc <= 0 or self.whole

    @property
    def whole(self) -> bool:
        """Whether it is about the mean dose of the whole structure."""
        return self.tail_cc >= self.region.total_cc * _COMPLETE

    @property
    def floor(self) -> bool:
        """Whether it asks for a dose in Gy that a target must receive, whatever is prescribed."""
        return self.side == "coldest" and self.share == 0

    def at_gy(self, prescription_gy: float) -> float:
        """The dose that must not be passed, Gy."""
        return self.limit_gy + self.share * prescription_gy

    def tail_gy(self, dose_gy: FloatArray) -> float:
        """Mean dose of the part, from the (points,) doses of all points."""
        own = self.sign * dose_gy[self.region.rows]
        return self.sign * tail_mean(own, self.region.cc, self.tail_cc)

    def written_gy(self, dose_gy: FloatArray) -> float:
        """The dose that the limit, as written, is about: where the part ends."""
        if self.exact:
            return self.tail_gy(dose_gy)
        own = self.sign * dose_gy[self.region.rows]
        order = np.argsort(-own, kind="stable")
        reached = np.cumsum(self.region.cc[order])
        at = int(np.searchsorted(reached, self.tail_cc * (1 - 1e-9)))
        return float(self.sign * own[order[min(at, len(order) - 1)]])

    def tightened(self, part: float) -> TailLimit:
        """The same limit with a little left, as a part of it."""
        factor = 1.0 - self.sign * part
        return replace(self, limit_gy=self.limit_gy * factor, share=self.share * factor)


@dataclass(frozen=True)
class Demand:
    """A number of a dose-volume curve that must not be passed, from above or from below."""

    name: str
    metric: Metric
    number: float
    upper: bool

    @classmethod
    def of(cls, limit: Limit) -> Demand:
        """What a limit of the protocol demands."""
        return cls(limit.name, limit.metric, limit_value(limit), limit.at_most is not None)

    @property
    def can_be_held(self) -> bool:
        """Whether the doses that fulfil it, or a stricter form of it, are a convex set."""
        kind = self.metric.kind
        return kind != "Volume" and (kind, self.upper) not in (("Max", False), ("Min", True))


def tail_limit(demand: Demand, region: Region) -> TailLimit:
    """A demand on the voxels of its structure.

    Parameters
    ----------
    demand : Demand
    region : Region

    Returns
    -------
    TailLimit
        Never weaker than the demand.

    Raises
    ------
    InvalidInput
        If it asks for a dose to be exceeded somewhere, which no convex problem can hold, or is not
        about dose, or the region lacks voxels that it needs.
    """
    metric = demand.metric
    if not demand.can_be_held:
        raise InvalidInput(
            f"Limit {demand.name}: {metric} at {'most' if demand.upper else 'least'} cannot be "
            "held while a plan is sought. Held are D and DC at a volume, V and CV at a dose, "
            "Median and Mean, Max at most and Min at least. Judge it on the finished plan "
            "(strength: soft, or kind: report), or write it as one of these."
        )
    side: Side = "hottest" if _holds_hottest(demand) else "coldest"
    if float(region.cc.sum()) < region.total_cc * _COMPLETE and (
        side == "coldest" or metric.kind == "Mean"
    ):
        raise InvalidInput(
            f"Limit {demand.name}: {region.cc.sum():.4g} of the {region.total_cc:.4g} cc of "
            f"{region.name} are among the points of the dose; {metric} needs them all."
        )
    level, relative = demand.number, metric.unit == "%"
    if metric.quantity == "volume":
        assert metric.at is not None
        level, relative = metric.at, metric.at_unit == "%"
    gy, share = (0.0, level / 100.0) if relative else (level, 0.0)
    part_cc = min(max(_part_cc(demand, region.total_cc), 0.0), region.total_cc)
    return TailLimit(demand.name, metric, region, side, part_cc, gy, share)


def _holds_hottest(demand: Demand) -> bool:
    """Whether more dose breaks it: a dose at most, a volume below a dose at least."""
    return demand.upper != (demand.metric.kind == "CV")


def _part_cc(demand: Demand, total_cc: float) -> float:
    """Size of the hottest or coldest part that a demand is about."""
    metric = demand.metric
    if metric.kind in ("Mean", "Max", "Min"):
        return total_cc if metric.kind == "Mean" else 0.0
    if metric.quantity == "volume":
        named_cc = demand.number if metric.unit == "cc" else demand.number / 100.0 * total_cc
        return named_cc if demand.upper else total_cc - named_cc
    at, unit = (50.0, "%") if metric.kind == "Median" else (metric.at, metric.at_unit)
    assert at is not None
    named_cc = at if unit == "cc" else at / 100.0 * total_cc
    return named_cc if demand.upper == (metric.kind != "DC") else total_cc - named_cc


@dataclass(frozen=True, eq=False)
class LimitTerms:
    """The limits that hold the plan, those that are only looked at, and those not known."""

    held: tuple[TailLimit, ...]
    watched: tuple[TailLimit, ...]
    unknown: tuple[str, ...]


def limit_terms(
    limits: tuple[Limit, ...], regions: Mapping[str, Region], facts: Mapping[str, str | None]
) -> LimitTerms:
    """The protocol's limits on dose, as far as the patient's structures are known.

    Parameters
    ----------
    limits : tuple of Limit
    regions : mapping of structure to Region
    facts : mapping of fact to answer, None while not known

    Raises
    ------
    InvalidInput
        As for `tail_limit`, for a hard limit.
    """
    held, watched, unknown = [], [], []
    for limit in limits:
        applies = limit.applies(facts)
        if applies is False or limit.kind in ("report", "eligibility"):
            continue
        trouble = _trouble(limit, regions, applies)
        if trouble:
            unknown.append(f"{limit.structure} {limit.metric}: {trouble}; it holds nothing.")
            continue
        demand = Demand.of(limit)
        if limit.strength == "hard" or limit.binds:
            held.append(tail_limit(demand, regions[limit.structure]))
        elif demand.can_be_held:
            watched.append(tail_limit(demand, regions[limit.structure]))
    return LimitTerms(tuple(held), tuple(watched), tuple(unknown))


def _trouble(limit: Limit, regions: Mapping[str, Region], applies: bool | None) -> str:
    """Why nothing can be said about a limit; empty if it can."""
    if applies is None:
        return f"it is not known whether {limit.applies_when}"
    if limit.structure not in regions:
        return "the structure is missing"
    metric, total_cc = limit.metric, regions[limit.structure].total_cc
    if metric.at_unit == "cc" and metric.at is not None and metric.at > total_cc:
        return f"the structure has only {total_cc:.3g} cc"
    return ""
