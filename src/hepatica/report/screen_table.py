"""Screening as tables of plain text: one patient in full, or one row for each of many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hepatica.engine.screen import OUTCOMES, Screening
from hepatica.engine.work_list import Want
from hepatica.protocol.criteria import LeafJudgement

_MOST_REASONS = 3
_ANSWERS = {"true": "yes", "false": "no", "unknown": "unknown"}
_SHORT = {"eligible": "yes", "not_eligible": "no"}


@dataclass(frozen=True)
class TextTable:
    """A table for the terminal: title, column heads, and rows of text."""

    title: str
    columns: list[str]
    rows: list[list[str]]


def screening_tables(screening: Screening) -> Iterator[TextTable]:
    """What decided about one patient, and what is still to be found out.

    Parameters
    ----------
    screening : Screening

    Yields
    ------
    TextTable
        The work-list of an undetermined patient; else the criteria that decided.
    """
    if screening.outcome == "undetermined":
        rows = [_want_row(want) for want in screening.work_list]
        columns = ["to find out", "why", "asked by", "one value can decide"]
        yield TextTable("Work-list", columns, rows)
        return
    rows = [_leaf_row(leaf) for leaf in screening.judgement.decisive]
    if rows:
        columns = ["criterion", "answer", "found", "asked", "source"]
        yield TextTable("What decides", columns, rows)


def cohort_table(screenings: Sequence[Screening]) -> TextTable:
    """One row for each patient.

    Parameters
    ----------
    screenings : sequence of Screening
        Of many patients; of one protocol, or of several.

    Returns
    -------
    TextTable
        Of one protocol with the reason. Of several with a numbered column for each: ``yes``,
        ``no``, or ``?2`` where two facts would decide; :func:`outcome_counts` says the numbers.
    """
    protocols = list(dict.fromkeys(one.protocol for one in screenings))
    if len(protocols) == 1:
        rows = [[one.case_id, one.outcome.replace("_", " "), why(one)] for one in screenings]
        return TextTable(protocols[0], ["case", "outcome", "why"], rows)
    found = {(one.case_id, one.protocol): short(one) for one in screenings}
    cases = dict.fromkeys(one.case_id for one in screenings)
    rows = [[case, *(found[case, name] for name in protocols)] for case in cases]
    numbers = [str(number) for number, _ in enumerate(protocols, start=1)]
    title = "Eligible (?2: two facts would decide; the numbers are those of the table below)"
    return TextTable(title, ["case", *numbers], rows)


def outcome_counts(screenings: Sequence[Screening]) -> TextTable:
    """How many patients each protocol takes, does not take, and cannot be judged for."""
    protocols = dict.fromkeys(one.protocol for one in screenings)
    counted = Counter((one.protocol, one.outcome) for one in screenings)
    rows = [
        [str(number), name, *(str(counted[name, outcome]) for outcome in OUTCOMES)]
        for number, name in enumerate(protocols, start=1)
    ]
    columns = [outcome.replace("_", " ") for outcome in OUTCOMES]
    return TextTable("Patients", ["", "protocol", *columns], rows)


def short(screening: Screening) -> str:
    """``yes``, ``no``, or ``?2`` where two facts would decide."""
    if screening.outcome in _SHORT:
        return _SHORT[screening.outcome]
    facts = {need.fact for want in screening.work_list for need in want.needs}
    return f"?{len(facts)}"


def why(screening: Screening) -> str:
    """The first reasons of an outcome, or the facts that would decide."""
    if screening.outcome == "eligible":
        return ""
    if screening.outcome == "undetermined":
        needs = [need.name for want in screening.work_list for need in want.needs]
        return f"needs {_first(needs)}"
    return _first([leaf.found for leaf in screening.judgement.decisive])


def _first(words: Sequence[str]) -> str:
    unique = list(dict.fromkeys(words))
    more = len(unique) - _MOST_REASONS
    tail = f" and {more} more" if more > 0 else ""
    return "; ".join(unique[:_MOST_REASONS]) + tail


def _leaf_row(leaf: LeafJudgement) -> list[str]:
    mark = " (recalled)" if leaf.status == "recalled" else ""
    place = leaf.source.document + (f", {leaf.source.where}" if leaf.source.where else "")
    return [leaf.text or leaf.id, _ANSWERS[leaf.truth], leaf.found, leaf.asked, f"{place}{mark}"]


def _want_row(want: Want) -> list[str]:
    names = ", ".join(need.name for need in want.needs)
    enough = "yes" if want.is_enough else ""
    return [names, ", ".join(want.whys), ", ".join(want.criteria), enough]
