"""Which dose-volume curves are drawn: targets, the liver, organs with a limit, then the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hepatica.case import Structure
from hepatica.report.reading_order import TARGETS, reading_order
from hepatica.report.wording import listed

if TYPE_CHECKING:
    from hepatica.engine.evaluation import Evaluation
    from hepatica.physics.dvh import DVH

_MOST_CURVES = 14
_MOST_TUMOURS = 4
_MOST_NAMES = 12


@dataclass(frozen=True, eq=False)
class ChosenCurves:
    """The curves of a picture in the order of its legend, and a sentence on those left out."""

    curves: dict[str, DVH]
    left_out: str


def chosen_curves(evaluation: Evaluation) -> ChosenCurves:
    """Targets first, the organ whose risk is held, organs with a limit by dose, then the rest."""
    known = {n: row.dvh for n, row in evaluation.structures.items() if row.dvh is not None}
    ranked = _ranked(evaluation, known)
    drawn = ranked[:_MOST_CURVES]
    others = [name for name in known if name not in ranked]
    unreached = [n for n, row in evaluation.structures.items() if row.dvh is None]
    parts = []
    if ranked[_MOST_CURVES:] or others:
        names = _names([*ranked[_MOST_CURVES:], *others])
        parts.append(f"Not drawn: {names}; their doses are in the table of structures.")
    if unreached:
        parts.append(f"Without a curve, since their doses are unknown: {_names(unreached)}.")
    return ChosenCurves({name: known[name] for name in drawn}, " ".join(parts))


def is_union(evaluation: Evaluation, structure: Structure) -> bool:
    """Whether it is all tumours together."""
    return structure.role == "GTV" and structure.derived and bool(evaluation.case.gtvs)


def shows_union(evaluation: Evaluation) -> bool:
    """Whether the tumours are so many that one curve stands for all of them."""
    rows = evaluation.structures.values()
    unions = [is_union(evaluation, r.structure) for r in rows if r.structure.role == "GTV"]
    return any(unions) and len(unions) - sum(unions) > _MOST_TUMOURS


def _ranked(evaluation: Evaluation, known: dict[str, DVH]) -> list[str]:
    """Structures that may be drawn, the most important first."""
    united, organ = shows_union(evaluation), evaluation.protocol.prescription.organ
    limited = {limit.structure for limit in evaluation.limits}
    roles = {name: evaluation.structures[name].structure.role for name in known}
    targets, organs = [], []
    for name in reading_order(evaluation, known):
        if roles[name] == "GTV":
            whole = is_union(evaluation, evaluation.structures[name].structure)
            targets += [name] if whole == united else []
        elif roles[name] in TARGETS:
            targets.append(name)
        elif roles[name] != "EXTERNAL":
            organs.append(name)
    organs.sort(key=lambda n: (n != organ, n not in limited, -known[n].max_gy))
    return [*targets, *organs]


def _names(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    return listed([*names[:_MOST_NAMES], f"{more} more"] if more > 0 else names)
