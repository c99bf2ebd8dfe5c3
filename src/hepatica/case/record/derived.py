"""What a clinician computes from the facts of a record: surface, scores, kidney, burden, age."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType

from hepatica.case.record import derived_disease as disease
from hepatica.case.record import derived_formulas as formulas
from hepatica.case.record import derived_time as time
from hepatica.case.record.derived_fields import DERIVED_FIELDS
from hepatica.case.record.derived_value import Derived, Span, computed, known, unknown
from hepatica.case.record.fact import Value
from hepatica.case.record.record import Record
from hepatica.errors import InvalidInput

__all__ = ["DERIVED_FIELDS", "Derived", "derive"]

_CHILD_PUGH = (
    *("lab.bilirubin", "lab.albumin", "lab.inr"),
    *("function.ascites", "function.encephalopathy"),
)
_MELD = ("lab.bilirubin", "lab.inr", "lab.creatinine", "lab.sodium")


def derive(
    record: Record, on: date | None = None, bsa_formula: str = "mosteller"
) -> Mapping[str, Derived]:
    """Every computed value, as it was known on a day.

    Parameters
    ----------
    record : Record
    on : date
        Later facts are left out. Without a day, all facts count, and what depends on the day
        (age from the year of birth, days since chemotherapy) is unknown.
    bsa_formula : mosteller, du_bois, haycock or gehan_george

    Returns
    -------
    values : mapping of DERIVED_FIELDS' names to Derived

    Raises
    ------
    InvalidInput
        If there is no such formula of the body surface area.
    """
    years = time.age(record, on)
    albi = _albi(record, on)
    found = (
        years,
        _bsa(record, on, bsa_formula),
        _child_pugh_points(record, on),
        _from_facts("derived.child_pugh_class", record, on, _CHILD_PUGH, _class_of),
        albi,
        _albi_grade(record, on, albi),
        _meld_na(record, on),
        _egfr(record, on, years),
        _creatinine_clearance(record, on, years),
        disease.tumour_burden(record, on),
        disease.lesion_count(record, on),
        disease.largest_diameter(record, on),
        time.chemotherapy_free_days(record, on),
    )
    return MappingProxyType({value.field: value for value in found})


def _from_facts(
    name: str,
    record: Record,
    on: date | None,
    needs: tuple[str, ...],
    formula: Callable[..., Value],
) -> Derived:
    spans = {need: known(record, need, on) for need in needs}
    return _from_spans(name, spans, formula)


def _from_spans(
    name: str, spans: Mapping[str, Span | None], formula: Callable[..., Value]
) -> Derived:
    inputs = [span for span in spans.values() if span is not None]
    if len(inputs) < len(spans):
        facts = tuple(fact for span in inputs for fact in span.facts)
        missing = [need for need, span in spans.items() if span is None]
        return unknown(name, facts, missing)
    return computed(name, inputs, formula)


def _bsa(record: Record, on: date | None, formula: str) -> Derived:
    row = formulas.bsa_formula(formula)
    found = _from_facts(
        "derived.bsa",
        record,
        on,
        ("patient.height", "patient.weight"),
        lambda height, weight: formulas.body_surface_area_m2(height, weight, formula),
    )
    text = (
        f"{formula}: {row['factor']:.6g} * height(cm) ** {row['height_power']:g} "
        f"* weight(kg) ** {row['weight_power']:g}"
    )
    return replace(found, formula=text, source=row["source"], status=row["status"])


def _child_pugh_points(record: Record, on: date | None) -> Derived:
    found = _from_facts("derived.child_pugh_points", record, on, _CHILD_PUGH, _points_of)
    if found.value is None:
        return found
    # The points are known, so every item has the same points over its whole span.
    spans = {name: known(record, name, on) for name in _CHILD_PUGH}
    parts = {name: _item_points(name, span.low) for name, span in spans.items() if span}
    return replace(found, parts=MappingProxyType(parts))


def _item_points(name: str, value: Value) -> int:
    if not isinstance(value, int | float | str):
        raise InvalidInput(f"{name}: {value!r} has no points.")
    return formulas.child_pugh_item_points(name, value)


def _points_of(*values: Value) -> int:
    return sum(map(_item_points, _CHILD_PUGH, values))


def _class_of(*values: Value) -> str:
    return formulas.child_pugh_class(_points_of(*values))


def _albi(record: Record, on: date | None) -> Derived:
    needs = ("lab.bilirubin", "lab.albumin")
    return _from_facts("derived.albi", record, on, needs, formulas.albi_score)


def _albi_grade(record: Record, on: date | None, albi: Derived) -> Derived:
    found = _from_facts(
        "derived.albi_grade",
        record,
        on,
        ("lab.bilirubin", "lab.albumin"),
        lambda bilirubin, albumin: formulas.albi_grade(formulas.albi_score(bilirubin, albumin)),
    )
    if not isinstance(albi.value, float):
        return found
    parts = {"modified_grade": formulas.modified_albi_grade(albi.value)}
    return replace(found, parts=MappingProxyType(parts))


def _meld_na(record: Record, on: date | None) -> Derived:
    """With or without dialysis, where the record does not say and it makes no difference."""
    dialysis = known(record, "function.dialysis", on)
    spans: dict[str, Span | None] = {name: known(record, name, on) for name in _MELD}
    spans["function.dialysis"] = dialysis or Span(False, True)
    found = _from_spans("derived.meld_na", spans, _corrected_meld)
    if dialysis is not None or found.value is not None:
        return found
    return replace(found, missing=(*found.missing, "function.dialysis"))


def _corrected_meld(
    bilirubin: float, inr: float, creatinine: float, sodium: float, dialysis: bool
) -> float:
    return formulas.meld_na(formulas.meld(bilirubin, inr, creatinine, dialysis), sodium)


def _egfr(record: Record, on: date | None, years: Derived) -> Derived:
    return _of_kidney("derived.egfr", record, on, years, ())


def _creatinine_clearance(record: Record, on: date | None, years: Derived) -> Derived:
    return _of_kidney("derived.creatinine_clearance", record, on, years, ("patient.weight",))


def _of_kidney(
    name: str, record: Record, on: date | None, years: Derived, more: tuple[str, ...]
) -> Derived:
    formula: Callable[..., float] = (
        formulas.creatinine_clearance_ml_min if more else formulas.egfr_ckd_epi_2021
    )
    dialysis = known(record, "function.dialysis", on)
    if dialysis is not None and dialysis.high is True:
        reason = "The formula does not hold under dialysis."
        return unknown(name, dialysis.facts, reason=reason)
    spans = {
        "lab.creatinine": known(record, "lab.creatinine", on),
        "derived.age": _as_span(years),
        **{need: known(record, need, on) for need in ("patient.sex", *more)},
    }
    found = _from_spans(name, spans, formula)
    if "derived.age" not in found.missing:
        return found
    others = (need for need in found.missing if need != "derived.age")
    missing = tuple(dict.fromkeys((*others, *years.missing)))
    return replace(found, missing=missing, reason=years.reason)


def _as_span(value: Derived) -> Span | None:
    if value.value is None:
        return None
    return Span(value.value, value.value, value.derived_from)
