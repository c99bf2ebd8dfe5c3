"""The order in which structures are listed: targets, then the organs spoken of, then the rest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hepatica.engine.evaluation import Evaluation

TARGETS = ("GTV", "CTV", "PTV")
"""Roles of what is treated, from the inside out."""


def reading_order(evaluation: Evaluation, names: Iterable[str]) -> list[str]:
    """Names of structures of an evaluation, the ones a reader looks for first in front."""
    protocol = evaluation.protocol
    parts = {made.name: made.made_of.of for made in protocol.derived}
    spoken_of = [protocol.prescription.organ, *(limit.structure for limit in evaluation.limits)]
    asked = [part for name in spoken_of for part in (name, *parts.get(name, ()))]
    places = {name: k for k, name in reversed(list(enumerate(asked)))}

    def place(name: str) -> tuple[int, int, str]:
        role = evaluation.structures[name].structure.role
        if role in TARGETS:
            return 0, TARGETS.index(role), name
        if name in places:
            return 1, places[name], name
        return (3 if role == "EXTERNAL" else 2), 0, name.lower()

    return sorted(names, key=place)
