"""Everything a protocol document must hold beyond its single values."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hepatica.document.text import Tree
from hepatica.protocol.block_checks import (
    amounts_and_heat_are_whole,
    dose_days_fit,
    events_have_a_time,
    measured_numbers_are_whole,
    named_rows_exist,
    phases_add_up,
    rows_are_named_once,
)
from hepatica.protocol.criteria_checks import (
    criteria_are_named_once,
    criteria_have_one_form,
    repeated_facts_say_which,
)
from hepatica.protocol.document import Document, Finding
from hepatica.protocol.dose_checks import (
    binding_limits_can_bind,
    chosen_readings_are_offered,
    doses_fit_the_risk_levels,
    limits_have_one_bound,
    strata_join,
)
from hepatica.protocol.modalities import modality_has_its_parts
from hepatica.protocol.name_checks import (
    conditions_are_asked,
    names_are_unique,
    structures_are_known,
    structures_are_not_circular,
    targets_have_a_margin,
)

RULES: tuple[Callable[[Document], Iterator[Finding]], ...] = (
    modality_has_its_parts,
    names_are_unique,
    structures_are_known,
    structures_are_not_circular,
    targets_have_a_margin,
    strata_join,
    doses_fit_the_risk_levels,
    chosen_readings_are_offered,
    limits_have_one_bound,
    binding_limits_can_bind,
    conditions_are_asked,
    rows_are_named_once,
    phases_add_up,
    measured_numbers_are_whole,
    named_rows_exist,
    amounts_and_heat_are_whole,
    events_have_a_time,
    dose_days_fit,
    criteria_have_one_form,
    criteria_are_named_once,
    repeated_facts_say_which,
)


def check(document: Document, tree: Tree) -> None:
    """Add to the tree every fault that spans more than one value.

    Parameters
    ----------
    document : dict
        The document with its sources filled in; any part of it may be wrong or missing.
    tree : Tree
        Takes the faults.
    """
    for rule in RULES:
        tree.faults.extend(tree.fault(path, message) for path, message in rule(document))
