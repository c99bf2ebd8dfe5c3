"""What a resection leaves and what it removes, as parts of the liver outside the tumours."""

from __future__ import annotations

from datetime import date

from hepatica.case.record import Fact, Record
from hepatica.engine.computed_facts import ComputedFact

REMNANT = "computed.remnant_percent"
REMOVED = "computed.removed_percent"
METHOD = "remnant / liver outside the tumours"
_VOLUMES = (
    *("liver.remnant_volume", "liver.uninvolved_volume"),
    *("liver.liver_volume", "liver.tumour_volume"),
)


def remnant_facts(record: Record, on: date) -> tuple[ComputedFact, ...]:
    """The remnant in per cent of the liver outside the tumours, and the part that is removed.

    Parameters
    ----------
    record : Record
        With the volumes of the images where it states none itself.
    on : date
        The day of judgement; later facts are not seen.

    Returns
    -------
    tuple of ComputedFact
        Both add up to 100 per cent; nothing where a volume is missing, is only known to lie on one
        side, or contradicts the others.
    """
    said = _volumes(record, on)
    remnant, outside = said.get("liver.remnant_volume"), said.get("liver.uninvolved_volume")
    whole, tumour = said.get("liver.liver_volume"), said.get("liver.tumour_volume")
    used = [remnant, outside] if outside is not None else [remnant, whole, tumour]
    facts = [fact for fact in used if fact is not None]
    if len(facts) < len(used):
        return ()
    left, *rest = (float(fact.value) for fact in facts)  # type: ignore[arg-type]
    base = rest[0] if outside is not None else rest[0] - rest[1]
    if base <= 0 or left > base:
        return ()
    days = [fact.on for fact in facts if fact.on is not None]
    names, day = tuple(fact.field for fact in facts), min(days) if days else None
    share = 100.0 * left / base
    return (
        ComputedFact(REMNANT, share, names, on=day),
        ComputedFact(REMOVED, 100.0 - share, names, on=day),
    )


def missing_volumes(record: Record, on: date) -> tuple[str, ...]:
    """The volumes that the remnant waits for."""
    said = _volumes(record, on)
    enough = "liver.uninvolved_volume" in said
    needs = ("liver.remnant_volume", *(() if enough else _VOLUMES[2:]))
    return tuple(name for name in needs if name not in said)


def _volumes(record: Record, on: date) -> dict[str, Fact]:
    found = ((name, record.latest(name, until=on)) for name in _VOLUMES)
    return {
        name: fact
        for name, fact in found
        if fact is not None and fact.value is not None and fact.comparator is None
    }
