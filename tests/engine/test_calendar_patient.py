"""A calendar for one patient: amounts in mg, ceilings, and dose rules that hold or are asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from hepatica.case.record import Fact, Record
from hepatica.engine.calendar import TreatmentCalendar, treatment_calendar
from hepatica.engine.calendar_amounts import amount_of, size_of
from hepatica.engine.calendar_entry import Entry
from hepatica.engine.calendar_rules import ASKED, judged_rules
from hepatica.engine.screen import Known, known_on
from hepatica.errors import InvalidInput
from hepatica.protocol import Protocol, parse_protocol
from hepatica.report.calendar_file import calendar_text
from tests.protocol.documents import changed, shipped

MONDAY = date(2027, 3, 1)
TODAY = date(2027, 2, 22)
# 160 cm and 90 kg: 2 m2 by Mosteller, sqrt(160 * 90 / 3600).
BODY = (
    Fact("patient.height", 160.0, unit="cm", on=TODAY, source="clinic"),
    Fact("patient.weight", 90.0, unit="kg", on=TODAY, source="clinic"),
)
LABS = """\
  - name: bilirubin-high
    event: Bilirubin above 3 mg/dL
    when: {id: bilirubin-high, fact: lab.bilirubin, op: ">", value: 51.3, unit: umol/L}
    drugs: [floxuridine]
    action: reduce
    do: Give less.
    reduce_to_percent: 50
    source: soochow2015, HAI therapy and systemic chemotherapy
  - name: platelets-low
    event: Platelets below 75
    when: {id: platelets-low, fact: lab.platelets, op: "<", value: 75, unit: 10*9/L}
    drugs: [oxaliplatin, capecitabine]
    action: hold
    do: Wait for them.
    source: soochow2015, HAI therapy and systemic chemotherapy
"""


def protocol(*changes: tuple[str, str]) -> Protocol:
    return parse_protocol(changed(shipped("hai-fudr-xelox"), *changes))


def capped(mg: str = "1800") -> Protocol:
    return protocol(("    dose: 1000\n", f"    dose: 1000\n    cap_mg: {mg}\n"))


def with_labs() -> Protocol:
    return protocol(("dose_modification:\n", f"dose_modification:\n{LABS}"))


def known(*facts: Fact, on: date = TODAY) -> Known:
    return known_on(Record("case-1", facts), on)


def lab(name: str, value: float, unit: str, on: date = TODAY) -> Fact:
    return Fact(f"lab.{name}", value, unit=unit, on=on, source="laboratory")


def yes(name: str, on: date = TODAY) -> Fact:
    return Fact(f"status.{name}", True, on=on, source="clinic")


def made(document: Protocol, patient: Known | None) -> TreatmentCalendar:
    return treatment_calendar(document, MONDAY, cycles=2, patient=patient)


def first(calendar: TreatmentCalendar, name: str, number: int = 0) -> Entry:
    return [entry for entry in calendar.entries if entry.name == name][number]


def test_amounts_follow_body_surface_and_weight() -> None:
    calendar = made(protocol(), known(*BODY))
    expected = {"capecitabine": 2000, "oxaliplatin": 260, "floxuridine": 13.5, "dexamethasone": 2}
    for name, mg in expected.items():
        assert first(calendar, name).amount_mg == pytest.approx(mg)
    assert first(calendar, "capecitabine").what.endswith("for 14 days: 2000 mg each time")
    assert first(calendar, "floxuridine").what.endswith(": 13.5 mg a day")
    assert first(calendar, "heparin").amount_mg is None
    assert any("body surface area 2 m2 (mosteller, height 160 cm" in w for w in calendar.warnings)


def test_an_amount_above_its_ceiling_is_capped_and_says_by_what() -> None:
    entry = first(made(capped(), known(*BODY)), "capecitabine")
    assert entry.amount_mg == 1800
    assert "1800 mg each time, capped at 1800 mg where size gives 2000 mg: Initial" in entry.what
    assert "HAI therapy and systemic chemotherapy" in entry.what


def test_an_amount_below_its_ceiling_is_not_touched() -> None:
    entry = first(made(capped("2200"), known(*BODY)), "capecitabine")
    assert entry.amount_mg == pytest.approx(2000)
    assert "capped" not in entry.what


def test_without_a_patient_the_ceiling_stands_in_words() -> None:
    entry = first(made(capped(), None), "capecitabine")
    assert entry.what.endswith("for 14 days, at most 1800 mg")
    assert entry.amount_mg is None


@pytest.mark.parametrize("lacking", [0, 1])
def test_without_height_or_weight_the_amount_is_unknown_and_names_what_is_missing(
    lacking: int,
) -> None:
    there, missing = BODY[1 - lacking], BODY[lacking].field
    calendar = made(capped(), known(there))
    entry = first(calendar, "capecitabine")
    assert entry.amount_mg is None
    assert f"({missing})" in entry.what
    assert "amount unknown, body surface area unknown: the record lacks" in entry.what
    assert entry.what.endswith("; at most 1800 mg in any case")
    told = [w for w in calendar.warnings if "are unknown: body surface area unknown" in w]
    assert len(told) == 1
    assert "dexamethasone, oxaliplatin, capecitabine" in told[0]


def test_a_bound_on_the_weight_gives_no_amount() -> None:
    below = Fact("patient.weight", 90.0, unit="kg", comparator="<", on=TODAY, source="clinic")
    entry = first(made(protocol(), known(BODY[0], below)), "floxuridine")
    assert entry.amount_mg is None
    assert "weight unknown: only known as < 90 kg" in entry.what


def test_a_later_weight_is_not_seen() -> None:
    later = Fact("patient.weight", 40.0, unit="kg", on=date(2027, 3, 5), source="clinic")
    assert size_of(known(*BODY, later)).weight.value == 90.0


def test_an_amount_from_a_recalled_number_says_so() -> None:
    dose = "dose: {value: 1000, source: document}"
    drugs = {d.name: d for d in protocol(("dose: 1000", dose)).drugs}
    amount = amount_of(drugs["capecitabine"], size_of(known(*BODY)))
    assert amount is not None
    assert amount.words.endswith("(from a recalled number: confirm it before use)")


def test_a_fixed_amount_needs_no_size_and_units_have_none() -> None:
    fixed = protocol(("    dose: 1000\n    unit: mg/m2", "    dose: 500\n    unit: mg"))
    units = protocol(("    dose: 1000\n    unit: mg/m2", "    dose: 500\n    unit: IU"))
    nobody = size_of(known())
    amount = amount_of({d.name: d for d in fixed.drugs}["capecitabine"], nobody)
    assert amount is not None
    assert amount.mg == 500
    assert amount_of({d.name: d for d in units.drugs}["capecitabine"], nobody) is None


def test_a_rule_whose_laboratory_value_holds_lowers_the_dose_and_is_cited() -> None:
    calendar = made(with_labs(), known(*BODY, lab("bilirubin", 60.0, "umol/L")))
    entry = first(calendar, "floxuridine")
    assert entry.amount_mg == pytest.approx(6.75)
    assert "6.75 mg a day instead of 13.5 mg; 50 % of the dose, rule bilirubin-high" in entry.what
    assert "60 umol/L" in entry.what
    assert first(calendar, "oxaliplatin").amount_mg == pytest.approx(260)


def test_a_rule_whose_laboratory_value_does_not_hold_changes_nothing() -> None:
    calendar = made(with_labs(), known(*BODY, lab("bilirubin", 20.0, "umol/L")))
    assert first(calendar, "floxuridine").amount_mg == pytest.approx(13.5)
    held = {rule.rule.name: rule.holds for rule in calendar.rules}
    assert held["bilirubin-high"] == "does not hold"
    assert held["platelets-low"] == "unknown"
    why = {rule.rule.name: rule.why for rule in calendar.rules}
    assert why["platelets-low"] == "needs lab.platelets"


def test_a_share_is_taken_of_the_capped_dose() -> None:
    both = protocol(
        ("    dose: 0.15\n", "    dose: 0.15\n    cap_mg: 10\n"),
        ("dose_modification:\n", f"dose_modification:\n{LABS}"),
    )
    entry = first(made(both, known(*BODY, lab("bilirubin", 60.0, "umol/L"))), "floxuridine")
    assert entry.amount_mg == pytest.approx(5.0)


def test_a_held_drug_has_no_amount_until_further_notice() -> None:
    calendar = made(with_labs(), known(*BODY, lab("platelets", 50.0, "10*9/L")))
    for number in (0, 1):
        entry = first(calendar, "oxaliplatin", number)
        assert entry.amount_mg is None
        assert "HELD from 2027-02-22 until further notice, rule platelets-low" in entry.what


def test_an_ulcer_rests_the_infusion_for_a_month_and_halves_it_afterwards() -> None:
    day = date(2027, 3, 8)
    calendar = made(protocol(), known(*BODY, yes("gastroduodenal_ulcer", day), on=day))
    under_way, second = (first(calendar, "floxuridine", n) for n in (0, 1))
    for entry in (under_way, second):
        assert "HELD from 2027-03-08 until 2027-04-08, rule ulcer" in entry.what
    third = treatment_calendar(
        protocol(), MONDAY, cycles=3, patient=known(*BODY, yes("gastroduodenal_ulcer", day), on=day)
    )
    assert first(third, "floxuridine", 2).day == date(2027, 4, 12)
    assert first(third, "floxuridine", 2).amount_mg == pytest.approx(6.75)


@pytest.mark.parametrize("on", [date(2027, 3, 8), date(2027, 3, 15), date(2027, 4, 12)])
def test_a_rest_is_counted_from_the_day_of_its_cause_whenever_it_is_judged(on: date) -> None:
    patient = known(*BODY, yes("gastroduodenal_ulcer", date(2027, 3, 8)), on=on)
    calendar = treatment_calendar(protocol(), MONDAY, cycles=4, patient=patient)
    found = [first(calendar, "floxuridine", n).amount_mg for n in range(4)]
    assert found[:2] == [None, None]
    assert found[2:] == pytest.approx([6.75, 6.75])


def test_a_rest_whose_cause_has_no_day_is_ended_by_a_person() -> None:
    said = replace(yes("gastroduodenal_ulcer"), on=None)
    calendar = made(protocol(), known(*BODY, said))
    entry = first(calendar, "floxuridine")
    assert entry.amount_mg is None
    assert "so a person says the end" in entry.what


def test_a_dose_that_is_lowered_under_way_tells_both_parts_and_no_amount() -> None:
    day = date(2027, 3, 12)
    patient = known(*BODY, lab("bilirubin", 60.0, "umol/L", day), on=day)
    calendar = made(with_labs(), patient)
    under_way, second = (first(calendar, "floxuridine", n) for n in (0, 1))
    assert under_way.amount_mg is None
    assert "50 % of the dose from 2027-03-12 on, all of it before" in under_way.what
    assert second.amount_mg == pytest.approx(6.75)


@pytest.mark.parametrize(
    "change",
    [
        ("    per: administration\n    times_a_day: 2\n", "    per: day\n    times_a_day: 2\n"),
        ("    per: administration\n    days: [1]\n", "    per: cycle\n    days: [1, 8]\n"),
    ],
)
def test_an_amount_for_a_day_or_cycle_is_not_given_several_times_in_it(
    change: tuple[str, str],
) -> None:
    with pytest.raises(InvalidInput, match="can be read in two ways"):
        protocol(change)


def test_a_dose_that_is_over_is_not_changed_afterwards() -> None:
    day = date(2027, 3, 16)
    calendar = made(protocol(), known(*BODY, yes("gastroduodenal_ulcer", day), on=day))
    assert first(calendar, "floxuridine", 0).amount_mg == pytest.approx(13.5)
    assert "HELD" in first(calendar, "floxuridine", 1).what


def test_a_rule_that_follows_another_is_left_to_a_person() -> None:
    facts = (yes("gastroduodenal_ulcer"), yes("recurred_after_reduction"))
    calendar = made(protocol(), known(*BODY, *facts))
    rules = {rule.rule.name: rule for rule in calendar.rules}
    assert rules["ulcer"].holds == "holds"
    assert rules["ulcer-again"].holds == "for a person to judge"
    assert "whether ulcer was applied before is not in the record" in rules["ulcer-again"].why
    assert rules["other-toxicity"].holds == "for a person to judge"
    assert rules["other-toxicity"].why == "which drugs it is about is not written"


def test_a_stop_ends_the_drug() -> None:
    stop = LABS.replace("action: hold", "action: stop")
    document = protocol(("dose_modification:\n", f"dose_modification:\n{stop}"))
    entry = first(made(document, known(*BODY, lab("platelets", 9.0, "10*9/L"))), "capecitabine")
    assert entry.amount_mg is None
    assert "STOPPED from 2027-02-22 on, rule platelets-low" in entry.what


def test_two_rules_at_once_are_for_a_person_to_decide() -> None:
    facts = (*BODY, lab("bilirubin", 60.0, "umol/L"), yes("gastroduodenal_ulcer"))
    entry = first(made(with_labs(), known(*facts)), "floxuridine")
    assert entry.amount_mg is None
    assert "several rules hold, bilirubin-high and ulcer: the dose is for a person" in entry.what


def test_a_grade_is_judged_by_a_person() -> None:
    graded = LABS.replace(
        "    drugs: [floxuridine]", "    grade_at_least: 2\n    drugs: [floxuridine]"
    )
    document = protocol(("dose_modification:\n", f"dose_modification:\n{graded}"))
    rules = judged_rules(document, known(lab("bilirubin", 60.0, "umol/L")))
    assert rules[0].holds == "for a person to judge"
    assert "whether it is of grade 2 or above is judged by a person" in rules[0].why


def test_a_reduction_without_a_number_gives_no_amount() -> None:
    vague = LABS.replace("    reduce_to_percent: 50\n", "")
    document = protocol(("dose_modification:\n", f"dose_modification:\n{vague}"))
    entry = first(made(document, known(*BODY, lab("bilirubin", 60.0, "umol/L"))), "floxuridine")
    assert entry.amount_mg is None
    assert "to be lowered, by how much is not published, rule bilirubin-high" in entry.what


def test_the_rules_are_asked_on_the_first_day_of_every_cycle() -> None:
    calendar = made(protocol(), None)
    asked = [entry.day for entry in calendar.entries if entry.name == ASKED]
    assert asked == [date(2027, 3, 1), date(2027, 3, 22)]
    (rule,) = (r for r in calendar.rules if r.rule.name == "ulcer")
    assert rule.then.endswith("hold for 1 month; then 50 % of the earlier dose")
    text = calendar_text(calendar, "1").replace("\r\n ", "")
    assert "(rule ulcer)" in text
    document = calendar.as_document()
    assert [row["name"] for row in document["dose_rules"]][:2] == ["epigastric-pain", "ulcer"]
    assert document["patient"] is None


def test_the_patient_stands_in_the_document_without_a_name() -> None:
    document = made(protocol(), known(*BODY)).as_document()
    assert document["patient"]["case_id"] == "case-1"
    assert document["patient"]["bsa_m2"] == pytest.approx(2.0)
    assert "case-1" not in calendar_text(made(protocol(), known(*BODY)), "1")
