"""How criteria are written, and what is said when they are written wrongly."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from hepatica.errors import InvalidInput
from hepatica.protocol import Protocol, parse_protocol, validate
from hepatica.protocol.criteria import known_facts, leaves_of
from hepatica.protocol.reference import protocol_schema, schema_markdown
from tests.protocol.criteria.builders import leaf, tree
from tests.protocol.documents import line_of, small


def document(*lines: str) -> str:
    """The small document with these lines under its eligibility."""
    body = "\n".join(f"  {line}" for line in lines)
    return f"{small()}\neligibility:\n  source: example, Patients\n{body}\n"


def parsed(*lines: str) -> Protocol:
    return parse_protocol(document(*lines))


def only_fault(*lines: str) -> str:
    faults = validate(document(*lines))
    assert len(faults) == 1, faults
    return str(faults[0])


def test_a_tree_is_read_from_a_document_with_sources_handed_down() -> None:
    found = parsed(
        "all:",
        "  - {id: bilirubin, fact: lab.bilirubin, op: <=, value: 2, unit: mg/dL}",
        "  - not: {id: dialysis, fact: function.dialysis, op: is, value: true}",
        "  - any:",
        '      - {id: ecog, fact: performance.ecog, op: in, value: [0, 1], source: "example, p 2"}',
    ).eligibility
    assert found is not None
    leaves = leaves_of(found.rule)
    assert [one.id for one in leaves] == ["bilirubin", "dialysis", "ecog"]
    assert [one.source.where for one in leaves] == ["Patients", "Patients", "p 2"]
    assert leaves[0].bounds[0].values == (pytest.approx(34.2, abs=0.05),)
    assert leaves[0].bounds[0].written == "\u2264 2 mg/dL"


FAULTS = {
    "{id: a, fact: lab.bilirubine, op: <, value: 2, unit: mg/dL}": (
        "eligibility.fact: 'lab.bilirubine' is no fact that can be asked for; "
        "did you mean lab.bilirubin?"
    ),
    "{id: a, fact: derived.child_pugh, op: known}": "did you mean derived.child_pugh_class?",
    "{id: a, fact: lab.alt, op: =<, value: 2, unit: U/L}": (
        "eligibility.op: '=<' is not known here; allowed: <, <=, >, >=, is, is_not, in, known, "
        "within_days. Did you mean <?"
    ),
    "{id: a, fact: lab.alt, value: 2, unit: U/L}": (
        "eligibility.op: nothing is given for op; with lab.alt it is one of <, <=, >, >=, is"
    ),
    "{id: a, fact: cancer.ras, op: <, value: mutated}": (
        "eligibility.op: < does not go with a code (cancer.ras); it takes is, is_not, in, known."
    ),
    "{id: a, fact: cancer.ras, op: is, value: mutant}": (
        "'mutant' is not an answer to cancer.ras; did you mean mutated?"
    ),
    "{id: a, fact: function.dialysis, op: is, value: 1}": "1 is not true or false.",
    "{id: a, fact: lab.bilirubin, op: <, value: 2}": (
        "eligibility.unit: nothing is given for unit; the record keeps lab.bilirubin in umol/L."
    ),
    "{id: a, fact: lab.bilirubin, op: <, value: 2, unit: mmHg}": (
        "lab.bilirubin: unit 'mmHg' is not one of this field; known are umol/L"
    ),
    "{id: a, fact: lab.bilirubin, op: <, value: 200, unit: mg/dL}": (
        " umol/L; that cannot be: lab.bilirubin runs from 0 to 1500 umol/L; check the value and"
    ),
    "{id: a, fact: lab.bilirubin, op: <, unit: umol/L}": (
        "eligibility.value: nothing is given for value; < holds lab.bilirubin against something."
    ),
    "{id: a, fact: lab.alt, op: <, value: high, unit: U/L}": "'high' is not a number.",
    "{id: a, fact: performance.ecog, op: in, value: 1}": "1: in takes a list of values, in [ ]",
    "{id: a, fact: performance.ecog, op: is, value: [1]}": "a list: in takes a list of values",
    "{id: a, fact: lab.alt, op: <, uln_times: 3, value: 9}": (
        "value 9 and uln_times 3 exclude each other; keep one."
    ),
    "{id: a, fact: cancer.ras, op: is, uln_times: 3}": (
        "uln_times goes with a measured quantity and one of <, <=, >, >=."
    ),
    "{id: a, fact: lab.cea, op: known, value: 3}": "3: known takes no value; leave it out.",
    "{id: a, fact: lab.cea, op: known, unit: ug/L}": "ug/L is not wanted here; leave the unit out.",
    "{id: a, fact: derived.bsa, op: '>', value: 1, unit: cm2}": (
        "cm2 is not the unit of derived.bsa; write it in m2."
    ),
    "{id: a, fact: workup.pet, op: within_days, value: some}": "'some' is not a number of days.",
    "{id: a, fact: trial.consent, op: '>', value: 2004-13-01}": (
        "'2004-13-01' is not a date such as 2005-01-31."
    ),
    "{id: a, fact: lab.cea, op: known, since: spring}": (
        "'spring' is not understood; a day is written as year-month-day: 2005-01-31."
    ),
    "{id: a, fact: lab.cea, op: known, max_age_days: '28'}": (
        "'28' is not a whole number in days. Write 28 without unit or quotation marks."
    ),
    "{id: a, fact: lab.cea, op: known, max_age: 28}": (
        "max_age is not a key here; did you mean max_age_days?"
    ),
    "{fact: lab.cea, op: known}": "eligibility: id is missing; results are listed under it.",
    "{id: a, fact: lesion.diameter, op: <, value: 5, unit: cm}": (
        "lesion.diameter is asked of every lesion; write items: each or items: any."
    ),
    "{id: a, fact: lab.cea, op: known, items: each}": "lab.cea is there only once; leave items out",
    "{id: a}": "a criterion needs one of all, any, not, or a fact that it asks about.",
    "{id: a, fact: performance.karnofsky, op: '>', value: 60, unit: '%', amended: "
    "[{since: 2005-01-01, value: good}]}": "amended since 2005-01-01: 'good' is not a number.",
    "{id: a, fact: performance.ecog, op: <, value: 2, amended: "
    "[{since: 2005-01-01, value: 1}, {since: 2004-01-01, value: 2}]}": (
        "the days in amended must rise from first to last."
    ),
}


@pytest.mark.parametrize("written", FAULTS)
def test_a_fault_is_told_once_with_its_place_and_what_to_write(written: str) -> None:
    said = only_fault(f"any: [{written}]")
    assert (
        FAULTS[written]
        .replace("eligibility.", "eligibility.any[1].")
        .replace("eligibility: ", "eligibility.any[1]: ")
        in said
    )


def test_all_faults_of_a_tree_come_at_once_each_with_its_line() -> None:
    text = document(
        "all:",
        "  - {id: a, fact: lab.alx, op: known}",
        "  - {id: a, fact: lab.cea, op: known, all: [{id: b, fact: lab.ldh, op: knwon}]}",
        "  - {any: [], all: [{id: c, fact: lab.ldh, op: known}]}",
    )
    said = [str(fault) for fault in validate(text)]
    line = line_of(text, "lab.alx")
    assert [part.split(":")[0] for part in said] == [
        f"line {n}" for n in (line, line + 1, line + 1, line + 1, line + 2, line + 2)
    ]
    assert any("all does not go with fact, op; a criterion is a group" in part for part in said)
    assert any("a is already taken; give each criterion its own id." in part for part in said)
    assert any("Did you mean known?" in part for part in said)
    assert any("all and any stand in one criterion; keep one of them here" in p for p in said)


def test_a_tree_made_without_a_document_is_held_to_the_same_rules() -> None:
    with pytest.raises(ValidationError, match=r"did you mean lab\.bilirubin"):
        tree(leaf("lab.bilirubine", "known"))
    with pytest.raises(ValidationError, match="all does not go with fact"):
        tree(leaf("lab.cea", "known") | {"all": [leaf("lab.ldh", "known")]})


def test_every_fact_of_the_record_and_every_derived_and_computed_one_can_be_named() -> None:
    blocks = {name.partition(".")[0] for name in known_facts()}
    assert {"lab", "liver", "derived", "computed"} <= blocks
    for name, field in known_facts().items():
        made = tree(leaf(name, "known"))
        assert leaves_of(made.rule)[0].field is field


def test_the_reference_of_keys_knows_trees_and_ends() -> None:
    page = schema_markdown()
    assert "## `eligibility`" in page
    for key in ("all", "any", "not", "fact", "op", "uln_times", "max_age_days", "amended"):
        assert f"| `{key}`" in page
    properties = protocol_schema()["$defs"]["CriterionTree"]["properties"]
    assert {"not", "all", "any", "fact"} <= set(properties)


@pytest.mark.parametrize("page", ["explain/criteria.md", "how-to/add-a-treatment.md"])
def test_the_examples_of_the_pages_can_be_read(page: str) -> None:
    docs = Path(__file__).resolve().parents[3] / "docs"
    found = (docs / page).read_text(encoding="utf-8").split("```yaml\neligibility:", 1)[1]
    assert validate(f"{small()}\neligibility:{found.partition('```')[0]}") == []


def test_a_document_with_a_wrong_tree_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"eligibility\.fact: 'lab\.alx' is no fact"):
        parsed("id: a", "fact: lab.alx", "op: known")
