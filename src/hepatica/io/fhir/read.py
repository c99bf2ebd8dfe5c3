"""Reads a FHIR R4 bundle, ours or another system's, into a record; says what it left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hepatica.case import Note
from hepatica.case.provenance import NoteKind
from hepatica.case.record import (
    Fact,
    Record,
    ReferenceRange,
    checked,
    conversion,
    field_named,
    fields,
)
from hepatica.errors import InvalidInput
from hepatica.io.fhir.bundle import is_patient, opened, require_one_patient, subject_address
from hepatica.io.fhir.finding import Finding
from hepatica.io.fhir.items import Items
from hepatica.io.fhir.moments import in_order_of_the_day, moment_of
from hepatica.io.fhir.observations import findings_of_observation
from hepatica.io.fhir.page import Desk, Page
from hepatica.io.fhir.patient import private_words
from hepatica.io.fhir.procedures import findings_of_prior, findings_of_procedure, is_prior
from hepatica.io.fhir.radiotherapy import findings_of_course, is_course, is_prescription
from hepatica.io.fhir.shape import Json, words
from hepatica.io.fhir.status import is_settled
from hepatica.io.fhir.tag import Tag, tags_of
from hepatica.io.fhir.unread import note_unread
from hepatica.io.fhir.write import CARRIERS
from hepatica.io.identity_words import NOBODY, IdentityWords

Find = Callable[[Page], list[Finding]]


@dataclass(frozen=True)
class FhirReading:
    """A record from a bundle, and what of the bundle did not become part of it.

    Parameters
    ----------
    record : Record
    notes : one per thing that was left out, assumed, or looks wrong
    names : what names the patient; it stands in no text of the record
    """

    record: Record
    notes: tuple[Note, ...]
    names: IdentityWords = NOBODY


def read_bundle(
    source: Json | Path,
    case_id: str,
    assume_units: Mapping[str, str] | None = None,
    names: IdentityWords | None = None,
) -> FhirReading:
    """Read a FHIR R4 bundle as JSON.

    Parameters
    ----------
    source : dict or Path
        A Bundle, or a single resource.
    case_id : str
        The pseudonym of the record. Names and numbers in the bundle are never taken.
    assume_units : mapping
        Unit by field, for quantities that state none (``{"lab.bilirubin": "mg/dL"}``).
    names : IdentityWords, optional
        Of the patient, known from elsewhere (such as her images), to keep out of texts as well.

    Raises
    ------
    InvalidInput
        If it is no bundle, or quantities state no unit; all of these are listed at once.
    Inconsistent
        If it speaks of several patients.
    """
    assumed = dict(assume_units or {})
    for field, unit in assumed.items():
        conversion(field, unit)
    index, notes = opened(source)
    desk = Desk(index, assumed, notes=notes)
    require_one_patient(index, desk)
    stated = private_words(entry.resource for entry in index.entries)
    desk.private = stated | (names or NOBODY)
    facts = _facts(desk)
    _require_units(desk)
    _note_several_primaries(facts, desk)
    return FhirReading(Record(case_id, facts), _gathered(desk.notes), desk.private)


def _facts(desk: Desk) -> tuple[Fact, ...]:
    """First the facts that we wrote ourselves, in their order; then what others added."""
    own: list[tuple[int, Fact]] = []
    foreign: list[tuple[Page, Finding]] = []
    unread: Counter[str] = Counter()
    for entry in desk.index.entries:
        page = Page(entry, desk)
        if _find_of(page) is None:
            unread[entry.kind] += 1
        elif _is_about_the_patient(page) and is_settled(page):
            own += _own_facts(page)
            foreign += [(page, finding) for finding in _foreign(page)]
    for kind, count in sorted(unread.items()):
        text = f"{count} not read: the record has no place for them."
        desk.notes.append(Note("ignored", kind, text))
    own.sort(key=lambda row: row[0])
    items = Items.of(desk, [fact for _, fact in own])
    others = [(_fact(page, finding, items), moment_of(page.resource)) for page, finding in foreign]
    possible = [row for row in others if _is_possible(row[0], desk)]
    facts = [fact for _, fact in own if _is_possible(fact, desk)]
    return (*facts, *in_order_of_the_day(possible, desk.notes))


def _find_of(page: Page) -> Find | None:
    """The reader of a resource, by its type and content."""
    kind, resource = page.entry.kind, page.resource
    if kind == "Observation":
        return findings_of_observation
    if kind == "Procedure":
        if is_course(resource):
            return findings_of_course
        return findings_of_prior if is_prior(resource) else findings_of_procedure
    if kind == "ServiceRequest" and not (is_prescription(resource) or tags_of(resource)[0]):
        return None
    if kind == "Patient" and page.entry.container:
        return None
    return _READERS.get(kind)


_READERS: Mapping[str, Find] = {
    "Patient": CARRIERS[0].find,
    "Condition": CARRIERS[1].find,
    "BodyStructure": CARRIERS[3].find,
    "ServiceRequest": CARRIERS[4].find,
    "MedicationRequest": CARRIERS[6].find,
    "MedicationAdministration": CARRIERS[6].find,
    "MedicationStatement": CARRIERS[6].find,
    "ImagingStudy": CARRIERS[9].find,
    "AdverseEvent": CARRIERS[10].find,
}


def _is_about_the_patient(page: Page) -> bool:
    if page.entry.kind == "Patient":
        return True
    address = subject_address(page)
    if not address:
        page.note(
            "It does not say whom it is about; taken as the patient of the bundle.", "assumed"
        )
        return True
    if is_patient(address, page.desk.index):
        return True
    page.note("It is about a group, a device or a place, not about the patient; not taken.")
    return False


def _own_facts(page: Page) -> list[tuple[int, Fact]]:
    """The facts that a resource of ours holds, as they were before they were written."""
    tags, odd = tags_of(page.resource)
    if odd:
        page.note(f"{odd} of its extensions of Hepatica cannot be read.", "warning")
    if not tags:
        return []
    named = {tag.field for tag in tags}
    finds: set[Find] = {findings_of_observation}
    if page.entry.kind != "Observation":
        finds = {carrier.find for carrier in CARRIERS if named & set(carrier.fields)}
    found = {f.field: f for find in finds for f in find(page)}
    for extra in found.values():
        if extra.field not in named and not extra.implied:
            page.note(f"{extra.field} was added by another system; not taken.", "warning")
    return [
        (tag.place, fact)
        for tag in tags
        if (fact := _own_fact(tag, found.get(tag.field), page)) is not None
    ]


def _own_fact(tag: Tag, found: Finding | None, page: Page) -> Fact | None:
    """A fact from its extension and the value in the standard element."""
    if tag.field not in fields():
        page.note(f"{tag.field} is a field that this Hepatica does not know.", "warning")
        return None
    if found is None:
        page.note(f"{tag.field} is announced here but was removed.", "warning")
        return None
    value, absent = (found.value, found.absent) if tag.text is None else (tag.text, None)
    field = field_named(tag.field)
    own_unit = field.unit if field.kind == "quantity" and absent is None else ""
    reference = ReferenceRange() if tag.empty_reference else found.reference
    return Fact(
        field=tag.field,
        value=value,
        item=tag.item,
        unit=tag.unit or own_unit,
        comparator=tag.comparator or found.comparator,
        on=found.on if page.entry.kind == "Observation" else tag.on,
        source=tag.source,
        stated=tag.stated,
        reference=reference,
        absent=absent,
        recorded_at=tag.recorded_at,
    )


def _foreign(page: Page) -> list[Finding]:
    """What a resource of another system says, in fields of the record."""
    find = _find_of(page)
    if find is None or tags_of(page.resource)[0]:
        return []
    found = find(page)
    if found:
        note_unread(page)
    return [f for one in found if (f := _fitting(one, page)) is not None]


def _fitting(finding: Finding, page: Page) -> Finding | None:
    """Leaves out what identifies a patient, and puts a trend where the record keeps it."""
    if finding.field == "imaging.study_uid":
        page.note("The DICOM number of the study is left out; it identifies the patient.")
        return None
    if finding.field == "imaging.response" and not finding.about:
        if finding.value == "progression":
            return Finding("outcome.progressed", True, on=finding.on)
        page.note(
            f"The disease is {finding.value}; without an examination there is no place for it."
        )
        return None
    return finding


def _fact(page: Page, finding: Finding, items: Items) -> Fact:
    field = field_named(finding.field)
    has_unit = field.kind == "quantity" and finding.absent is None
    return Fact(
        field=finding.field,
        value=finding.value,
        item=items.number(field.group, finding.about or page.entry.address) if field.group else "",
        unit=field.unit if has_unit else "",
        comparator=finding.comparator,
        on=finding.on,
        source=f"FHIR {page.entry.label}",
        stated=finding.stated,
        reference=finding.reference,
        absent=finding.absent,
        recorded_at=_issued(page.resource),
    )


def _issued(resource: Json) -> datetime | None:
    try:
        return datetime.fromisoformat(words(resource, "issued"))
    except ValueError:
        return None


def _is_possible(fact: Fact, desk: Desk) -> bool:
    try:
        checked(fact)
    except InvalidInput as error:
        desk.notes.append(Note("warning", fact.source or fact.field, f"{error} Not taken."))
        return False
    return True


def _gathered(notes: Iterable[Note]) -> tuple[Note, ...]:
    """What was said of many resources in the same words is said once, with all their names."""
    found: dict[tuple[NoteKind, str], list[str]] = {}
    for note in notes:
        found.setdefault((note.kind, note.text), []).append(note.subject)
    return tuple(Note(kind, _named(subjects), text) for (kind, text), subjects in found.items())


def _named(subjects: list[str]) -> str:
    """Types are all named; of resources of a type, which have numbers, the first three are."""
    if all(subject.isalpha() for subject in subjects):
        return ", ".join(subjects)
    shown = ", ".join(subjects[:3])
    return shown if len(subjects) <= 3 else f"{shown} and {len(subjects) - 3} more"


def _require_units(desk: Desk) -> None:
    if desk.faults:
        count = len(desk.faults)
        listed = "\n".join(dict.fromkeys(desk.faults))
        raise InvalidInput(f"The bundle has {count} value(s) without a unit:\n{listed}")


def _note_several_primaries(facts: Iterable[Fact], desk: Desk) -> None:
    sites = {str(f.value) for f in facts if f.field == "cancer.primary_site" and f.absent is None}
    foreign = any(f.source.startswith("FHIR Condition") for f in facts)
    if len(sites) > 1 and foreign:
        text = f"Several primary cancers: {', '.join(sorted(sites))}. The newest one counts."
        desk.notes.append(Note("warning", "cancer.primary_site", text))
