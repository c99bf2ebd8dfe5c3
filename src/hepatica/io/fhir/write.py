"""Writes a record as a FHIR R4 bundle, with mCODE and CodeX profiles where they are met."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from hepatica.case.record import Fact, Record, field_named
from hepatica.io.fhir.carrier import Carrier, Links
from hepatica.io.fhir.conditions import PRIMARY, SECONDARY
from hepatica.io.fhir.medications import DRUG
from hepatica.io.fhir.observations import observation
from hepatica.io.fhir.page import lone_page
from hepatica.io.fhir.patient import PATIENT
from hepatica.io.fhir.procedures import PRIOR, PROCEDURE
from hepatica.io.fhir.radiotherapy import COURSE, PRESCRIPTION
from hepatica.io.fhir.shape import Json
from hepatica.io.fhir.studies import IMAGING, TOXICITY
from hepatica.io.fhir.tag import is_plain, written_tag
from hepatica.io.fhir.terminology import OWN_TAG
from hepatica.io.fhir.tumours import LESION

CARRIERS: tuple[Carrier, ...] = (
    *(PATIENT, PRIMARY, SECONDARY, LESION, PRESCRIPTION, COURSE),
    *(DRUG, PROCEDURE, PRIOR, IMAGING, TOXICITY),
)
"""In the order in which they stand in a bundle."""

Facts = dict[int, Fact]


def write_bundle(record: Record) -> Json:
    """The record as a Bundle of type collection, which loses nothing.

    A fact that has a place in a resource of its own (the patient's sex, the start of a drug)
    stands there; every other one is an Observation, under a LOINC code where there is one and
    always under the name of its field. What the standard elements cannot hold (source, words as
    they were stated, place in the record) stands in an extension beside them.

    Parameters
    ----------
    record : Record

    Returns
    -------
    bundle : dict
        JSON of FHIR R4 (4.0.1). The same record always gives the same bundle.
    """
    pending: Facts = dict(enumerate(record.facts))
    entries: dict[str, Json] = {}
    for carrier in CARRIERS:
        for item in record.items(carrier.group) if carrier.group else ("",):
            links = Links(record.case_id, item, frozenset(entries))
            carried = _carried(carrier, pending, links)
            if carried or carrier.always:
                address = links.address(carrier.name, item)
                entries[address] = _resource(carrier, carried, links)
            for place in carried:
                del pending[place]
    links = Links(record.case_id, "", frozenset(entries))
    for place, fact in pending.items():
        focus = _focus(fact, links)
        address = links.address("fact", str(place))
        entries[address] = observation(fact, place, links.patient, focus)
    return _bundle(entries)


def _carried(carrier: Carrier, pending: Facts, links: Links) -> Facts:
    """The newest facts of a carrier's fields that come back exactly when it is read again."""
    chosen = _newest(carrier, pending, links.item)
    while chosen:
        built = carrier.build({fact.field: fact for fact in chosen.values()}, links)
        found = {f.field: f.value for f in carrier.find(lone_page(built))}
        kept = {p: f for p, f in chosen.items() if _same(found.get(f.field), f.value)}
        if len(kept) == len(chosen):
            break
        chosen = kept
    return chosen


def _newest(carrier: Carrier, pending: Facts, item: str) -> Facts:
    newest: dict[str, int] = {}
    for place, fact in pending.items():
        if fact.field not in carrier.fields or fact.item != item or not _is_simple(fact):
            continue
        before = newest.get(fact.field)
        if before is None or _age(fact) >= _age(pending[before]):
            newest[fact.field] = place
    return {place: pending[place] for place in sorted(newest.values())}


def _is_simple(fact: Fact) -> bool:
    """Whether only an Observation could hold what the fact says beside its value."""
    blank = isinstance(fact.value, str) and not is_plain(fact.value)
    return fact.absent is None and fact.comparator is None and fact.reference is None and not blank


def _same(found: object, value: object) -> bool:
    return found == value and isinstance(found, bool) == isinstance(value, bool)


def _age(fact: Fact) -> date:
    return fact.on or date.min


def _resource(carrier: Carrier, carried: Facts, links: Links) -> Json:
    built = carrier.build({fact.field: fact for fact in carried.values()}, links)
    tags = [written_tag(fact, place, True) for place, fact in carried.items()]
    return built | {"extension": [*built.get("extension", ()), *tags]}


def _focus(fact: Fact, links: Links) -> Json | None:
    """The resource of the item to which an Observation belongs."""
    group = field_named(fact.field).group
    for carrier in CARRIERS:
        if group and carrier.group == group and links.has(carrier.name, fact.item):
            return links.reference(carrier.name, fact.item)
    return None


def _bundle(entries: dict[str, Json]) -> Json:
    rows = [
        {"fullUrl": address, "resource": _finished(address, resource)}
        for address, resource in entries.items()
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": rows}


def _finished(address: str, resource: Json) -> Json:
    """With its id and the mark of its origin, and without empty lists, which FHIR forbids."""
    meta = resource.get("meta", {}) | {"tag": [{"system": OWN_TAG, "code": "hepatica"}]}
    first = {
        "resourceType": resource["resourceType"],
        "id": address.removeprefix("urn:uuid:"),
        "meta": meta,
    }
    return first | {key: value for key, value in _filled(resource.items()) if key not in first}


def _filled(items: Iterable[tuple[str, object]]) -> list[tuple[str, object]]:
    return [(key, value) for key, value in items if value not in ([], {})]
