"""What a FHIR resource says about one field, before it becomes a fact of the record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from hepatica.case.record import AbsentReason, Comparator, ReferenceRange, Value


@dataclass(frozen=True)
class Finding:
    """One value of one field as a resource holds it, in the unit of the field.

    Parameters
    ----------
    field : str
    value : number, truth value, text or date
        None together with ``absent``.
    comparator, absent, reference, stated
        As in a fact.
    on : date
        When it was so, as far as the resource says.
    about : str
        Address of the resource that is the item of a repeated group; empty: the resource itself.
    implied : bool
        It follows from another finding of the resource, as death does from its date.
    """

    field: str
    value: Value | None = None
    comparator: Comparator | None = None
    absent: AbsentReason | None = None
    reference: ReferenceRange | None = None
    stated: str = ""
    on: date | None = None
    about: str = ""
    implied: bool = False
