"""Trees and facts that are quick to write in a test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from hepatica.case.record import Fact, ReferenceRange
from hepatica.protocol.criteria import CriterionTree, Judgement, evaluate, fact_field
from hepatica.protocol.parts import Source

ON = date(2004, 6, 1)
SOURCE = Source("example", "An example")
FLAGS = (
    *("function.dialysis", "function.cirrhosis", "function.steatosis", "liver.bulky"),
    *("liver.pain", "liver.jaundice", "liver.ablatable", "extrahepatic.present"),
    *("liver.on_major_vessel", "liver.margin_feasible", "status.converted", "cancer.synchronous"),
    *("status.resected", "performance.operable"),
)
"""Facts that are yes or no, to stand for anything that is."""


class Facts:
    """Facts of one patient, the latest of each name and item."""

    def __init__(self, *facts: Fact) -> None:
        self.facts = facts

    def latest(self, name: str, item: str = "", until: date | None = None) -> Fact | None:
        seen = [
            fact
            for fact in self.facts
            if fact.key == (name, item) and not (until and fact.on and fact.on > until)
        ]
        return max(seen, key=lambda fact: fact.on or date.min) if seen else None

    def items(self, group: str) -> tuple[str, ...]:
        named = [f.item for f in self.facts if f.item and fact_field(f.field).group == group]
        return tuple(dict.fromkeys(named))


def fact(name: str, value: Any = None, uln: float | None = None, **more: Any) -> Fact:
    """A fact in the unit of its field, of the day of judgement unless told otherwise."""
    reference = None if uln is None else ReferenceRange(high=uln)
    given = {"on": ON, "unit": fact_field(name).unit, "reference": reference} | more
    return Fact(name, value, **given)


def leaf(fact: str, op: str, value: Any = None, **more: Any) -> dict[str, Any]:
    """A question as a document writes it."""
    made = {"id": "leaf", "fact": fact, "op": op} | more
    return made if value is None else made | {"value": value}


def tree(written: Mapping[str, Any]) -> CriterionTree:
    """A tree from the keys of a document."""
    return CriterionTree.model_validate(_sourced(written))


def judged(written: Mapping[str, Any], *facts: Fact, on: date = ON, **more: Any) -> Judgement:
    """The judgement of a tree on facts."""
    return evaluate(tree(written), Facts(*facts), on, **more)


def truth(written: Mapping[str, Any], *facts: Fact, on: date = ON) -> str:
    """Only the truth of it."""
    return judged(written, *facts, on=on).truth


def why(written: Mapping[str, Any], *facts: Fact, on: date = ON) -> str:
    """Why the one question of a tree was answered as it was."""
    (only,) = judged(written, *facts, on=on).decisive
    return only.why


def flags(truths: Iterable[bool | None]) -> list[Fact]:
    """Facts that answer FLAGS in turn; None leaves a gap."""
    pairs = zip(FLAGS, truths, strict=False)
    return [fact(name, value) for name, value in pairs if value is not None]


def flag_leaf(number: int) -> dict[str, Any]:
    """The question whether one of FLAGS is so."""
    return leaf(FLAGS[number], "is", True, id=f"flag-{number}")


def _sourced(written: Mapping[str, Any]) -> dict[str, Any]:
    made = {"source": SOURCE, "status": "verified"} | dict(written)
    for key in ("all", "any", "amended"):
        if key in made:
            made[key] = tuple(_sourced(part) for part in made[key])
    if "not" in made:
        made["not"] = _sourced(made["not"])
    if isinstance(made.get("value"), list):
        made["value"] = tuple(made["value"])
    return made
