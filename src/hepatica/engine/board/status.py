"""What all rules together make of one therapy, and the shortest list of facts that would decide it.

A therapy is contraindicated as soon as one contraindication holds. Otherwise it is open if a rule
indicates or suggests it and none excludes it; what no rule opens is not indicated. Where missing
facts leave that open, the row needs data. A decided row therefore stays what it is when a gap is
filled, with one exception: a closed row may turn out to be contraindicated as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from hepatica.engine.board.records import RowStatus
from hepatica.protocol.criteria.ask import Group, Outcome, group
from hepatica.protocol.criteria.missing import Wanted, wanted
from hepatica.protocol.rules.pack import STATUSES


@dataclass(frozen=True)
class Verdict:
    """The status of a therapy, what it can become, and what would decide it."""

    status: RowStatus
    possible: tuple[RowStatus, ...]
    needs: Wanted


Effects = Sequence[tuple[str, Outcome]]
"""The status that a rule gives where it holds, and whether it does."""


def status_of(effects: Effects, on: date) -> Verdict:
    """The status of one therapy.

    Parameters
    ----------
    effects : (status, outcome) of every rule that gives one
    on : date
        The day of the board.
    """
    parts = {status: _any(effects, status) for status in STATUSES}
    barred = group("any", (parts["contraindicated"], parts["not_indicated"]))
    offered = group("any", (parts["indicated"], parts["consider"]))
    can_open = group("all", (offered, group("not", (barred,))))
    if parts["contraindicated"].truth:
        return _decided("contraindicated")
    if can_open.truth is False:
        return _decided("not_indicated")
    indicated = parts["indicated"]
    if can_open.truth and indicated.truth is not None:
        return _decided("indicated" if indicated.truth else "consider")
    possible = _possible({status: part.truth for status, part in parts.items()})
    question = indicated if can_open.truth else can_open
    return Verdict("needs_data", possible, wanted(question, on))


def _any(effects: Effects, status: str) -> Group:
    return group("any", tuple(outcome for given, outcome in effects if given == status))


def _decided(status: RowStatus) -> Verdict:
    return Verdict(status, (status,), Wanted(()))


def _possible(truth: Mapping[str, bool | None]) -> tuple[RowStatus, ...]:
    """Every status that some completion of the facts may give, in the order of the words."""
    found: list[RowStatus] = []
    if truth["contraindicated"] is None:
        found.append("contraindicated")
    offered = truth["indicated"] or truth["consider"]
    if truth["not_indicated"] is None or not offered:
        found.append("not_indicated")
    if truth["indicated"] is not True and truth["consider"] is not False:
        found.append("consider")
    if truth["indicated"] is not False:
        found.append("indicated")
    return tuple(found)
