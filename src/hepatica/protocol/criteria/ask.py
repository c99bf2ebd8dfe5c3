"""A tree as it is asked of one patient on one day: what is in force, and each item by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from hepatica.errors import InvalidInput
from hepatica.protocol.criteria.answer import Answer, Question, answered
from hepatica.protocol.criteria.facts import FactSource
from hepatica.protocol.criteria.kleene import both, either, opposite
from hepatica.protocol.criteria.listed import UNLISTED, goes_on, is_complete
from hepatica.protocol.criteria.rule import Leaf, Node, Word, leaves_of


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

    def of_each(self, node: Node, name: str) -> dict[str, Outcome]:
        """A tree put to every item of a group: those that are listed, and any beyond them.

        Parameters
        ----------
        node : Node
            In force on the day, at least in part.
        name : str
            The group, ``lesion``.
        """
        listed = self.facts.items(name)
        found = {item: self._of(node, name, item) for item in listed}
        leaf = next((one for one in leaves_of(node) if one.field.group == name), None)
        beyond = None if leaf is None else self._beyond(leaf, len(listed), "any")
        if leaf is None or beyond is None:
            return found
        rest = self._of(node, name, UNLISTED)
        if beyond.question.item != UNLISTED and rest.truth is not False:
            ask_more = self._put(goes_on(leaf, len(listed)))
            ask_no_more = self._put(is_complete(leaf, len(listed)))
            rest = group("all", (beyond, _without_unlisted(rest, ask_more, ask_no_more)))
        return {**found, UNLISTED: rest}

    def _of(self, node: Node, name: str, item: str) -> Outcome:
        about = Interview(self.facts, self.on, {**self.items, name: item}, self.left_out)
        return about.ask(node) or Group("all", (), True)

    def _one(self, leaf: Leaf, item: str) -> Asked:
        return self._put(Question(leaf, leaf.bound_on(self.on), item))

    def _put(self, question: Question) -> Asked:
        fact = self.facts.latest(*question.key, self.on)
        return Asked(question, answered(question, fact, self.on))

    def _several(self, leaf: Leaf) -> Outcome:
        listed = self.facts.items(leaf.field.group)
        word: Word = "all" if leaf.items == "each" else "any"
        parts = [self._one(leaf, item) for item in listed]
        beyond = self._beyond(leaf, len(listed), word)
        return group(word, (*parts, *(() if beyond is None else (beyond,))))

    def _beyond(self, leaf: Leaf, listed: int, word: Word) -> Asked | None:
        """What the items that are not listed leave open; None where all are known to be listed.

        Whether there are any is asked first; of what they are, nothing is asked before that.
        """
        asked = self._put((is_complete if word == "all" else goes_on)(leaf, listed))
        if asked.truth is None:
            return asked
        if asked.truth is asked.question.closes:
            return None
        unlisted = Question(leaf, leaf.bound_on(self.on), UNLISTED)
        return Asked(unlisted, Answer(None, "unlisted"))


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


def _without_unlisted(
    outcome: Outcome, more: Asked, no_more: Asked, *, negated: bool = False
) -> Outcome:
    """The outcome with the questions about unlisted items replaced by whether there are any.

    An item that does not exist fulfils no demand, and violates none under ``not``.
    """
    if isinstance(outcome, Asked):
        if outcome.question.item != UNLISTED:
            return outcome
        return no_more if negated else more
    turned = negated is not (outcome.word == "not")
    parts = (_without_unlisted(part, more, no_more, negated=turned) for part in outcome.parts)
    return Group(outcome.word, tuple(parts), outcome.truth)
