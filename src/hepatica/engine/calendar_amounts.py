"""How much of a drug one patient is given: by body surface or weight, never above its ceiling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from hepatica.case.record.field import field_named
from hepatica.engine.screen import Known
from hepatica.protocol import Drug

if TYPE_CHECKING:
    from hepatica.case.record.derived_value import Derived

_BSA, _WEIGHT = "derived.bsa", "patient.weight"


@dataclass(frozen=True)
class Measure:
    """Body surface or weight of a patient, or why it is not known.

    Parameters
    ----------
    name : str
        ``body surface area`` or ``weight``.
    value : float
        m2 or kg; None if it is not known.
    basis : str
        Where it comes from, with days; or what is missing.
    """

    name: str
    value: float | None
    unit: str
    basis: str

    def __str__(self) -> str:
        if self.value is None:
            return f"{self.name} unknown: {self.basis}"
        return f"{self.name} {self.value:.3g} {self.unit} ({self.basis})"


@dataclass(frozen=True)
class PatientSize:
    """What doses are reckoned by, as the record has it on a day."""

    case_id: str
    on: date
    bsa: Measure
    weight: Measure

    def measure(self, drug: Drug) -> Measure | None:
        """What the dose of a drug is reckoned by; None if by nothing."""
        return {"mg/m2": self.bsa, "mg/kg": self.weight}.get(drug.unit or "")

    def as_document(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "case_id": self.case_id,
            "on": self.on.isoformat(),
            "bsa_m2": self.bsa.value,
            "weight_kg": self.weight.value,
            "basis": [str(self.bsa), str(self.weight)],
        }


@dataclass(frozen=True)
class Amount:
    """One administration of a drug for one patient.

    Parameters
    ----------
    mg : float
        None if it is not known.
    words : str
        The amount, its ceiling where that was met, or what is missing.
    """

    mg: float | None
    words: str


def size_of(known: Known) -> PatientSize:
    """Body surface and weight of a patient on the day of judgement."""
    return PatientSize(
        known.record.case_id, known.on, _surface(known.derived[_BSA]), _weight(known)
    )


def amount_of(drug: Drug, size: PatientSize, percent: float = 100.0) -> Amount | None:
    """How much of a drug a patient is given at a time.

    Parameters
    ----------
    drug : Drug
    size : PatientSize
    percent : float
        Share of the dose that is given, from a rule of dose modification; of the dose after its
        ceiling, because that is what was given before.

    Returns
    -------
    Amount or None
        None for a drug whose dose is not published or is not one in mg.
    """
    if drug.dose is None or drug.unit not in ("mg", "mg/m2", "mg/kg"):
        return None
    by = size.measure(drug)
    if by is not None and by.value is None:
        return Amount(None, f"amount unknown, {by}{_at_most(drug)}")
    full_mg = drug.dose * (1.0 if by is None or by.value is None else by.value)
    whole_mg = full_mg if drug.cap_mg is None else min(full_mg, drug.cap_mg)
    given_mg = whole_mg * percent / 100.0
    words = f"{given_mg:.4g} mg{_each(drug)}"
    if percent != 100.0:
        words += f" instead of {whole_mg:.4g} mg"
    if whole_mg < full_mg:
        cited = drug.source_of("cap_mg")
        words += f", capped at {whole_mg:.4g} mg where size gives {full_mg:.4g} mg: {cited}"
    return Amount(given_mg, words + _recalled(drug))


def size_sentences(size: PatientSize, drugs: Sequence[Drug]) -> tuple[str, ...]:
    """What the amounts rest on, or what they lack, each once."""
    used = [measure for drug in drugs if drug.dose and (measure := size.measure(drug)) is not None]
    found = []
    for measure in dict.fromkeys(used):
        names = ", ".join(d.name for d in drugs if d.dose and size.measure(d) is measure)
        verb = "are reckoned by" if measure.value is not None else "are unknown:"
        found.append(f"Amounts of {names} {verb} {measure}.")
    return tuple(found)


def _surface(found: Derived) -> Measure:
    if not isinstance(found.value, float):
        return Measure("body surface area", None, "m2", _lacking(found.missing, found.reason))
    facts = ", ".join(
        f"{field_named(f.field).label.lower()} {f.value:g} {f.unit}{_dated(f.on)}"
        for f in found.derived_from
        if isinstance(f.value, int | float)
    )
    formula = found.formula.partition(":")[0]
    return Measure("body surface area", found.value, "m2", f"{formula}, {facts}")


def _weight(known: Known) -> Measure:
    fact = known.facts.latest(_WEIGHT, until=known.on)
    if fact is None or not isinstance(fact.value, int | float):
        return Measure("weight", None, "kg", _lacking((_WEIGHT,), ""))
    if fact.comparator is not None:
        reason = f"only known as {fact.comparator} {fact.value:g} kg"
        return Measure("weight", None, "kg", reason)
    return Measure("weight", float(fact.value), "kg", f"of {fact.on or 'an unknown day'}")


def _lacking(missing: Sequence[str], reason: str) -> str:
    named = [f"{field_named(name).label.lower()} ({name})" for name in missing]
    return f"the record lacks {' and '.join(named)}" if named else reason.rstrip(".")


def _dated(on: date | None) -> str:
    return "" if on is None else f" of {on}"


def _at_most(drug: Drug) -> str:
    return "" if drug.cap_mg is None else f"; at most {drug.cap_mg:g} mg in any case"


def _each(drug: Drug) -> str:
    """What one amount is for: a day, a cycle, or one of several times a day."""
    if drug.per in ("day", "cycle"):
        return f" a {drug.per}"
    return " each time" if (drug.times_a_day or 1) > 1 else ""


def _recalled(drug: Drug) -> str:
    keys = ("dose", "cap_mg") if drug.cap_mg is not None else ("dose",)
    recalled = any(drug.status_of(key) == "recalled" for key in keys)
    return " (from a recalled number: confirm it before use)" if recalled else ""
