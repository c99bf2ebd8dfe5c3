"""A patient about whom everything is known, for the tests of this room."""

from __future__ import annotations

from datetime import date
from typing import Any

from hepatica.case.record import Fact, Record, field_named

DAY = date(2024, 5, 1)


def fact(name: str, value: Any, on: date | None = DAY, **more: Any) -> Fact:
    """A fact in the unit of its field."""
    field = field_named(name)
    unit = field.unit if field.kind == "quantity" else ""
    return Fact(name, value, unit=unit, on=on, **more)


WHOLE = {
    "patient.height": 170,
    "patient.weight": 70,
    "patient.birth_year": 1960,
    "patient.sex": "male",
    "lab.bilirubin": 17.0,
    "lab.albumin": 40.0,
    "lab.inr": 1.1,
    "lab.creatinine": 88.4017,
    "lab.sodium": 140,
    "function.ascites": "none",
    "function.encephalopathy": "none",
    "function.dialysis": False,
    "liver.tumour_volume": 300,
    "liver.liver_volume": 2000,
    "liver.lesion_count": 2,
    "liver.largest_diameter": 42,
    "exposure.last_chemotherapy": date(2024, 4, 1),
}


def patient(*more: Fact, **changes: Any) -> Record:
    """The patient with other facts: ``lab_inr=2.0`` for ``lab.inr``, None for none at all."""
    facts = dict(WHOLE) | {name.replace("_", ".", 1): value for name, value in changes.items()}
    return Record(
        "whole", (*(fact(name, value) for name, value in facts.items() if value is not None), *more)
    )
