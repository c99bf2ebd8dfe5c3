"""What planning found: the ideal doses, the deliverable plan, and how one led to the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hepatica.case import Case, Plan
from hepatica.engine.evaluation import Evaluation
from hepatica.engine.isotoxic_plan import IsotoxicOptimum, TradeoffPoint
from hepatica.engine.planning.beams import ChosenBeams
from hepatica.engine.planning.machine_steps import Rounding
from hepatica.engine.planning.request import PlanRequest
from hepatica.machine import Machine


@dataclass(frozen=True)
class Delivery:
    """From ideal fluence to segments: what was made, and what it cost.

    Parameters
    ----------
    segments : int
        In all beams together.
    total_mu : float
        Of one fraction.
    ideal_gy, delivered_gy : float
        The highest prescription with the ideal fluence, and with the segments, that keeps the
        risk level, every organ limit and the protocol's maximum.
    ideal_d95_gy, delivered_d95_gy : float
        Dose to 95 % of the PTV around the tumours at the ideal prescription: with the ideal
        fluence, and with the segments before they were scaled.
    limited_by : str
        What keeps the delivered prescription from being higher.
    status : str
        What the search for segments says of itself.
    rounding : Rounding
        What it changed that the machine is set in steps.
    """

    segments: int
    total_mu: float
    ideal_gy: float
    delivered_gy: float
    ideal_d95_gy: float
    delivered_d95_gy: float
    limited_by: str
    status: str
    rounding: Rounding

    @property
    def loss(self) -> float:
        """Part of the dose to 95 % of the PTV that the segments lose."""
        return 1 - self.delivered_d95_gy / self.ideal_d95_gy


@dataclass(frozen=True, eq=False)
class TreatmentPlan:
    """A deliverable plan and everything that was computed on the way.

    ``case`` holds the patient with derived structures and grown targets, this plan and its dose;
    ``evaluation`` is of the dose that the segments deliver.
    """

    case: Case
    plan: Plan
    evaluation: Evaluation
    request: PlanRequest
    machine: Machine
    beams: ChosenBeams
    optimal: IsotoxicOptimum
    published: IsotoxicOptimum
    tradeoff: tuple[TradeoffPoint, ...]
    delivery: Delivery
    warnings: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def gain_gy(self) -> float:
        """How much more the optimal way prescribes than the published one, Gy, ideal fluence."""
        return self.optimal.prescription_gy - self.published.prescription_gy
