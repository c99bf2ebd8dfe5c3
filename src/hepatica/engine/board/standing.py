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
from hepatica.protocol.rules import Advice, Rule, RulePack

LESION = "lesion"
UNLISTED = "unlisted"
_ALWAYS = Group("all", (), True)


@dataclass(frozen=True, eq=False)
class Patient:
    """The facts about one patient on the day of the board."""

    facts: FactSource
    on: date

    def asked(self, tree: CriterionTree, item: str = "") -> Outcome:
        """A tree put to the patient, or to one metastasis."""
        items = {LESION: item} if item else {}
        return Interview(self.facts, self.on, items).ask(tree.rule) or _ALWAYS

    def lesions(self) -> tuple[str, ...]:
        """The metastases that are described."""
        return self.facts.items(LESION)

    def some_lesions_are_unlisted(self) -> bool:
        """Whether there are metastases that nobody described; none at all counts as yes."""
        stated = self.facts.latest("liver.lesion_count", until=self.on)
        listed = len(self.lesions())
        if stated is None or not isinstance(stated.value, int):
            return listed == 0
        return listed < stated.value or stated.comparator in (">", ">=")


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
    """Every rule of a pack put to a patient, in the order of the pack."""
    return tuple(standing_of(rule, patient) for rule in pack.rules)


def standing_of(rule: Rule, patient: Patient) -> Standing:
    """One rule put to a patient; a rule about metastases holds if it holds for any of them."""
    if rule.scope == "patient":
        return Standing(rule, patient.asked(rule.when))
    items = patient.lesions()
    if patient.some_lesions_are_unlisted():
        items = (*items, UNLISTED)
    parts = {item: patient.asked(rule.when, item) for item in items}
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
            fact, in_words(asked.truth), says, str(leaf.source), leaf.status, leaf.reading
        )


def _said(asked: Asked, outcome: Outcome, on: date) -> str:
    """``Fit for a liver operation: yes; the rule asks for: no``.

    Where the answer is the other way round than the outcome, the rule asks for its contrary.
    """
    contrary = None not in (asked.truth, outcome.truth) and asked.truth != outcome.truth
    wanted = f"{'not ' if contrary else ''}{asked.question.bound.written}"
    return f"{found_in_words(asked, on)}; the rule asks for: {wanted}"


def _advice(rows: Iterable[Advice], patient: Patient) -> Iterator[str]:
    for row in rows:
        if row.when is None or patient.asked(row.when).truth:
            yield row.says


def _holds_for(standing: Standing) -> tuple[str, ...]:
    return tuple(item for item, outcome in standing.of_lesion.items() if outcome.truth)
