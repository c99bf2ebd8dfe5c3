"""One resource on the table while it is read, with the notes that are made about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hepatica.case import Note
from hepatica.case.provenance import NoteKind
from hepatica.case.record import conversion, converted
from hepatica.errors import InvalidInput
from hepatica.io.fhir.references import Entry, Index
from hepatica.io.fhir.shape import Json
from hepatica.io.identity_words import NOBODY, IdentityWords


@dataclass
class Desk:
    """What is shared while a bundle is read: what may be assumed, and what was noticed.

    Parameters
    ----------
    index : Index
    assume_units : mapping
        Unit by field, for quantities that state none.
    private : names and numbers of the patient, to keep them out of texts
    notes, faults : filled while reading
    """

    index: Index
    assume_units: Mapping[str, str] = field(default_factory=dict)
    private: IdentityWords = NOBODY
    notes: list[Note] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Page:
    """One entry of the bundle on the desk."""

    entry: Entry
    desk: Desk

    @property
    def resource(self) -> Json:
        """The resource itself."""
        return self.entry.resource

    def note(self, text: str, kind: NoteKind = "ignored") -> None:
        """Say something about this resource in the report of the reading."""
        self.desk.notes.append(Note(kind, self.entry.label, self.clean(text)))

    def address(self, reference: Json) -> str:
        """The address of what this resource refers to."""
        return self.desk.index.address(reference, self.entry)

    def referred(self, reference: Json) -> Json:
        """The resource that this one refers to; empty if it is not in the bundle."""
        return self.desk.index.resource(reference, self.entry)

    def clean(self, text: str) -> str:
        """A text without the patient's names and numbers."""
        return self.desk.private.cleaned(text)

    def in_field_unit(self, name: str, value: float, units: Iterable[str]) -> float | None:
        """A value in the unit of its field, from the first of its units that is understood.

        A missing unit is a fault of the bundle unless the caller has said which one is meant; an
        unknown unit is noted and its value not taken.
        """
        stated = [unit for unit in units if unit.strip()]
        if not stated and name in self.desk.assume_units:
            stated = [self.desk.assume_units[name]]
            self.note(f"{name} states no unit; {stated[0]} is assumed as asked.", "assumed")
        known = [unit for unit in stated if _known(name, unit)]
        if len({(rule.factor, rule.zero) for rule in (conversion(name, u) for u in known)}) > 1:
            said = " and ".join(known)
            self.note(f"{name}: its units {said} contradict each other; not taken.", "warning")
            return None
        try:
            return converted(name, value, (known or stated or [""])[0])
        except InvalidInput as error:
            if stated:
                self.note(f"{error} The value was not taken.", "warning")
            else:
                self.desk.faults.append(f"{self.entry.label}: {error}")
            return None


def lone_page(resource: Json) -> Page:
    """A resource read on its own, as the writer does to check that nothing is lost."""
    entry = Entry(0, "lone", "", resource)
    return Page(entry, Desk(Index((entry,))))


def _known(name: str, unit: str) -> bool:
    try:
        conversion(name, unit)
    except InvalidInput:
        return False
    return True
