"""The clinical record of a patient: facts with units, dates and sources."""

from hepatica.case.record.derived import DERIVED_FIELDS, Derived, derive
from hepatica.case.record.fact import (
    ABSENT_REASONS,
    COMPARATORS,
    AbsentReason,
    Comparator,
    Fact,
    ReferenceRange,
    Value,
    source_under,
)
from hepatica.case.record.field import KINDS, Field, Kind, checked, field_named, fields
from hepatica.case.record.record import Record
from hepatica.case.record.units import Conversion, conversion, converted, expressed, known_units

__all__ = [
    "ABSENT_REASONS",
    "COMPARATORS",
    "DERIVED_FIELDS",
    "KINDS",
    "AbsentReason",
    "Comparator",
    "Conversion",
    "Derived",
    "Fact",
    "Field",
    "Kind",
    "Record",
    "ReferenceRange",
    "Value",
    "checked",
    "conversion",
    "converted",
    "derive",
    "expressed",
    "field_named",
    "fields",
    "known_units",
    "source_under",
]
