"""Finds what a resource refers to: by full address, by type and id, by urn:uuid, or contained."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from hepatica.io.fhir.shape import Json, part, rows, words


@dataclass(frozen=True)
class Entry:
    """One resource of a bundle.

    Parameters
    ----------
    number : int
        Its place in the bundle, from 1; a contained resource has that of its container.
    address : str
        By which the index knows it.
    base : str
        Of the server that its full address names; relative references start there.
    resource : the JSON
    container : address of the resource that contains it; empty if none does
    """

    number: int
    address: str
    base: str
    resource: Json
    container: str = ""

    @property
    def kind(self) -> str:
        """Its resource type."""
        return words(self.resource, "resourceType")

    @property
    def label(self) -> str:
        """How notes and sources name it: never by its id, which may be a hospital number."""
        return f"{self.kind or 'entry'} {self.number}"


@dataclass(frozen=True)
class Index:
    """All resources of a bundle by the ways in which others refer to them."""

    entries: Sequence[Entry]

    def address(self, reference: Json, origin: Entry) -> str:
        """The address of what is referred to; a text of its own if it is not in the bundle."""
        target = words(reference, "reference")
        if not target:
            identifier = part(reference, "identifier")
            stated = f"{words(identifier, 'system')}|{words(identifier, 'value')}"
            return self._by_identifier.get(stated, f"identifier:{stated}" if identifier else "")
        if target.startswith("#"):
            return f"{origin.container or origin.address}{target if target != '#' else ''}"
        _, conditional, stated = target.partition("?identifier=")
        if conditional:
            return self._by_identifier.get(stated, f"identifier:{stated}")
        target = re.sub(r"/_history/[^/]*$", "", target)
        for guess in (target, f"{origin.base}{target}"):
            if guess in self._by_address:
                return self._by_address[guess].address
        short = "/".join(target.split("/")[-2:])
        return self._short.get(short, short)

    def resource(self, reference: Json, origin: Entry) -> Json:
        """The resource that is referred to; empty if it is not in the bundle."""
        found = self.entry(self.address(reference, origin))
        return found.resource if found else {}

    def entry(self, address: str) -> Entry | None:
        """The entry with that address."""
        return self._by_address.get(address)

    @cached_property
    def _by_address(self) -> Mapping[str, Entry]:
        return MappingProxyType({entry.address: entry for entry in self.entries})

    @cached_property
    def _short(self) -> Mapping[str, str]:
        """Address by type and id, where that is unique in the bundle."""
        found: dict[str, list[str]] = {}
        for entry in self.entries:
            if words(entry.resource, "id") and not entry.container:
                short = f"{entry.kind}/{words(entry.resource, 'id')}"
                found.setdefault(short, []).append(entry.address)
        return {short: many[0] for short, many in found.items() if len(many) == 1}

    @cached_property
    def _by_identifier(self) -> Mapping[str, str]:
        return {
            f"{words(row, 'system')}|{words(row, 'value')}": entry.address
            for entry in self.entries
            if not entry.container
            for row in rows(entry.resource, "identifier")
            if words(row, "value")
        }


def entries_of(resources: Sequence[tuple[str, Json]]) -> tuple[Entry, ...]:
    """Entries from full address and resource, with what they contain behind each."""
    found: list[Entry] = []
    for number, (full, resource) in enumerate(resources, start=1):
        short = f"{words(resource, 'resourceType')}/{words(resource, 'id') or f'entry-{number}'}"
        address = full or short
        base = full[: -len(short)] if full.endswith(f"/{short}") else ""
        found.append(Entry(number, address, base, resource))
        for inside in rows(resource, "contained"):
            inner = f"{address}#{words(inside, 'id')}"
            found.append(Entry(number, inner, base, inside, container=address))
    return tuple(found)
