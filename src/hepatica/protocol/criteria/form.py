"""Whether a criterion is written as one thing: a group of others, or one question."""

from __future__ import annotations

from collections.abc import Collection

GROUPS = ("all", "any", "not")
QUESTION = (
    *("fact", "op", "value", "unit", "uln_times", "max_age_days"),
    *("items", "since", "until", "amended"),
)


def form_fault(keys: Collection[str]) -> str | None:
    """What is wrong with the keys of one criterion taken together; None if they fit.

    Parameters
    ----------
    keys : collection of str
        As written in the document.
    """
    groups = [key for key in GROUPS if key in keys]
    asked = [key for key in QUESTION if key in keys]
    if len(groups) > 1:
        return (
            f"{' and '.join(groups)} stand in one criterion; keep one of them here and put the "
            "other inside it."
        )
    if groups and asked:
        return (
            f"{groups[0]} does not go with {', '.join(asked)}; a criterion is a group of others "
            "(all, any, not) or one question about a fact."
        )
    if groups:
        return None
    if "fact" not in keys:
        return "a criterion needs one of all, any, not, or a fact that it asks about."
    return None if "id" in keys else "id is missing; results are listed under it."
