"""Which examinations the rules call for, and which of them were done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from hepatica.engine.board.records import WorkUp
from hepatica.engine.board.standing import Patient, Standing, because
from hepatica.protocol.rules import Examination, Rule, examinations

_NEEDS_DATA = "needs_data"


def work_up(standings: tuple[Standing, ...], patient: Patient) -> Iterator[WorkUp]:
    """Every examination that a rule speaks of, in the order of the rules."""
    for standing in standings:
        rule = standing.rule
        if not rule.examinations:
            continue
        verdict = _verdict(standing, patient)
        if verdict is None:
            continue
        why = "; ".join(one.says for one in because(standing.outcome, patient.on)) or rule.title
        for name in rule.examinations:
            yield _item(examinations()[name], rule, verdict, why, patient)


def _verdict(standing: Standing, patient: Patient) -> str | None:
    """What the rule says of its examinations; None where it says nothing."""
    then, truth = standing.rule.then, standing.truth
    if truth and any(_is_known(fact, patient) for fact in standing.rule.while_unknown):
        truth = False
    if truth is None:
        return _NEEDS_DATA
    return then.verdict if truth else then.otherwise


def _item(exam: Examination, rule: Rule, verdict: str, why: str, patient: Patient) -> WorkUp:
    done, day = _done(exam, patient)
    # A rule that asks although a day is on record, such as an old colonoscopy, means it anew.
    asks_again = any(leaf in exam.shown_by for leaf in _facts_of(rule))
    settled = verdict == "needed" and done and not asks_again
    return WorkUp(
        examination=exam.name,
        title=exam.title,
        verdict="done" if settled else verdict,
        rule=rule.id,
        why=f"{rule.title} ({why})",
        done=day,
    )


def _facts_of(rule: Rule) -> set[str]:
    from hepatica.protocol.criteria import leaves_of

    return {leaf.fact for leaf in leaves_of(rule.when.rule)}


def _is_known(fact: str, patient: Patient) -> bool:
    found = patient.facts.latest(fact, until=patient.on)
    return found is not None and found.value is not None


def _done(exam: Examination, patient: Patient) -> tuple[bool, date | None]:
    """Whether everything that shows it is on record, and the day of the newest."""
    found = [patient.facts.latest(name, until=patient.on) for name in exam.shown_by]
    facts = [fact for fact in found if fact is not None and fact.value is not None]
    if not facts or len(facts) < len(found):
        return False, None
    days = [fact.value if isinstance(fact.value, date) else fact.on for fact in facts]
    return True, max((day for day in days if day is not None), default=None)
