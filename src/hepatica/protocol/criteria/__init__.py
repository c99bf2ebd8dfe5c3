"""Conditions on a patient, written as trees and judged on facts of which some are missing."""

from hepatica.protocol.criteria.evaluate import Judgement, LeafJudgement, evaluate
from hepatica.protocol.criteria.facts import FactSource, spoken_fact
from hepatica.protocol.criteria.kleene import Truth
from hepatica.protocol.criteria.rule import Branch, Leaf, leaves_of
from hepatica.protocol.criteria.tree import OPS, Amendment, CriterionTree
from hepatica.protocol.criteria.vocabulary import computed_fields, fact_field, known_facts

__all__ = [
    "OPS",
    "Amendment",
    "Branch",
    "CriterionTree",
    "FactSource",
    "Judgement",
    "Leaf",
    "LeafJudgement",
    "Truth",
    "computed_fields",
    "evaluate",
    "fact_field",
    "known_facts",
    "leaves_of",
    "spoken_fact",
]
