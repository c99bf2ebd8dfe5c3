"""What happens to drug doses when treatment is not tolerated: the rules, and which of them hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from hepatica.engine.calendar_entry import Entry
from hepatica.engine.open_days import later, week
from hepatica.engine.screen import Known
from hepatica.protocol import Modification, Protocol
from hepatica.protocol.criteria import Judgement, evaluate

Holds = Literal["holds", "does not hold", "unknown", "for a person to judge"]

_DOSING = ("hold", "reduce", "stop")
ASKED = "dose-rules"
"""Name of the task to look at these rules before a dose."""


@dataclass(frozen=True)
class DoseRule:
    """One rule of dose modification, as far as it can be judged for a patient.

    Parameters
    ----------
    rule : Modification
    holds : Holds
        ``for a person to judge`` where no patient is given, or where the rule is not written in
        a way that facts alone decide.
    why : str
        The facts that decide, what is missing, or what a person has to judge.
    since : date, optional
        Day of the last of the facts that decide, where every one of them has a day.
    """

    rule: Modification
    holds: Holds
    why: str
    since: date | None = None

    @property
    def changes_doses(self) -> bool:
        """Whether it holds, and holds, lowers or stops drugs."""
        return self.holds == "holds" and self.rule.action in _DOSING

    @property
    def then(self) -> str:
        """What is done, with its numbers."""
        rule = self.rule
        said = [rule.do.rstrip(".")]
        if rule.hold_months is not None:
            unit = "month" if rule.hold_months == 1 else "months"
            said.append(f"hold for {rule.hold_months:g} {unit}")
        if rule.reduce_to_percent is not None:
            said.append(f"then {rule.reduce_to_percent:g} % of the earlier dose")
        return "; ".join(said)

    @property
    def condition(self) -> str:
        """When it is asked, in words."""
        rule = self.rule
        grade = "" if rule.grade_at_least is None else f", grade {rule.grade_at_least} or above"
        after = "" if rule.after is None else f" (after {rule.after})"
        return f"{rule.event}{grade}{after}"

    def as_document(self) -> dict[str, Any]:
        """Plain values for JSON."""
        rule = self.rule
        return {
            "name": rule.name,
            "condition": self.condition,
            "action": rule.action,
            "then": self.then,
            "drugs": list(rule.drugs),
            "hold_months": rule.hold_months,
            "reduce_to_percent": rule.reduce_to_percent,
            "holds": self.holds,
            "why": self.why,
            "source": str(rule.source),
            "reading": rule.reading,
        }


@dataclass(frozen=True)
class Change:
    """What the rules that hold do to one administration.

    Parameters
    ----------
    percent : float
        Share that is given; None if it is not given, or a person must say.
    words : str
        With the rule and its source.
    """

    percent: float | None
    words: str


def judged_rules(protocol: Protocol, known: Known | None) -> tuple[DoseRule, ...]:
    """Every rule of dose modification, judged by a patient's facts where that can be done.

    Parameters
    ----------
    protocol : Protocol
    known : Known, optional
        The patient on the day of judgement.
    """
    return tuple(_judged(rule, protocol, known) for rule in protocol.dose_modification)


def change_of(entry: Entry, rules: Iterable[DoseRule], on: date) -> Change | None:
    """What the rules that hold on a day change in one administration; None if nothing.

    Parameters
    ----------
    entry : Entry
        A drug; one that is over before a rule came to hold is not changed by it.
    rules : iterable of DoseRule
    on : date
        The day of judgement, from which a rule counts whose facts have no day.
    """
    named = [r for r in rules if r.changes_doses and entry.name in r.rule.drugs]
    acting = [r for r in named if entry.last_day >= (r.since or on)]
    if not acting:
        return None
    stops = [r for r in acting if r.rule.action == "stop"]
    if stops:
        return Change(None, f"STOPPED from {stops[0].since or on} on, {_cited(stops[0])}")
    if len(acting) > 1:
        names = " and ".join(r.rule.name for r in acting)
        return Change(None, f"several rules hold, {names}: the dose is for a person to decide")
    return _held(acting[0], entry, on) or _lowered(acting[0], entry, on)


def _held(one: DoseRule, entry: Entry, on: date) -> Change | None:
    """That a drug rests, on the days on which it does."""
    if one.rule.action != "hold":
        return None
    if one.since is None and one.rule.hold_months is not None:
        told = f"HELD from {on} for {one.rule.hold_months:g} months; since when it should rest is"
        return Change(None, f"{told} not in the record, so a person says the end, {_cited(one)}")
    began = one.since or on
    if entry.day >= (until := _until(one.rule, began)):
        return None
    end = "until further notice" if until == date.max else f"until {until}"
    return Change(None, f"HELD from {began} {end}, {_cited(one)}")


def _lowered(one: DoseRule, entry: Entry, on: date) -> Change | None:
    """What of the dose is given; after a rest without a number, all of it."""
    percent, began = one.rule.reduce_to_percent, one.since or on
    if percent is not None and one.rule.action != "hold" and entry.day < began:
        told = f"{percent:g} % of the dose from {began} on, all of it before"
        return Change(None, f"{told}, {_cited(one)}")
    if percent is not None:
        return Change(percent, f"{percent:g} % of the dose, {_cited(one)}")
    if one.rule.action == "hold":
        return None
    return Change(None, f"to be lowered, by how much is not published, {_cited(one)}")


def rule_tasks(
    rules: Sequence[DoseRule], doses: Sequence[Entry], cycle_days: Sequence[date]
) -> Iterator[Entry]:
    """A task on the first day of every cycle, or of every week of fractions, to ask the rules."""
    if not rules:
        return
    days = sorted(set(cycle_days)) or _first_of_each_week(doses)
    what = "Before the dose, ask: " + "; ".join(one.condition for one in rules)
    sources = "; ".join(dict.fromkeys(str(one.rule.source) for one in rules))
    for day in days:
        yield Entry(day, "task", ASKED, what, day, day, sources, "see the rules of dose changes")


def _judged(rule: Modification, protocol: Protocol, known: Known | None) -> DoseRule:
    person: Holds = "for a person to judge"
    if known is None:
        return DoseRule(rule, person, "no patient was given")
    open_question = _open_question(rule, protocol)
    if rule.when is None:
        return DoseRule(rule, person, open_question or "it is written in words only")
    found = evaluate(rule.when, known.facts, known.on)
    if found.truth == "unknown":
        return DoseRule(rule, "unknown", f"needs {', '.join(found.missing)}")
    why = "; ".join(dict.fromkeys(leaf.found for leaf in found.decisive))
    if found.truth == "false":
        return DoseRule(rule, "does not hold", why)
    if open_question:
        return DoseRule(rule, person, f"{why}; {open_question}")
    return DoseRule(rule, "holds", why, _since(found))


def _since(found: Judgement) -> date | None:
    """The day on which the last of the facts that decide was found; None if one has no day."""
    days = [leaf.value.on for leaf in found.decisive if leaf.value is not None]
    dated = [day for day in days if day is not None]
    return max(dated) if dated and len(dated) == len(days) else None


def _open_question(rule: Modification, protocol: Protocol) -> str:
    """Why a rule cannot be applied by its facts alone; empty if it can."""
    if rule.grade_at_least is not None:
        return f"whether it is of grade {rule.grade_at_least} or above is judged by a person"
    before = next((one for one in protocol.dose_modification if one.name == rule.after), None)
    if before is not None and before.action in _DOSING:
        return f"whether {before.name} was applied before is not in the record"
    if rule.action in _DOSING and not rule.drugs:
        return "which drugs it is about is not written"
    return ""


def _until(rule: Modification, on: date) -> date:
    """The day from which the drug may be given again; the last of all days if none is printed."""
    if rule.hold_months is None:
        return date.max
    whole = int(rule.hold_months)
    if whole == rule.hold_months:
        return later(on, whole, "months")
    return later(on, round(rule.hold_months * 30.4375), "days")


def _cited(one: DoseRule) -> str:
    return f"rule {one.rule.name} ({one.why}): {one.rule.source}"


def _first_of_each_week(doses: Sequence[Entry]) -> list[date]:
    found: dict[tuple[int, int], date] = {}
    for one in doses:
        found[week(one.day)] = min(one.day, found.get(week(one.day), one.day))
    return sorted(found.values())
