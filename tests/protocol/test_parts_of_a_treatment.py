"""Phases, drugs, printed numbers and visits of a document fit together, or their fault is told."""

from __future__ import annotations

import pytest

from hepatica.errors import InvalidInput, UsageError
from hepatica.protocol import (
    MODALITIES,
    IsotoxicProtocol,
    as_isotoxic,
    load_isotoxic_protocol,
    load_protocol,
    parse_protocol,
    validate,
)
from hepatica.protocol.modalities import NEEDS, ONLY_FOR
from hepatica.protocol.schema import Protocol
from tests.protocol.documents import changed, shipped, small

BOOST = "whole-liver-boost"
HAI = "hai-fudr-xelox"


def faults(name: str, *changes: tuple[str, str]) -> list[str]:
    return [str(fault) for fault in validate(changed(shipped(name), *changes))]


def test_every_kind_of_treatment_says_which_parts_it_needs() -> None:
    assert set(NEEDS) == set(MODALITIES)
    keys = set(Protocol.model_fields)
    assert {key for needed in NEEDS.values() for key in needed} | set(ONLY_FOR) <= keys


def test_a_part_that_a_kind_of_treatment_needs_is_missed() -> None:
    (fault,) = faults(BOOST, ("modality: whole_liver_radiotherapy", "modality: thermoradiotherapy"))
    assert "heat is missing; a thermoradiotherapy protocol needs phases, heat." in fault


def test_a_part_that_would_be_ignored_is_refused() -> None:
    (fault,) = faults(
        "whole-liver-hyperthermia",
        ("modality: thermoradiotherapy", "modality: whole_liver_radiotherapy"),
        ("# what the text says", "limits:\n  - {name: a, structure: Stomach, metric: 'Max[Gy]', "
         "at_most: 50, kind: organ, source: rationale}\n\n# what the text says"),
    )  # fmt: skip
    assert "heat belongs to thermoradiotherapy, not to whole_liver_radiotherapy; leave it" in fault


def test_a_photon_treatment_still_needs_its_prescription() -> None:
    text = small()
    start, end = text.index("prescription:\n"), text.index("limits:\n")
    (fault,) = (str(f) for f in validate(text[:start] + text[end:]))
    assert "prescription is missing. How the dose is chosen" in fault


def test_an_isotoxic_document_is_one_and_the_others_say_what_they_are() -> None:
    assert isinstance(load_protocol("sbrt-six-fraction"), IsotoxicProtocol)
    assert load_isotoxic_protocol("sbrt-six-fraction").prescription.fractions == 6
    with pytest.raises(
        UsageError,
        match="Protocol hai-fudr-xelox is hepatic_arterial_infusion and has no isotoxic prescr",
    ):
        as_isotoxic(load_protocol(HAI))


def test_fractions_that_do_not_add_up_are_told() -> None:
    (fault,) = faults(BOOST, ("dose_per_fraction_gy: 1.7", "dose_per_fraction_gy: 2.5"))
    assert "phases[1].dose_gy: 12 fractions of 2.5 Gy are 30 Gy, not 30.6 Gy." in fault


def test_a_phase_follows_one_that_exists() -> None:
    (fault,) = faults(BOOST, ("follows: whole-liver", "follows: whole-livre"))
    assert "whole-livre is not a phase; did you mean whole-liver?" in fault


def test_a_dose_outside_its_own_range_is_told() -> None:
    (fault,) = faults(BOOST, ("dose_range_gy: [25.5, 34]", "dose_range_gy: [31, 34]"))
    assert "30.6 lies below the range, which starts at 31." in fault
    (fault,) = faults(BOOST, ("dose_range_gy: [25.5, 34]", "dose_range_gy: [34, 25.5]"))
    assert "the range runs from 34 to 25.5; its lower end comes first." in fault


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("count: 29\n    of: 54", "count: 29\n    of: 25", "29 is more than the 25 it is counted"),
        ("value: 54.8\n", "value: 54.8\n    low: 60\n", "54.8 lies below the range, which starts"),
        ("    count: 29\n    of: 54\n    value: 54.8\n", "", "a row needs value, low and high, or"),
        ("    value: 54.8\n", "    bound: '<'\n", "bound goes with value; write the number as"),
        ("name: ecog-1,", "name: ecog-0,", "ecog-0 is already taken; give each its own name."),
    ],
)
def test_a_printed_row_that_cannot_be_is_told(old: str, new: str, said: str) -> None:
    (fault,) = faults(HAI, (old, new))
    assert said in fault


def test_a_rule_about_a_drug_that_is_not_given_is_told() -> None:
    (fault,) = faults(HAI, ("drugs: [floxuridine]", "drugs: [floxuridin]"))
    assert "floxuridin is not a drug of this document; did you mean floxuridine?" in fault
    (fault,) = faults(HAI, ("after: ulcer\n", "after: ulcers\n"))
    assert "ulcers is not a rule of dose_modification; did you mean ulcer?" in fault


def test_a_dose_without_its_unit_is_told() -> None:
    (fault,) = faults(HAI, ("    dose: 130\n    unit: mg/m2\n", "    dose: 130\n"))
    assert "a dose needs its unit and per: (administration, day or cycle)." in fault


def test_an_event_has_one_kind_of_time() -> None:
    (fault,) = faults(HAI, ("at: [14]", "at: [14]\n      every: 2"))
    assert "an event has either at: or every:." in fault
    (fault,) = faults(
        "sbrt-six-fraction", ("until_last_dose: true", "until_last_dose: true\n      until: 3")
    )
    assert "until: and until_last_dose: exclude each other; keep one." in fault


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ("[0, 2, 4, 7, 9]", "5 days for 6 fractions; one for each is needed."),
        ("[0, 2, 4, 4, 9, 11]", "the days must rise from first to last"),
        ("[0, 2, 4, 7, 9, 14]", "day 14 is not within 14 days that begin with day 0."),
    ],
)
def test_the_days_of_the_fractions_fit_the_prescription(days: str, said: str) -> None:
    (fault,) = faults("sbrt-six-fraction", ("value: [0, 2, 4, 7, 9, 11]", f"value: {days}"))
    assert said in fault


def test_a_photon_plan_cannot_treat_the_largest_tumour_only() -> None:
    text = changed(small(), ("    grown_from: GTV\n", "    grown_from: GTV\n    of: largest\n"))
    with pytest.raises(InvalidInput, match="a photon_sbrt plan treats all tumours"):
        parse_protocol(text)


def test_a_fraction_count_is_printed_or_follows_from_the_doses() -> None:
    protocol = load_protocol(BOOST)
    whole, _ = protocol.phases
    assert whole.fraction_count() == 18
    assert whole.model_copy(update={"fractions": 7}).fraction_count() == 7
    assert whole.model_copy(update={"dose_gy": None}).fraction_count() is None
