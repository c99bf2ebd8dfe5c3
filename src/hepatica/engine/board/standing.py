"""How each rule stands for one patient on one day: it holds, it does not, or nobody can say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from hepatica.engine.board.records import Because, Reason
from hepatica.protocol.criteria import CriterionTree, FactSource, spoken_fact
from hepatica.protocol.criteria.ask import Asked, Group, Interview, Outcome, decisive, group
from hepatica.protocol.criteria.kleene import in_words
from hepatica.protocol.criteria.reasons import found_in_words
from hepatica.protocol.rules import Advice, Rule, RulePack, rules_of_every_pack

LESION = "lesion"
_PLAIN = {"not yes": "no", "not no": "yes"}
_ALWAYS = Group("all", (), True)


@dataclass(frozen=True, eq=False)
class Patient:
    """The facts about one patient on the day of the board."""

    facts: FactSource
    on: date

    def asked(self, tree: CriterionTree) -> Outcome:
        """A tree put to the patient."""
        return Interview(self.facts, self.on).ask(tree.rule) or _ALWAYS

    def of_each_lesion(self, tree: CriterionTree) -> dict[str, Outcome]:
        """A tree put to each metastasis, and to those not described, if there may be any."""
        return Interview(self.facts, self.on).of_each(tree.rule, LESION)

    def lesions(self) -> tuple[str, ...]:
        """The metastases that are described."""
        return self.facts.items(LESION)


@dataclass(frozen=True, eq=False)
class Standing:
    """A rule and what came out of it; for each metastasis where it is asked of each."""

    rule: Rule
    outcome: Outcome
    of_lesion: dict[str, Outcome] = field(default_factory=dict)

    @property
    def truth(self) -> bool | None:
        """Whether it holds."""
        return self.outcome.truth


def standings(pack: RulePack, patient: Patient) -> tuple[Standing, ...]:
    """Every rule of a pack put to a patient, in its order, then those that hold beside any pack."""
    return tuple(standing_of(rule, patient) for rule in (*pack.rules, *rules_of_every_pack()))


def standing_of(rule: Rule, patient: Patient) -> Standing:
    """One rule put to a patient; a rule about metastases holds if it holds for any of them."""
    if rule.scope == "patient":
        return Standing(rule, patient.asked(rule.when))
    parts = patient.of_each_lesion(rule.when)
    return Standing(rule, group("any", tuple(parts.values())), parts)


def reason(standing: Standing, patient: Patient, item: str = "") -> Reason:
    """A rule with the facts that make it what it is, for a reader."""
    rule = standing.rule
    outcome = standing.of_lesion[item] if item else standing.outcome
    return Reason(
        rule=rule.id,
        title=rule.title,
        argument=rule.then.argument,
        effect=rule.then.status or "",
        truth=in_words(outcome.truth),
        strength=rule.strength,
        evidence=rule.evidence,
        status=rule.status,
        because=tuple(because(outcome, patient.on)),
        advice=tuple(_advice(rule.advice, patient)) if outcome.truth else (),
        reading=rule.reading or "",
        note=rule.note or "",
        lesions=() if item else _holds_for(standing),
    )


def because(outcome: Outcome, on: date) -> Iterator[Because]:
    """The facts that make an outcome what it is; each once."""
    seen: set[tuple[str, str]] = set()
    for asked in decisive(outcome):
        leaf, says = asked.question.leaf, _said(asked, outcome, on)
        fact = spoken_fact(*asked.question.key)
        if (fact, says) in seen:
            continue
        seen.add((fact, says))
        yield Because(
            fact=fact,
            truth=in_words(asked.truth),
            says=says,
            source=str(leaf.source),
            status=leaf.status,
            reading=leaf.reading,
            found=found_in_words(asked, on, dated=False),
            on=_day(asked),
            asked=_PLAIN.get(wanted := _asked(asked, outcome), wanted),
        )


def _said(asked: Asked, outcome: Outcome, on: date) -> str:
    """``Fit for a liver operation: yes; the rule asks for: no``."""
    return f"{found_in_words(asked, on)}; the rule asks for: {_asked(asked, outcome)}"


def _asked(asked: Asked, outcome: Outcome) -> str:
    """Where the answer is the other way round than the outcome, the rule asks for its contrary."""
    contrary = None not in (asked.truth, outcome.truth) and asked.truth != outcome.truth
    return f"{'not ' if contrary else ''}{asked.question.bound.written}"


def _day(asked: Asked) -> str:
    fact = asked.answer.fact
    return "" if fact is None or fact.on is None or fact.value is None else fact.on.isoformat()


def _advice(rows: Iterable[Advice], patient: Patient) -> Iterator[str]:
    for row in rows:
        if row.when is None or patient.asked(row.when).truth:
            yield row.says


def _holds_for(standing: Standing) -> tuple[str, ...]:
    return tuple(item for item, outcome in standing.of_lesion.items() if outcome.truth)
