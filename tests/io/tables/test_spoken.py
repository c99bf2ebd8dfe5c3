"""What people write into cells is understood, or refused with the reason."""

from __future__ import annotations

from datetime import date

import pytest

from hepatica.case.record import field_named
from hepatica.errors import InvalidInput
from hepatica.io.tables.spoken import Writing, date_in, number_in, understood


@pytest.mark.parametrize(
    ("field", "text", "unit", "value", "comparator"),
    [
        ("lab.cea", "< 1.8 ug/L", "", 1.8, "<"),
        ("lab.cea", "≥2", "ug/L", 2.0, ">="),
        ("lab.haemoglobin", "9.0 g/dL", "g/L", 90.0, None),
        ("liver.involvement", "70%", "", 70.0, None),
        ("liver.involvement", "0.7", "1", 70.0, None),
        ("lab.platelets", "120 x10^9/L", "", 120.0, None),
        ("liver.lesion_count", ">=4", "", 4, ">="),
        ("liver.lesion_count", "3.0", "", 3, None),
        ("patient.comorbidity", "Checked", "", True, None),
        ("patient.comorbidity", "N", "", False, None),
        ("patient.comorbidity", "1.0", "", True, None),
        ("cancer.ras", "Wild-type", "", "wild_type", None),
        ("outcome.death", "2020-02-29 13:45", "", date(2020, 2, 29), None),
        ("cancer.histology", "< 5 cm", "", "< 5 cm", None),
    ],
)
def test_a_text_is_understood(
    field: str, text: str, unit: str, value: object, comparator: str | None
) -> None:
    found = understood(field_named(field), text, unit)
    assert (found.value, found.comparator) == (value, comparator)


@pytest.mark.parametrize(
    ("field", "text", "why"),
    [
        ("lab.cea", "high", "not a number"),
        ("lab.cea", "5-10 ug/L", "is a range"),
        ("lab.cea", "1,234 ug/L", "read in two ways"),
        ("lab.cea", "5", "--assume-unit lab.cea=ug/L"),
        ("lab.cea", "5 furlong", "unit 'furlong' is not one"),
        ("liver.lesion_count", "3.5", "not a whole number"),
        ("liver.lesion_count", "3 lesions", "not a whole number"),
        ("patient.comorbidity", "maybe", "neither yes nor no"),
        ("patient.sex", "f", "not one of female, male, other"),
        ("outcome.death", "31.12.2020", "not a full date written as 2024-05-31"),
        ("outcome.death", "2020-02", "not a full date"),
        ("outcome.death", "2021-02-29", "not a full date"),
    ],
)
def test_what_cannot_be_understood_is_refused(field: str, text: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        understood(field_named(field), text)


def test_the_words_are_kept_where_the_value_reads_otherwise() -> None:
    assert understood(field_named("lab.albumin"), "3.5", "g/dL").stated == "3.5 g/dL"
    assert understood(field_named("lab.albumin"), "35", "g/L").stated == ""
    assert understood(field_named("cancer.ras"), "Mutated").stated == "Mutated"


def test_decimals_and_thousands_are_read_as_the_mapping_says() -> None:
    german = Writing(decimal=",", thousands=".")
    assert number_in("1.234,5 g/L", german) == (1234.5, "g/L")
    assert number_in("-1.234.567", german)[0] == -1234567
    with pytest.raises(InvalidInput, match="read in two ways"):
        number_in("1.5", Writing(decimal=","))
    with pytest.raises(InvalidInput, match="read in two ways"):
        number_in("1,5")


def test_dates_are_read_as_the_mapping_says() -> None:
    assert date_in("31.12.2020", Writing(date_format="%d.%m.%Y")) == date(2020, 12, 31)
    with pytest.raises(InvalidInput, match=r"written as %d.%m.%Y"):
        date_in("2020-12-31", Writing(date_format="%d.%m.%Y"))


@pytest.mark.parametrize("gap", [" ", "\u00a0", "\u202f"])
def test_a_gap_between_thousands_may_be_of_any_width_but_has_to_be_announced(gap: str) -> None:
    french = Writing(decimal=",", thousands=" ")
    assert number_in(f"1{gap}234,5 ng/mL", french) == (1234.5, "ng/mL")
    with pytest.raises(InvalidInput, match="may be read in two ways"):
        number_in(f"1{gap}234,5", Writing(decimal=","))
    assert number_in("150 1000/uL") == (150, "1000/uL")
