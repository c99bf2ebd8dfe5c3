"""Eligible, not eligible because of what, or which facts would decide."""

from __future__ import annotations

from datetime import date

import pytest

from hepatica.case.record import Fact, Record, ReferenceRange, field_named
from hepatica.engine.computed_facts import ComputedFact
from hepatica.engine.screen import Screening, criteria_document, facts_of, known_on, screen
from hepatica.errors import UsageError
from hepatica.protocol import Protocol, parse_protocol
from tests.protocol.documents import small

ON = date(2024, 6, 1)
CRITERIA = """
eligibility:
  source: example, Patients
  all:
    - {id: child-pugh, text: Good liver function., fact: derived.child_pugh_class, op: is, value: A}
    - {id: liver, fact: liver.uninvolved_volume, op: '>=', value: 700, unit: mL}
    - {id: alt, fact: lab.alt, op: <=, uln_times: 6, max_age_days: 14}
    - not: {id: dialysis, fact: function.dialysis, op: is, value: true}
"""


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    return parse_protocol(small() + CRITERIA)


def said(field: str, value: object, on: date | None = ON, **more: object) -> Fact:
    return Fact(field, value, unit=field_named(field).unit, on=on, **more)  # type: ignore[arg-type]


FULL = (
    said("lab.bilirubin", 12.0),
    said("lab.albumin", 41.0),
    said("lab.inr", 1.0),
    said("function.ascites", "none"),
    said("function.encephalopathy", "none"),
    said("liver.uninvolved_volume", 1200.0),
    said("lab.alt", 30.0, reference=ReferenceRange(high=40)),
    said("function.dialysis", False),
)


def screened(protocol: Protocol, *facts: Fact, on: date = ON) -> Screening:
    return screen(Record("boxes", facts), protocol, on)


def without(*fields: str) -> list[Fact]:
    return [fact for fact in FULL if fact.field not in fields]


def test_a_patient_who_meets_everything_is_eligible(protocol: Protocol) -> None:
    found = screened(protocol, *FULL)
    assert (found.outcome, found.sentence, found.work_list) == ("eligible", "eligible", ())


def test_a_patient_is_not_eligible_because_of_the_decisive_fact_alone(protocol: Protocol) -> None:
    """A missing INR is irrelevant once something else excludes the patient."""
    found = screened(
        protocol, *without("function.dialysis", "lab.inr"), said("function.dialysis", True)
    )
    assert found.outcome == "not_eligible"
    assert (
        found.sentence
        == "not eligible because of Dialysis: yes on 2024-06-01 (criterion: dialysis)"
    )
    assert [leaf.id for leaf in found.judgement.decisive] == ["dialysis"]


def test_an_undetermined_patient_gets_the_shortest_list_of_facts(protocol: Protocol) -> None:
    found = screened(protocol, *without("lab.inr", "lab.alt"))
    assert found.outcome == "undetermined"
    assert found.sentence == (
        "undetermined: these 2 facts would decide: INR, Alanine aminotransferase (ALT)"
    )
    assert [want.criteria for want in found.work_list] == [("child-pugh",), ("alt",)]
    assert all(want.is_enough for want in found.work_list)


def test_one_missing_fact_is_said_in_the_singular(protocol: Protocol) -> None:
    found = screened(protocol, *without("function.ascites"))
    assert found.sentence == "undetermined: this 1 fact would decide: Ascites"


def test_a_score_asks_for_the_facts_that_it_still_needs(protocol: Protocol) -> None:
    (want,) = screened(protocol, *without("lab.inr", "lab.albumin")).work_list
    assert want.fact == "derived.child_pugh_class"
    assert [need.fact for need in want.needs] == ["lab.albumin", "lab.inr"]


def test_a_fact_that_is_too_old_is_asked_for_again(protocol: Protocol) -> None:
    found = screened(protocol, *FULL, on=date(2024, 6, 16))
    assert found.sentence.endswith("Alanine aminotransferase (ALT)")
    assert "is 15 days old; at most 14 are allowed" in found.work_list[0].reasons[0]


def test_an_old_score_asks_for_its_old_facts_again() -> None:
    aged = CRITERIA.replace("value: A}", "value: A, max_age_days: 7}")
    facts = [*without("lab.inr", "lab.alt"), said("lab.inr", 1.0, date(2024, 5, 1))]
    found = screened(
        parse_protocol(small() + aged),
        *facts,
        said("lab.alt", 30.0, reference=ReferenceRange(high=40)),
    )
    assert [need.fact for want in found.work_list for need in want.needs] == ["lab.inr"]


def test_what_was_recorded_later_is_not_seen(protocol: Protocol) -> None:
    late = said("function.dialysis", True, date(2024, 6, 2))
    assert screened(protocol, *FULL, late).outcome == "eligible"
    assert screened(protocol, *FULL, late, on=date(2024, 6, 2)).outcome == "not_eligible"


def test_a_computed_volume_stands_in_for_a_missing_one(protocol: Protocol) -> None:
    small_liver = ComputedFact("computed.uninvolved_liver_volume", 650.0, ("Liver", "GTV1"))
    record = Record("boxes", tuple(without("liver.uninvolved_volume")))
    found = screen(record, protocol, ON, (small_liver,))
    assert found.outcome == "not_eligible"
    assert found.judgement.decisive[0].value is not None
    assert found.judgement.decisive[0].value.source == "computed from Liver, GTV1"


def test_a_contradiction_between_record_and_images_is_told(protocol: Protocol) -> None:
    computed = ComputedFact("computed.uninvolved_liver_volume", 650.0, ("Liver", "GTV1"))
    found = screen(Record("boxes", FULL), protocol, ON, (computed,))
    assert found.outcome == "eligible"
    assert "the record says 1200 mL, the structures Liver, GTV1 give 650 mL" in found.notes[0]


def test_a_bound_of_a_score_can_already_decide() -> None:
    """One lesion of 60 mm is enough to say that the largest is not below 50 mm."""
    text = (
        "\neligibility: {source: 'example, Patients', id: size, fact: derived.largest_diameter, "
        "op: <=, value: 50, unit: mm}\n"
    )
    facts = [said("lesion.diameter", 60.0, item="1"), said("liver.lesion_count", 3)]
    assert screened(parse_protocol(small() + text), *facts).outcome == "not_eligible"


def test_one_patient_is_prepared_once_for_many_protocols(protocol: Protocol) -> None:
    known = known_on(Record("boxes", FULL), ON)
    assert screen(known, protocol).sentence == screen(known, protocol).sentence == "eligible"


def test_a_protocol_without_criteria_and_a_record_without_a_day_are_refused(
    protocol: Protocol,
) -> None:
    with pytest.raises(UsageError, match="has no eligibility criteria, so nobody can be screened"):
        screen(Record("boxes"), parse_protocol(small()), ON)
    with pytest.raises(UsageError, match=r"needs the day of judgement; give --on"):
        screen(Record("boxes"), protocol)


def test_stated_derived_and_computed_facts_are_found_under_their_names() -> None:
    known = known_on(Record("boxes", FULL), ON)
    computed = ComputedFact("computed.veff", 0.4, ("Liver-GTV",))
    facts = facts_of(known.record, known.derived, (computed,))
    found = [facts.latest(n) for n in ("lab.inr", "derived.child_pugh_class", "computed.veff")]
    assert [fact.value for fact in found if fact is not None] == [1.0, "A", 0.4]
    assert facts.latest("computed.ntcp") is None


def test_a_computed_fact_that_nobody_computed_may_have_been_stated() -> None:
    facts = facts_of(Record("boxes", FULL), {})
    found = facts.latest("computed.uninvolved_liver_volume")
    assert found is not None
    assert (found.field, found.value) == ("liver.uninvolved_volume", 1200.0)


def test_a_day_that_is_yet_to_come_is_not_seen() -> None:
    past, planned = (said("workup.pet", date(2024, m, 1), on=None) for m in (3, 9))
    facts = facts_of(Record("boxes", (past, planned)), {})
    assert facts.latest("workup.pet", until=ON) == past
    assert facts.latest("workup.pet", until=date(2024, 9, 1)) == planned


def test_a_screening_is_a_document_of_words_and_numbers(protocol: Protocol) -> None:
    made = screened(protocol, *without("lab.inr")).as_document()
    assert made["outcome"] == "undetermined"
    assert made["work_list"][0]["needs"] == ["lab.inr"]
    assert made["decisive"][0]["asked"] == "A"
    assert criteria_document(protocol)["child-pugh"]["source"].endswith("Patients")


REMOVED = """
eligibility:
  source: example, Patients
  id: part
  fact: liver.removed_fraction
  op: <=
  value: 75
  unit: '%'
"""
VOLUMES = (
    said("liver.liver_volume", 1600.0),
    said("liver.tumour_volume", 100.0),
    said("liver.remnant_volume", 300.0),
)


def test_the_part_that_is_removed_follows_from_the_volumes() -> None:
    found = screened(parse_protocol(small() + REMOVED), *VOLUMES)
    assert found.outcome == "not_eligible"
    assert "removes: 80 %" in found.sentence
    enough = said("liver.remnant_volume", 900.0)
    assert screened(parse_protocol(small() + REMOVED), *VOLUMES[:2], enough).outcome == "eligible"


def test_the_part_that_is_removed_follows_from_the_images_and_a_stated_remnant() -> None:
    images = (
        ComputedFact("computed.liver_volume", 1600.0, ("Liver", "GTV1")),
        ComputedFact("computed.uninvolved_liver_volume", 1500.0, ("Liver", "GTV1")),
    )
    record = Record("boxes", (said("liver.remnant_volume", 300.0),))
    assert screen(record, parse_protocol(small() + REMOVED), ON, images).outcome == "not_eligible"
    known = known_on(record, ON, images)
    remnant = known.facts.latest("computed.remnant_percent")
    assert remnant is not None
    assert remnant.value == pytest.approx(20.0)


@pytest.mark.parametrize(
    "facts",
    [
        VOLUMES[:2],
        (*VOLUMES[:2], said("liver.remnant_volume", 300.0, comparator="<")),
        (*VOLUMES[:2], said("liver.remnant_volume", 1550.0)),
        (*VOLUMES, said("liver.uninvolved_volume", 0.0)),
    ],
)
def test_volumes_that_are_missing_vague_or_at_odds_give_no_remnant(facts: tuple[Fact, ...]) -> None:
    assert known_on(Record("boxes", facts), ON).facts.latest("computed.remnant_percent") is None


def test_a_stated_part_comes_before_the_computed_one_and_the_contradiction_is_told() -> None:
    found = screened(
        parse_protocol(small() + REMOVED), *VOLUMES, said("liver.removed_fraction", 40.0)
    )
    assert found.outcome == "eligible"
    assert "the record says 40 %" in found.notes[0]
    assert "give 80 %" in found.notes[0]
