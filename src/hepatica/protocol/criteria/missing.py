"""The shortest list of missing facts that would settle an undecided criterion.

A list settles it if the outcome is decided whatever these facts turn out to be, with all other
missing facts still missing. Only what is undecided is looked at: a part that is decided already
cannot matter any more. Parts that share no fact are solved by themselves, because each of them
needs its own list unless one of them can only come out in the way that ends the whole.

Within a part whose questions share facts, a fact without which the rest does not settle it is in
every list. These facts alone are the shortest list, unless the part is true or false on any reading
(``any: [a, not a]``, which stays unknown while ``a`` is missing). Then the other facts are added,
fewest first, for up to 12 questions; above that they are taken away one by one as long as the rest
settles it, and the list may be too long by at most the number of facts that were not shown to be in
every list.

Whether a list of the record is complete counts as one fact. It is asked for before anything about
items that are not listed; if there are more of them, what they are is missing next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import combinations

from hepatica.case.record.fact import Fact
from hepatica.protocol.criteria.ask import Asked, Outcome
from hepatica.protocol.criteria.kleene import both, either, opposite
from hepatica.protocol.criteria.possible import Pattern, patterns
from hepatica.protocol.criteria.rule import Word

Key = tuple[str, str]
"""A fact and its item."""

EXACT_UP_TO = 12
"""Questions within one part up to which the shortest list is searched for."""

_MOST_STEPS = 2**EXACT_UP_TO * 2
"""Cases looked at before a question about a larger part is given up; keeps odd documents quick."""


@dataclass(frozen=True)
class Wanted:
    """The shortest list of missing facts.

    Parameters
    ----------
    keys : facts with their items, in the order in which the questions are written
    alone : those of them of which one value would be enough to settle everything
    surplus : how many of them might not be needed; 0 if the list is the shortest
    ends : what the outcome can still turn out to be
    """

    keys: tuple[Key, ...]
    alone: tuple[Key, ...] = ()
    surplus: int = 0
    ends: frozenset[bool] = frozenset()


@dataclass(frozen=True)
class _Open:
    """An unanswered question, by the place of its answer in the pattern of its fact."""

    key: Key
    at: int


@dataclass(frozen=True)
class _Joined:
    word: Word
    parts: tuple[_Part, ...]


_Part = _Open | _Joined
_Patterns = Mapping[Key, tuple[Pattern, ...]]


@dataclass(frozen=True)
class _Settled:
    """The list that settles a part, and what it can then come out as."""

    keys: tuple[Key, ...]
    ends: frozenset[bool]
    surplus: int = 0


def wanted(outcome: Outcome, on: date) -> Wanted:
    """The shortest list of missing facts that would settle an undecided outcome.

    Parameters
    ----------
    outcome : Outcome
        Unknown; a decided one needs nothing.
    on : date
        The day of judgement.
    """
    if outcome.truth is not None:
        return Wanted((), ends=frozenset({outcome.truth}))
    asked: dict[Key, list[Asked]] = {}
    part = _open_part(outcome, asked)
    return _solved(part, tuple(_ways(key, ones, on) for key, ones in asked.items()))


@dataclass(frozen=True)
class _Ways:
    """How the questions about one fact can turn out, and in which of these nothing stays open."""

    key: Key
    all: tuple[Pattern, ...]
    closing: tuple[Pattern, ...]


def _ways(key: Key, ones: list[Asked], on: date) -> _Ways:
    """A list that goes on leaves its further items open, so that answer ends nothing by itself."""
    found = patterns(tuple(one.question for one in ones), _known_range(ones), on)
    closes = [one.question.closes for one in ones]
    if not any(want is not None for want in closes):
        return _Ways(key, found, found)
    closing = tuple(
        pattern
        for pattern in found
        if all(want is None or got is want for got, want in zip(pattern, closes, strict=True))
    )
    return _Ways(key, found, closing)


@lru_cache(maxsize=4096)
def _solved(part: _Part, ways: tuple[_Ways, ...]) -> Wanted:
    """Patients of one cohort are often missing the same; it is worked out once."""
    by_key = {way.key: way.all for way in ways}
    settled = _settle(part, by_key)
    chosen = tuple(key for key in by_key if key in settled.keys)
    closing = {way.key: way.closing for way in ways}
    alone = tuple(key for key in chosen if _can_end(part, key, closing[key]))
    return Wanted(chosen, alone, settled.surplus, settled.ends)


def _known_range(ones: list[Asked]) -> Fact | None:
    """What is known of a fact already; None if one question takes a new one anyway."""
    answers = [one.answer for one in ones]
    still = all(answer.why in ("range", "no_upper_limit") for answer in answers)
    return answers[0].fact if still else None


def _open_part(outcome: Outcome, asked: dict[Key, list[Asked]]) -> _Part:
    """The undecided rest of an outcome; notes every open question under its fact."""
    if isinstance(outcome, Asked):
        same = asked.setdefault(outcome.question.key, [])
        same.append(outcome)
        return _Open(outcome.question.key, len(same) - 1)
    parts = tuple(_open_part(part, asked) for part in outcome.parts if part.truth is None)
    return parts[0] if len(parts) == 1 and outcome.word != "not" else _Joined(outcome.word, parts)


def _settle(part: _Part, ways: _Patterns) -> _Settled:
    if isinstance(part, _Open):
        return _Settled((part.key,), frozenset(pattern[part.at] for pattern in ways[part.key]))
    if part.word == "not":
        inner = _settle(part.parts[0], ways)
        return _Settled(inner.keys, frozenset(not end for end in inner.ends), inner.surplus)
    clusters = _clusters(part)
    if len(clusters) == 1 and len(part.parts) > 1:
        return _entangled(part, ways)
    solved = [_settle(_rejoined(part.word, cluster), ways) for cluster in clusters]
    ending = part.word == "any"
    enders = [one for one in solved if one.ends == {ending}]
    if enders:
        return min(enders, key=lambda one: len(one.keys))
    ends = frozenset(
        end for end in (ending, not ending) if _can_come_out(solved, end, ending=ending)
    )
    keys = tuple(key for one in solved for key in one.keys)
    return _Settled(keys, ends, sum(one.surplus for one in solved))


def _can_come_out(solved: list[_Settled], end: bool, *, ending: bool) -> bool:
    """One part is enough to end the whole; the other outcome takes all of them."""
    has = [end in one.ends for one in solved]
    return any(has) if end is ending else all(has)


def _entangled(part: _Part, ways: _Patterns) -> _Settled:
    """A part whose questions share facts."""
    keys = tuple(dict.fromkeys(one.key for one in _questions(part)))
    ends = _ends(part, keys, ways)
    needed = tuple(k for k in keys if _settles(part, _without(keys, k), ways) is False)
    if _settles(part, needed, ways):
        return _Settled(needed, ends)
    if len(_questions(part)) > EXACT_UP_TO:
        left = _thinned(part, keys, needed, ways)
        return _Settled(left, ends, len(left) - len(needed))
    others = tuple(key for key in keys if key not in needed)
    for count in range(1, len(others)):
        for more in combinations(others, count):
            if _settles(part, (*needed, *more), ways):
                return _Settled((*needed, *more), ends)
    return _Settled(keys, ends)


def _thinned(
    part: _Part, keys: tuple[Key, ...], needed: tuple[Key, ...], ways: _Patterns
) -> tuple[Key, ...]:
    """The facts of a part without those that the rest can do without, taken away one by one."""
    left = keys
    for key in keys:
        if key not in needed and _settles(part, _without(left, key), ways):
            left = _without(left, key)
    return left


def _settles(part: _Part, keys: tuple[Key, ...], ways: _Patterns) -> bool | None:
    """Whether a part is decided whatever these facts turn out to be; None if it takes too long."""
    steps = _MOST_STEPS

    def holds(rest: _Part | bool, left: tuple[Key, ...]) -> bool | None:
        nonlocal steps
        if isinstance(rest, bool):
            return True
        steps -= 1
        if steps < 0:
            return None
        inside = {one.key for one in _questions(rest)}
        here = [key for key in left if key in inside]
        if not here:
            return False
        key, *more = here
        gave_up = False
        for way in ways[key]:
            answer = holds(_filled(rest, key, way), tuple(more))
            if answer is False:
                return False
            gave_up |= answer is None
        return None if gave_up else True

    return holds(part, keys)


def _ends(part: _Part, keys: tuple[Key, ...], ways: _Patterns) -> frozenset[bool]:
    """What a part can come out as when every fact is known; both where that takes too long."""
    steps = _MOST_STEPS
    found: set[bool] = set()

    def follow(rest: _Part | bool, left: tuple[Key, ...]) -> None:
        nonlocal steps
        steps -= 1
        if isinstance(rest, bool):
            found.add(rest)
        elif len(found) < 2 and steps >= 0:
            key, *more = left
            for way in ways[key]:
                follow(_filled(rest, key, way), tuple(more))

    follow(part, keys)
    return frozenset(found) if steps >= 0 else frozenset((True, False))


def _filled(part: _Part, key: Key, way: Pattern) -> _Part | bool:
    """What is left of a part when one fact is known."""
    if isinstance(part, _Open):
        return way[part.at] if part.key == key else part
    parts = [_filled(one, key, way) for one in part.parts]
    truths = [one if isinstance(one, bool) else None for one in parts]
    if part.word == "not":
        truth = opposite(truths[0])
    else:
        truth = both(truths) if part.word == "all" else either(truths)
    if truth is not None:
        return truth
    left = tuple(one for one in parts if not isinstance(one, bool))
    return _rejoined(part.word, left)


def _can_end(part: _Part, key: Key, ways: tuple[Pattern, ...]) -> bool:
    return any(isinstance(_filled(part, key, way), bool) for way in ways)


def _clusters(joined: _Joined) -> list[tuple[_Part, ...]]:
    """The parts grouped so that no two groups share a fact."""
    clusters: list[tuple[set[Key], tuple[_Part, ...]]] = []
    for part in joined.parts:
        keys = {one.key for one in _questions(part)}
        parts: tuple[_Part, ...] = (part,)
        for other in [cluster for cluster in clusters if cluster[0] & keys]:
            clusters.remove(other)
            keys, parts = keys | other[0], (*other[1], *parts)
        clusters.append((keys, parts))
    return [parts for _, parts in clusters]


def _rejoined(word: Word, parts: tuple[_Part, ...]) -> _Part:
    return parts[0] if len(parts) == 1 and word != "not" else _Joined(word, parts)


def _questions(part: _Part) -> tuple[_Open, ...]:
    if isinstance(part, _Open):
        return (part,)
    return tuple(one for inner in part.parts for one in _questions(inner))


def _without(keys: tuple[Key, ...], key: Key) -> tuple[Key, ...]:
    return tuple(one for one in keys if one != key)
