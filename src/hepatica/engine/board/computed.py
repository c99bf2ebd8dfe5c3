"""Numbers that other rooms compute for this patient, each on the rows of the therapies it concerns.

A room that comes later joins by adding one function to ``ROOMS``: it is given the patient and
yields numbers. A number whose name is a computed fact also answers criteria that ask for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from hepatica.case import Case
from hepatica.case.record.derived import DERIVED_FIELDS
from hepatica.engine.board.isotoxic_estimate import isotoxic_numbers
from hepatica.engine.board.records import Number
from hepatica.engine.board.volumes import volume_numbers
from hepatica.engine.computed_facts import ComputedFact
from hepatica.engine.screen import Known
from hepatica.protocol.criteria import computed_fields


@dataclass(frozen=True, eq=False)
class Scene:
    """What a room may compute from: everything known of the patient, and the images if any."""

    known: Known
    case: Case | None


Room = Callable[[Scene], Iterable[Number]]


def computed_numbers(scene: Scene) -> tuple[Number, ...]:
    """Every number of every room, in the order in which they are shown."""
    return tuple(number for room in ROOMS for number in room(scene))


def computed_facts(numbers: Iterable[Number]) -> tuple[ComputedFact, ...]:
    """The numbers that criteria may ask for."""
    known = computed_fields()
    return tuple(
        ComputedFact(number.name, number.value, (number.source or number.label,), on=None)
        for number in numbers
        if number.value is not None and number.name in known
    )


def score_numbers(scene: Scene) -> Iterator[Number]:
    """Scores and bases of doses that follow from the record."""
    for name, therapies in _SCORES.items():
        found, field = scene.known.derived[name], DERIVED_FIELDS[name]
        yield Number(
            name=name,
            label=field.label,
            value=float(found.value) if isinstance(found.value, int | float) else None,
            unit=field.unit,
            therapies=therapies,
            source=f"{found.formula} ({found.source})",
            status=found.status,
            missing=found.missing,
            caveat=found.reason,
        )


ROOMS: tuple[Room, ...] = (
    lambda scene: volume_numbers(scene.known),
    lambda scene: isotoxic_numbers(scene.case),
    score_numbers,
)

_LIVER = ("resection", "sbrt-six-fraction", "whole-liver-boost", "selective-internal-radiation")
_DRUGS = ("hai-fudr-xelox", "systemic-chemotherapy")
_SCORES = {
    "derived.child_pugh_points": _LIVER,
    "derived.albi": _LIVER,
    "derived.bsa": _DRUGS,
    "derived.creatinine_clearance": _DRUGS,
}
"""Derived values and the therapies whose risk or dose they bear on."""
