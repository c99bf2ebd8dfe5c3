"""A tree as it is asked of one patient on one day: what is in force, and each item by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from hepatica.errors import InvalidInput
from hepatica.protocol.criteria.answer import Answer, Question, answered
from hepatica.protocol.criteria.facts import FactSource
from hepatica.protocol.criteria.kleene import both, either, opposite
from hepatica.protocol.criteria.rule import Leaf, Node, Word

COUNTED_BY = {"lesion": "liver.lesion_count"}
"""The fact that says how many items a group should have."""


@dataclass(frozen=True)
class Asked:
    """A question with its answer."""

    question: Question
    answer: Answer

    @property
    def truth(self) -> bool | None:
        """True, false, or None for unknown."""
        return self.answer.truth


@dataclass(frozen=True)
class Group:
    """Criteria joined by ``all``, ``any`` or ``not``, and what comes out of them."""

    word: Word
    parts: tuple[Outcome, ...]
    truth: bool | None


Outcome = Asked | Group


@dataclass
class Interview:
    """One patient on one day.

    Parameters
    ----------
    facts : FactSource
    on : date
        The day of judgement; later facts are not seen.
    items : group to item
        Which lesion a question about lesions is about, where it is asked of one.
    left_out : list of str
        The criteria that are not in force on that day; filled on the way.
    """

    facts: FactSource
    on: date
    items: Mapping[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def ask(self, node: Node) -> Outcome | None:
        """Every question of a tree answered; None where nothing of it is in force."""
        if isinstance(node, Leaf):
            return self._leaf(node)
        parts = tuple(one for part in node.parts if (one := self.ask(part)) is not None)
        return group(node.word, parts) if parts else None

    def _leaf(self, leaf: Leaf) -> Outcome | None:
        if not leaf.is_in_force(self.on):
            self.left_out.append(leaf.id)
            return None
        if not leaf.field.group:
            return self._one(leaf, "")
        if leaf.items is not None:
            return self._several(leaf)
        item = self.items.get(leaf.field.group)
        if item is None:
            raise InvalidInput(
                f"Criterion {leaf.id} asks about {leaf.fact} but does not say of which "
                f"{leaf.field.group}. Write items: each or items: any, or ask it of one "
                f"{leaf.field.group}."
            )
        return self._one(leaf, item)

    def _one(self, leaf: Leaf, item: str) -> Asked:
        question = Question(leaf, leaf.bound_on(self.on), item)
        fact = self.facts.latest(leaf.fact, item, self.on)
        return Asked(question, answered(question, fact, self.on))

    def _several(self, leaf: Leaf) -> Outcome:
        listed = self.facts.items(leaf.field.group)
        parts: list[Outcome] = [self._one(leaf, item) for item in listed]
        if self._some_are_unlisted(leaf.field.group, len(listed)):
            question = Question(leaf, leaf.bound_on(self.on), "unlisted")
            parts.append(Asked(question, Answer(None, "unlisted")))
        return group("all" if leaf.items == "each" else "any", tuple(parts))

    def _some_are_unlisted(self, name: str, listed: int) -> bool:
        """Nothing listed is nothing known; a stated number above the list leaves gaps."""
        counted = COUNTED_BY.get(name)
        fact = None if counted is None else self.facts.latest(counted, until=self.on)
        if fact is None or not isinstance(fact.value, int):
            return listed == 0
        return listed < fact.value or (listed == fact.value and fact.comparator in (">", ">="))


def group(word: Word, parts: tuple[Outcome, ...]) -> Group:
    """Criteria joined, with the truth that follows."""
    truths = [part.truth for part in parts]
    if word == "not":
        return Group(word, parts, opposite(truths[0]))
    return Group(word, parts, both(truths) if word == "all" else either(truths))


def decisive(outcome: Outcome) -> Iterator[Asked]:
    """The questions that make an outcome what it is, and no others.

    Of a false ``all`` these are the false parts, of a true ``any`` the true ones, of anything
    unknown the unknown ones: whatever the other parts are, they cannot change it.
    """
    if isinstance(outcome, Asked):
        yield outcome
        return
    wanted = opposite(outcome.truth) if outcome.word == "not" else outcome.truth
    for part in outcome.parts:
        if part.truth is wanted:
            yield from decisive(part)
