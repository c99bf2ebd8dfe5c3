"""How a group of facts travels in a resource of its own: a drug, a procedure, the patient."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

from hepatica.case.record import Fact
from hepatica.io.fhir.finding import Finding
from hepatica.io.fhir.page import Page
from hepatica.io.fhir.shape import Json
from hepatica.io.fhir.terminology import OWN

Facts = Mapping[str, Fact]


@dataclass(frozen=True)
class Links:
    """The addresses by which the resources of one bundle refer to each other.

    Parameters
    ----------
    case_id : str
    item : str
        Of the resource that is being built; empty if there is one per patient.
    written : addresses that stand in the bundle already
    """

    case_id: str
    item: str = ""
    written: frozenset[str] = frozenset()

    def address(self, *parts: str) -> str:
        """The same words always give the same address, so that two exports can be compared."""
        return f"urn:uuid:{uuid5(NAMESPACE_URL, repr((OWN, self.case_id, *parts)))}"

    def reference(self, *parts: str) -> Json:
        """A reference to the resource with that address."""
        return {"reference": self.address(*parts)}

    def has(self, *parts: str) -> bool:
        """Whether the resource with that address stands in the bundle already."""
        return self.address(*parts) in self.written

    @property
    def patient(self) -> Json:
        """A reference to the patient."""
        return self.reference("patient", "")


@dataclass(frozen=True)
class Carrier:
    """One kind of resource, the fields that it carries, and the way there and back.

    Parameters
    ----------
    name : str
        Of the resource within the bundle, ``drug`` or ``patient``.
    group : str
        The repeated group of which it is one item; empty if there is one per patient.
    fields : those that it can carry; what does not come back exactly travels by itself
    build : the resource from the facts
    find : what the resource says
    always : bool
        Write it for every item, even if no fact stands in it, because others refer to it.
    """

    name: str
    group: str
    fields: tuple[str, ...]
    build: Callable[[Facts, Links], Json]
    find: Callable[[Page], list[Finding]]
    always: bool = False


def day_in(facts: Facts, field: str) -> str | None:
    """The day that a field of kind date holds, as FHIR writes it."""
    return str(facts[field].value) if field in facts else None


def period_in(facts: Facts, start: str, stop: str) -> Json:
    """A FHIR Period of two fields."""
    ends = {"start": day_in(facts, start), "end": day_in(facts, stop)}
    return {key: day for key, day in ends.items() if day is not None}
