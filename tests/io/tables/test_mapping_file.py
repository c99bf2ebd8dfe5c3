"""A mapping file is read whole, and all its faults are said at once with their lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from hepatica.case.record import fields
from hepatica.errors import InvalidInput
from hepatica.io.tables import load_mapping, mapping_names, parse_mapping


@pytest.mark.parametrize("name", mapping_names())
def test_every_shipped_mapping_is_sound(name: str) -> None:
    mapping = load_mapping(name)
    assert mapping.name == name
    assert mapping.columns


def test_all_faults_are_said_with_their_lines() -> None:
    text = """layout: broad
casse: id
missing: {-9: gone}
columns:
  a: lab.bilirubinn
  b: {field: patient.sex, units: kg}
  c: {field: lesion.diameter, unit: mm}
  d: {field: patient.sex, item: 1}
  e: {field: lab.alt, unit: mmHg}
  f: {field: patient.sex, values: {1: man}}
  g: {field: patient.sex, unit: kg}
  h: {unit: kg}
checkboxes:
  k: {boxes: {1: function.cirrhosis}}
stated:
  - {field: patient.sex, value: woman}
"""
    with pytest.raises(InvalidInput) as caught:
        parse_mapping(text, "mine.yaml")
    found = str(caught.value)
    for part in (
        "mine.yaml: 14 fault(s)",
        "line 1: layout: 'broad'; it needs to be one of wide, long, redcap",
        "line 2: casse: unknown key; did you mean case?",
        "case: it is missing; it names the column with the pseudonym",
        "line 3: missing.-9: 'gone'; reasons are unknown",
        "line 5: columns.a: The record has no field 'lab.bilirubinn'. Nearest: lab.bilirubin",
        "line 6: columns.b.units: unknown key; did you mean unit?",
        "line 7: columns.c: field lesion.diameter needs an item of lesion; it has ''",
        "line 8: columns.d: field patient.sex needs no item; it has '1'",
        "line 9: columns.e: lab.alt: unit 'mmHg' is not one",
        "line 10: columns.f: 'man' is not one of female, male, other",
        "line 11: columns.g: patient.sex is a code; it takes no unit",
        "line 12: columns.h: it needs a field of the record",
        "line 14: checkboxes.k.unchecked: ''; say what an empty box means: no or nothing",
        "'woman' is not one of female, male, other",
    ):
        assert part in found, part


def test_a_mapping_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(InvalidInput, match=r"no mapping 'tcia'; there are .*tcia-crlm"):
        load_mapping("tcia")


def test_what_is_no_yaml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text("case: [", encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"m.yaml is no YAML"):
        load_mapping(path)
    path.write_text("- a\n- b\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="The document: it needs keys with values"):
        load_mapping(path)


def test_a_bare_name_means_that_field_and_a_list_means_several() -> None:
    mapping = parse_mapping(
        "case: id\ncolumns:\n  ecog: performance.ecog\n"
        "  chemo:\n    - {field: exposure.preoperative_chemotherapy}\n"
        "    - {field: prior.kind, item: chemo, values: {1: systemic}}\n"
    )
    assert [m.field for c in mapping.columns for m in c.meanings] == [
        "performance.ecog",
        "exposure.preoperative_chemotherapy",
        "prior.kind",
    ]


def test_the_mapping_of_our_redcap_projects_knows_every_field() -> None:
    named = {m.field for c in load_mapping("hepatica-redcap").columns for m in c.meanings}
    assert named == set(fields())


def test_one_sign_cannot_part_decimals_and_thousands() -> None:
    with pytest.raises(InvalidInput, match="line 3: thousands: ',' parts decimals already"):
        parse_mapping("case: id\ndecimal: ','\nthousands: ','\ncolumns: {b: lab.inr}\n")
