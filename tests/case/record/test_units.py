"""A value comes into the record in the record's unit, whatever the laboratory printed."""

from __future__ import annotations

import math
import re
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from hepatica.case.record import (
    conversion,
    converted,
    expressed,
    field_named,
    fields,
    known_units,
)
from hepatica.errors import InvalidInput

QUANTITIES = [name for name, field in fields().items() if field.kind == "quantity"]
PAIRS = [(name, unit) for name in QUANTITIES for unit in known_units(name)]


def _table() -> dict[str, Any]:
    text = resources.files("hepatica.case.record").joinpath("units.yaml").read_text("utf-8")
    table: dict[str, Any] = YAML(typ="safe").load(text)
    return table


# Worked by hand. Bilirubin: 10 mg/L over 584.67 g/mol is 17.104 umol/L. Creatinine: 10 mg/L over
# 113.12 g/mol is 88.40 umol/L. Haemoglobin: 9 mmol/L of 16.114 g/mmol is 145.0 g/L. Albumin:
# 602 umol/L of 66.437 mg/umol is 40.0 g/L. ALT: 1 ukat is 60 U. 106 degrees Fahrenheit: 74 * 5 / 9.
@pytest.mark.parametrize(
    ("field", "value", "unit", "expected"),
    [
        ("lab.bilirubin", 1.0, "mg/dL", 17.104),
        ("lab.bilirubin", 10.0, "mg/L", 17.104),
        ("lab.creatinine", 1.0, "mg/dL", 88.40),
        ("lab.albumin", 3.5, "g/dL", 35.0),
        ("lab.albumin", 602.0, "umol/L", 39.995),
        ("lab.haemoglobin", 9.0, "mmol/L", 145.026),
        ("lab.haemoglobin", 12.0, "g/dL", 120.0),
        ("lab.sodium", 138.0, "meq/L", 138.0),
        ("lab.ammonia", 100.0, "ug{NH3}/dL", 58.716),
        ("lab.ammonia", 100.0, "ug/dL N", 71.393),
        ("lab.alt", 0.7, "ukat/L", 42.0),
        ("lab.platelets", 85000.0, "/uL", 85.0),
        ("lab.platelets", 85.0, "10*3/uL", 85.0),
        ("lab.cea", 1.8, "ng/mL", 1.8),
        ("lab.ca19_9", 37.0, "U/mL", 37.0),
        ("patient.height", 5.5, "[ft_i]", 167.64),
        ("patient.weight", 154.0, "lb", 69.853),
        ("patient.age", 780.0, "mo", 65.0),
        ("liver.involvement", 0.45, "1", 45.0),
        ("heat.t90", 106.0, "degF", 41.111),
        ("procedure.activity", 27.0, "mCi", 0.999),
        ("prior.liver_dose", 3000.0, "cGy", 30.0),
    ],
)
def test_a_stated_value_becomes_the_one_worked_out_by_hand(
    field: str, value: float, unit: str, expected: float
) -> None:
    assert converted(field, value, unit) == pytest.approx(expected, rel=2e-5)


@pytest.mark.parametrize(
    ("field", "unit", "code"),
    [
        ("lab.platelets", "x10^9/L", "10*9/L"),
        ("lab.platelets", "10⁹/l", "10*9/L"),
        ("lab.platelets", "10E9/L", "10*9/L"),
        ("lab.platelets", "1e9/L", "10*9/L"),
        ("lab.platelets", "× 10 ^ 9 / L", "10*9/L"),
        ("lab.platelets", "G/L", "10*9/L"),
        ("lab.platelets", "K/µL", "10*3/uL"),
        ("lab.platelets", "10^3/mcL", "10*3/uL"),
        ("lab.bilirubin", "MG/DL", "mg/dL"),
        ("lab.bilirubin", "μmol/L", "umol/L"),
        ("lab.bilirubin", "µmol/l", "umol/L"),
        ("lab.haemoglobin", "G/L", "g/L"),
        ("lab.cea", "mcg/L", "ug/L"),
        ("lab.alt", "IU/L", "U/L"),
        ("liver.liver_volume", "cc", "mL"),
        ("liver.involvement", "per cent", "%"),
        ("lab.inr", "", "1"),
        ("lab.inr", "{INR}", "{INR}"),
        ("performance.karnofsky", " ", "%"),
    ],
)
def test_everyday_spellings_are_understood(field: str, unit: str, code: str) -> None:
    assert conversion(field, unit).unit == code


def test_a_value_in_the_unit_of_the_record_is_not_touched() -> None:
    for name in QUANTITIES:
        assert converted(name, 1 / 3, field_named(name).unit) == 1 / 3
        assert known_units(name)[0] == field_named(name).unit


def test_no_noise_of_the_multiplication_is_left() -> None:
    assert converted("lab.albumin", 1.1, "g/dL") == 11.0


@given(pair=st.sampled_from(PAIRS), value=st.floats(0.001, 1e6))
def test_there_and_back_is_where_it_started(pair: tuple[str, str], value: float) -> None:
    field, unit = pair
    back = expressed(field, converted(field, value, unit), unit)
    assert back == pytest.approx(value, rel=1e-10, abs=1e-8)


@given(pair=st.sampled_from(PAIRS), value=st.floats(0.001, 1e6))
def test_more_in_one_unit_is_more_in_the_record(pair: tuple[str, str], value: float) -> None:
    field, unit = pair
    assert converted(field, 1.01 * value, unit) > converted(field, value, unit)


def test_a_missing_unit_offers_to_assume_one() -> None:
    said = "lab.bilirubin: the value has no unit.*--assume-unit lab.bilirubin=umol/L.*mg/dL"
    with pytest.raises(InvalidInput, match=said):
        converted("lab.bilirubin", 1.2, " ")


def test_a_unit_of_something_else_is_refused_by_name() -> None:
    said = "lab.bilirubin: unit 'U/L' is not one of this field; .*correct the unit there"
    with pytest.raises(InvalidInput, match=said):
        converted("lab.bilirubin", 1.2, "U/L")


def test_micrograms_of_ammonia_need_to_say_of_what() -> None:
    with pytest.raises(InvalidInput, match=re.escape("ug{NH3}/dL, ug{N}/dL")):
        converted("lab.ammonia", 100.0, "ug/dL")


def test_mass_does_not_become_amount_without_a_molar_mass() -> None:
    with pytest.raises(InvalidInput, match="unit 'nmol/L' is not one of this field"):
        converted("lab.cea", 5.0, "nmol/L")


def test_a_karnofsky_status_of_unit_one_could_be_a_score_or_a_share() -> None:
    assert converted("performance.karnofsky", 80, "{score}") == 80
    with pytest.raises(InvalidInput, match="unit '1' is not one of this field"):
        converted("performance.karnofsky", 0.8, "1")


def test_a_millibecquerel_is_not_taken_for_a_megabecquerel() -> None:
    assert converted("procedure.activity", 1500.0, "MBq") == 1.5
    with pytest.raises(InvalidInput, match="unit 'mBq' is not one of this field"):
        converted("procedure.activity", 1500.0, "mBq")


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_value_that_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(InvalidInput, match="is not a finite number"):
        converted("lab.albumin", value, "g/L")


def test_a_count_has_no_unit() -> None:
    with pytest.raises(InvalidInput, match=r"liver\.lesion_count is a count and has no unit"):
        converted("liver.lesion_count", 3, "1")


def test_every_molar_mass_is_the_sum_of_its_atoms() -> None:
    masses = _table()["molar_masses"]
    for name, row in masses["fields"].items():
        if "formula" in row:
            atoms = re.findall(r"([A-Z][a-z]?)(\d*)", row["formula"])
            total = sum(masses["atomic_weights"][kind] * int(n or 1) for kind, n in atoms)
            assert row["g_per_mol"] == pytest.approx(total, abs=0.006), name


def test_every_conversion_says_where_its_factor_comes_from() -> None:
    for field, unit in PAIRS:
        rule = conversion(field, unit)
        assert rule.source
        assert rule.status in ("verified", "recalled")


def test_no_spelling_means_two_units_of_one_family() -> None:
    for name, family in _table()["families"].items():
        meant: dict[str, set[str]] = {}
        for unit, row in family["units"].items():
            for spelling in (unit, *row.get("also", ())):
                meant.setdefault(spelling.casefold(), set()).add(unit)
        assert all(len(units) == 1 for units in meant.values()), name
