"""Truth with gaps: true, false, and None where nobody can say (Kleene's strong logic)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

Truth = Literal["true", "false", "unknown"]


def both(truths: Iterable[bool | None]) -> bool | None:
    """``all``: false as soon as one is false, true if every one is true; true of nothing.

    Source: Kleene, Introduction to Metamathematics, 1952, section 64; the same nine rows as CQL.
    """
    seen = set(truths)
    if False in seen:
        return False
    return None if None in seen else True


def either(truths: Iterable[bool | None]) -> bool | None:
    """``any``: true as soon as one is true, false if every one is false; false of nothing."""
    seen = set(truths)
    if True in seen:
        return True
    return None if None in seen else False


def opposite(truth: bool | None) -> bool | None:
    """``not``: unknown stays unknown."""
    return None if truth is None else not truth


def in_words(truth: bool | None) -> Truth:
    """``true``, ``false`` or ``unknown``."""
    if truth is None:
        return "unknown"
    return "true" if truth else "false"
