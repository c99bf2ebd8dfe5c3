"""Screening as plain tables."""

from __future__ import annotations

from datetime import date

import pytest

from hepatica.case.record import Fact, Record
from hepatica.engine.screen import Screening, screen
from hepatica.protocol import Protocol, parse_protocol
from hepatica.report.screen_table import cohort_table, outcome_counts, screening_tables
from tests.protocol.documents import changed, small

ON = date(2024, 6, 1)
CRITERIA = """
eligibility:
  source: example, Patients
  all:
    - {id: dialysis, text: Not on dialysis., fact: function.dialysis, op: is, value: false}
    - {id: ecog, fact: performance.ecog, op: <=, value: 2, status: verified}
    - {id: meld, fact: derived.meld_na, op: <, value: 12}
"""


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    return parse_protocol(small() + CRITERIA)


def screened(protocol: Protocol, case: str, *facts: Fact) -> Screening:
    return screen(Record(case, facts), protocol, ON)


def dialysis(value: bool) -> Fact:
    return Fact("function.dialysis", value, on=ON)


def test_one_patient_who_is_not_eligible_is_shown_what_decides(protocol: Protocol) -> None:
    (shown,) = screening_tables(
        screened(protocol, "a", dialysis(True), Fact("performance.ecog", 3))
    )
    assert shown.title == "What decides"
    assert shown.rows == [
        [
            "Not on dialysis.",
            "no",
            "Dialysis: yes on 2024-06-01",
            "no",
            "example, Patients (recalled)",
        ],
        ["ecog", "no", "ECOG performance status: 3", "\u2264 2", "example, Patients"],
    ]


def test_one_patient_who_is_undetermined_is_shown_the_work_list(protocol: Protocol) -> None:
    (shown,) = screening_tables(screened(protocol, "a", dialysis(False)))
    assert shown.title == "Work-list"
    assert shown.rows == [
        ["ECOG performance status", "not recorded", "ecog", "yes"],
        ["Bilirubin total, INR, Creatinine, Sodium", "not recorded", "meld", "yes"],
    ]


def test_a_cohort_under_one_protocol_has_the_reason_in_each_row(protocol: Protocol) -> None:
    found = [screened(protocol, "a", dialysis(True)), screened(protocol, "b", dialysis(False))]
    shown = cohort_table(found)
    assert shown.rows == [
        ["a", "not eligible", "Dialysis: yes on 2024-06-01"],
        ["b", "undetermined", "needs ECOG performance status; Bilirubin total; INR and 2 more"],
    ]


def test_a_cohort_under_several_protocols_has_a_numbered_column_for_each(
    protocol: Protocol,
) -> None:
    other = parse_protocol(
        changed(small(), ("name: my-protocol", "name: other"))
        + CRITERIA.partition("    - {id: ecog")[0]
    )
    found = [
        screened(chosen, case, *facts)
        for case, facts in {"a": [dialysis(True)], "b": [dialysis(False)], "c": []}.items()
        for chosen in (protocol, other)
    ]
    assert cohort_table(found).columns == ["case", "1", "2"]
    assert cohort_table(found).rows == [["a", "no", "no"], ["b", "?5", "yes"], ["c", "?6", "?1"]]
    assert [row[2:] for row in outcome_counts(found).rows] == [["0", "1", "2"], ["1", "1", "1"]]
