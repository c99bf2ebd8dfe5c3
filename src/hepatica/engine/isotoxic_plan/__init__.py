"""THE OPTIMUM: the highest dose at a chosen risk, with a proof of how far from it a plan is."""

from hepatica.engine.isotoxic_plan.as_published import plan_as_published
from hepatica.engine.isotoxic_plan.limit_terms import Demand, LimitTerms, TailLimit, tail_limit
from hepatica.engine.isotoxic_plan.optimum import OptimumEffort, solve_optimal
from hepatica.engine.isotoxic_plan.problem import IsotoxicProblem, SoftCeiling, Wishes
from hepatica.engine.isotoxic_plan.proof import ProofEffort
from hepatica.engine.isotoxic_plan.records import IsotoxicOptimum, PublishedStep, TradeoffPoint
from hepatica.engine.isotoxic_plan.search import Effort
from hepatica.engine.isotoxic_plan.settle import LimitState
from hepatica.engine.isotoxic_plan.tradeoff import tradeoff

__all__ = [
    "Demand",
    "Effort",
    "IsotoxicOptimum",
    "IsotoxicProblem",
    "LimitState",
    "LimitTerms",
    "OptimumEffort",
    "ProofEffort",
    "PublishedStep",
    "SoftCeiling",
    "TailLimit",
    "TradeoffPoint",
    "Wishes",
    "plan_as_published",
    "solve_optimal",
    "tail_limit",
    "tradeoff",
]
