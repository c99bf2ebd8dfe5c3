"""Volumes that decide about a resection: tumour burden, remnant, and the part that is removed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from hepatica.case.record import Fact, Record
from hepatica.engine.board.records import Number
from hepatica.engine.screen import Known

REMOVED = "liver.removed_fraction"
_OPERATIVE = ("resection", "portal-vein-embolisation")
_BURDEN = ("resection", "hai-fudr-xelox", "selective-internal-radiation", "whole-liver-boost")
_REMNANT = "remnant / liver outside the tumours"


def volume_numbers(known: Known) -> Iterator[Number]:
    """Tumour burden and remnant of one patient."""
    burden = known.derived["derived.tumour_burden_percent"]
    yield Number(
        name=burden.field,
        label="Tumour burden",
        value=float(burden.value) if isinstance(burden.value, int | float) else None,
        unit="%",
        therapies=_BURDEN,
        source=burden.formula,
        status="verified",
        missing=burden.missing,
        caveat=burden.reason,
    )
    yield _remnant(known)


def with_removed_part(record: Record, known: Known) -> Record:
    """The record with the part that a resection removes, where only its volumes are known.

    It is 100 per cent less the remnant as a part of the liver outside the tumours.

    Parameters
    ----------
    record : Record
    known : Known
        The same patient with the volumes of the images.
    """
    said = record.latest(REMOVED, until=known.on)
    if said is not None and (said.value is not None or said.absent not in ("unknown", None)):
        return record
    share, facts = _remnant_percent(known.facts.record, known.on)
    if share is None or not 0 <= share <= 100:
        return record
    days = [fact.on for fact in facts if fact.on is not None]
    fact = Fact(
        REMOVED,
        100.0 - share,
        unit="%",
        on=min(days) if days else None,
        source=f"computed: 100 % less {_REMNANT}",
    )
    return record.with_facts((fact,))


def _remnant(known: Known) -> Number:
    share, facts = _remnant_percent(known.facts.record, known.on)
    needs = ("liver.remnant_volume", "liver.liver_volume", "liver.tumour_volume")
    given = {fact.field for fact in facts}
    return Number(
        name="computed.remnant_percent",
        label="Future remnant, part of the liver outside the tumours",
        value=share,
        unit="%",
        therapies=_OPERATIVE,
        source=_REMNANT,
        status="verified",
        missing=() if share is not None else tuple(name for name in needs if name not in given),
    )


def _remnant_percent(record: Record, on: date) -> tuple[float | None, tuple[Fact, ...]]:
    """Remnant as a part of the liver outside the tumours, per cent, and the facts it came from."""
    names = ("remnant_volume", "uninvolved_volume", "liver_volume", "tumour_volume")
    said = {name: _exact(record, f"liver.{name}", on) for name in names}
    remnant, outside = said["remnant_volume"], _volume(said["uninvolved_volume"])
    whole, tumour = _volume(said["liver_volume"]), _volume(said["tumour_volume"])
    if outside is None and whole is not None and tumour is not None:
        outside = whole - tumour
    facts = tuple(fact for fact in said.values() if fact is not None)
    volume = _volume(remnant)
    if volume is None or outside is None or outside <= 0:
        return None, facts
    return 100.0 * volume / outside, facts


def _exact(record: Record, name: str, on: date) -> Fact | None:
    fact = record.latest(name, until=on)
    return None if fact is None or fact.value is None or fact.comparator else fact


def _volume(fact: Fact | None) -> float | None:
    return None if fact is None else float(fact.value)  # type: ignore[arg-type]
