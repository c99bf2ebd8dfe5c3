"""Gives the drugs, tumours and examinations of a bundle their numbers in the record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from hepatica.case.record import Fact, field_named
from hepatica.io.fhir.page import Desk, Page
from hepatica.io.fhir.radiotherapy import course_address, is_course


@dataclass
class Items:
    """Numbers by group and address; those of facts that we wrote ourselves stay taken."""

    desk: Desk
    taken: set[tuple[str, str]] = field(default_factory=set)
    numbers: dict[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def of(cls, desk: Desk, own: Iterable[Fact]) -> Items:
        """With the items of these facts taken."""
        return cls(desk, {(field_named(f.field).group, f.item) for f in own if f.item})

    def number(self, group: str, address: str) -> str:
        """The item of a group that a resource stands for; always the same for one address."""
        key = group, self._course(address)
        if key not in self.numbers:
            number = 1
            while (group, str(number)) in self.taken:
                number += 1
            self.numbers[key] = str(number)
            self.taken.add((group, str(number)))
        return self.numbers[key]

    def _course(self, address: str) -> str:
        """A course of radiotherapy goes by the address of its prescription."""
        entry = self.desk.index.entry(address)
        if entry is None or entry.kind != "Procedure" or not is_course(entry.resource):
            return address
        return course_address(Page(entry, self.desk))
