"""Volumes that decide about a resection: tumour burden and remnant."""

from __future__ import annotations

from collections.abc import Iterator

from hepatica.engine.board.records import Number
from hepatica.engine.remnant import METHOD, REMNANT, missing_volumes
from hepatica.engine.screen import Known

_OPERATIVE = ("resection", "portal-vein-embolisation")
_BURDEN = ("resection", "hai-fudr-xelox", "selective-internal-radiation", "whole-liver-boost")


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


def _remnant(known: Known) -> Number:
    found = known.facts.latest(REMNANT)
    share = None if found is None else found.value
    record, on = known.facts.record, known.on
    return Number(
        name=REMNANT,
        label="Future remnant, part of the liver outside the tumours",
        value=float(share) if isinstance(share, int | float) else None,
        unit="%",
        therapies=_OPERATIVE,
        source=METHOD,
        status="verified",
        missing=missing_volumes(record, on) if share is None else (),
    )
