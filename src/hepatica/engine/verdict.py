"""Met, not met or unknown: the only three answers the engine gives about a limit."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Verdict(StrEnum):
    """A judgement in Kleene's three-valued logic."""

    MET = "met"
    NOT_MET = "not met"
    UNKNOWN = "unknown"


def all_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Not met if any is not met; otherwise unknown if any is unknown; otherwise met."""
    found = set(verdicts)
    for verdict in (Verdict.NOT_MET, Verdict.UNKNOWN):
        if verdict in found:
            return verdict
    return Verdict.MET


def any_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Met if any is met; otherwise unknown if any is unknown; otherwise not met."""
    found = set(verdicts)
    for verdict in (Verdict.MET, Verdict.UNKNOWN):
        if verdict in found:
            return verdict
    return Verdict.NOT_MET
