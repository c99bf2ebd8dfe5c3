"""Whether a list of the record is complete: its stated number, or the word that all are listed.

A list that may go on says neither that every item is so nor that none is. What has to be found out
then is whether it goes on, and only once it is said to, what the items are that nobody listed.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from hepatica.protocol.criteria.answer import Question
from hepatica.protocol.criteria.rule import Bound, Leaf
from hepatica.protocol.criteria.vocabulary import fact_field

COUNTED_BY = {"lesion": "liver.lesion_count"}
"""The fact that says how many items a group should have."""

UNLISTED = "unlisted"
"""Stands for every item that is known to exist and is not listed."""


def closing_fact(group: str) -> str:
    """The fact that says whether the list of a group is complete: a number, or yes."""
    return COUNTED_BY.get(group, f"all_listed.{group}")


@lru_cache(maxsize=4096)
def is_complete(leaf: Leaf, listed: int) -> Question:
    """The question whether there are no more items than are listed, asked on behalf of a leaf.

    Parameters
    ----------
    leaf : Leaf
        About one item of a group; it lends its id, its source and its words.
    listed : int
        Number of items in the record.
    """
    return _question(leaf, listed, complete=True)


@lru_cache(maxsize=4096)
def goes_on(leaf: Leaf, listed: int) -> Question:
    """The same question the other way round: whether there are more items than are listed."""
    return _question(leaf, listed, complete=False)


def _question(leaf: Leaf, listed: int, *, complete: bool) -> Question:
    field = fact_field(closing_fact(leaf.field.group))
    if field.kind == "count":
        op, values, written = "<=" if complete else ">", (listed,), _in_words(listed)
    else:
        op, values, written = "is" if complete else "is_not", (True,), "yes"
    asked = replace(
        leaf,
        field=field,
        op=op,  # type: ignore[arg-type]
        bounds=(Bound(values, written=written),),
        max_age_days=None,
        items=None,
    )
    return Question(asked, asked.bounds[0], closes=complete)


def _in_words(listed: int) -> str:
    return f"no more than the {listed} listed" if listed else "none, as none is listed"
