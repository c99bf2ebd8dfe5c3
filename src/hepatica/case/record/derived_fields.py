"""The names under which a criterion or a rule may ask for a computed value."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hepatica.case.record.field import Field

_FIELDS = (
    Field("derived.age", "Age", "quantity", "a"),
    Field("derived.bsa", "Body surface area", "quantity", "m2"),
    Field("derived.child_pugh_points", "Child-Pugh points", "count", low=5, high=15),
    Field("derived.child_pugh_class", "Child-Pugh class", "code", answers=("A", "B", "C")),
    Field("derived.albi", "ALBI score", "quantity", "1"),
    Field("derived.albi_grade", "ALBI grade", "count", low=1, high=3),
    Field("derived.meld_na", "MELD-Na", "quantity", "1"),
    Field("derived.egfr", "Estimated filtration rate (CKD-EPI)", "quantity", "mL/min/{1.73_m2}"),
    Field("derived.creatinine_clearance", "Creatinine clearance", "quantity", "mL/min"),
    Field("derived.tumour_burden_percent", "Part of the liver that is tumour", "quantity", "%"),
    Field("derived.lesion_count", "Number of liver metastases", "count", low=0),
    Field("derived.largest_diameter", "Largest diameter of the metastases", "quantity", "mm"),
    Field("derived.chemotherapy_free_days", "Days since chemotherapy", "quantity", "d"),
)

DERIVED_FIELDS: Mapping[str, Field] = MappingProxyType({row.name: row for row in _FIELDS})
