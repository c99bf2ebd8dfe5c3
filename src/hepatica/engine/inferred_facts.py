"""What follows from the facts of a record without a word about it being written down."""

from __future__ import annotations

from datetime import date

from hepatica.case.record import Fact, Record
from hepatica.case.record.derived_disease import lesion_items
from hepatica.protocol.criteria.listed import closing_fact

_RESECTED = "status.resected"
_LISTS = ("procedure.kind", "prior.kind")


def with_inferences(record: Record, on: date) -> Record:
    """The record with what follows from it, to judge by and not to keep.

    One inference is drawn: a patient who has liver metastases, and whose record lists every
    treatment and procedure and among them no resection of the liver, has not had all of them
    resected. Nobody writes that down.

    Parameters
    ----------
    record : Record
    on : date
        The day of judgement; what the record says later does not count.
    """
    if record.latest(_RESECTED, until=on) is not None or _was_operated(record, on):
        return record
    if not all(_is_complete(record, name, on) for name in _LISTS):
        return record
    why = _metastases(record, on)
    if not why:
        return record
    source = f"follows from {why}, and from no resection in the record"
    return record.with_facts([Fact(_RESECTED, False, on=on, source=source)])


def _metastases(record: Record, on: date) -> str:
    """The fact that tells of metastases in the liver; empty if none does."""
    count = record.latest("liver.lesion_count", until=on)
    if count is not None and count.comparator in (None, ">", ">=") and count.value:
        return "the number of liver metastases"
    if count is not None and count.comparator is None and count.value == 0:
        return ""
    return "the listed liver metastases" if lesion_items(record, on) else ""


def _is_complete(record: Record, name: str, on: date) -> bool:
    """Whether the record says that a list holds everything."""
    said = record.latest(closing_fact(name.partition(".")[0]), until=on)
    return said is not None and said.value is True


def _was_operated(record: Record, on: date) -> bool:
    done = (
        record.latest(name, item, on)
        for name in _LISTS
        for item in record.items(name.partition(".")[0])
    )
    return any(fact is not None and fact.value == "resection" for fact in done)
