"""What stands around the statuses: gaps, work-up, sequences, numbers, non-factors, conflicts."""

from __future__ import annotations

import re
from datetime import date

import pytest

from hepatica.case.record import Fact, Record, field_named, fields
from hepatica.engine.board.answer_lines import answer_line, none_line
from hepatica.engine.board.board import board
from hepatica.engine.board.computed import computed_facts
from hepatica.engine.board.document import board_document
from hepatica.engine.board.records import Board, MissingFact, Number
from hepatica.engine.form import fact_from_answer
from hepatica.engine.form.answers import Said
from hepatica.errors import Inconsistent
from hepatica.protocol.rules import load_pack
from tests.engine.board.patients import ON, Vignette, vignettes
from tests.engine.builders import abdomen, falling_dose

BY_ID = {vignette.id: vignette for vignette in vignettes()}


def _board(name: str) -> Board:
    return BY_ID[name].board()


def test_one_gap_is_the_shortest_list_where_one_fact_decides() -> None:
    found = _board("r1-margin-unknown").row("resection")
    assert [gap.fact for gap in found.missing] == ["liver.margin_feasible"]
    assert found.missing[0].examination.startswith("Joint reading")
    assert found.missing[0].alone == ("resection",)
    assert found.possible == ("not_indicated", "indicated")


def test_no_examination_is_asked_for_a_therapy_that_is_closed_anyway() -> None:
    found = _board("s2-flow-not-tested-where-it-does-not-matter")
    assert found.row("selective-internal-radiation").missing == ()
    assert "vascular.lung_shunt" not in {gap.fact for gap in found.missing}


def test_what_most_rows_wait_for_is_asked_first() -> None:
    gaps = _board("nothing-known").missing
    counts = [len(gap.therapies) for gap in gaps]
    assert counts == sorted(counts, reverse=True)


def test_a_derived_fact_is_asked_for_by_the_facts_behind_it() -> None:
    vignette = BY_ID["k6-last-week"]
    assert all(not gap.fact.startswith("derived.") for gap in vignette.board().missing)


def test_the_number_of_metastases_is_shown_as_ignored() -> None:
    found = _board("r3-seven-metastases")
    assert [(one.rule, one.value) for one in found.ignored] == [("R3", "7 on 2024-04-25")]
    assert "R3" not in {one.rule for one in found.row("resection").reasons}


def test_both_lobes_are_shown_as_ignored_by_the_infusion_rules() -> None:
    found = _board("k3-twelve-in-both-lobes")
    facts = {one.fact for one in found.ignored}
    assert facts == {"derived.lesion_count", "liver.distribution"}


def test_rows_stand_in_the_hierarchy_of_the_source_whatever_the_patient() -> None:
    order = load_pack("review").order
    for name in ("r1-solitary", "s2-flow-to-the-duodenum", "nothing-known"):
        shown = [row.name for row in _board(name).rows]
        ruled = [therapy for therapy in order if therapy in shown]
        assert shown[: len(ruled)] == ruled


def test_a_sequence_opens_with_its_first_therapy_and_tells_what_brings_the_patient_back() -> None:
    plans = {plan.id: plan for plan in _board("k1-classic").plans}
    assert plans["convert"].state == "open"
    assert plans["convert"].opened_by == ("hai-fudr-xelox",)
    assert [step.therapy for step in plans["convert"].steps if step.therapy == "resection"]
    assert any("every cycle" in event.lower() for event in plans["convert"].re_entry)
    assert "resect-first" not in plans


def test_downstaging_is_offered_to_the_borderline_patient() -> None:
    plans = {plan.id: plan.state for plan in _board("c1-borderline").plans}
    assert plans["downstage"] == "open"
    assert "resect" not in plans


def test_a_sequence_with_a_contraindicated_step_is_blocked() -> None:
    vignette = BY_ID["c1-borderline"]
    unfit = Fact("performance.operable", False, on=ON, source="anaesthetist")
    plans = {p.id: p for p in vignette.board(vignette.record().with_facts([unfit])).plans}
    assert plans["downstage"].state == "blocked"
    assert "contraindicated" in {step.status for step in plans["downstage"].steps}


def test_nobody_is_downstaged_who_is_not_borderline() -> None:
    assert "downstage" not in {plan.id for plan in _board("h1-fourteen").plans}


def test_a_patient_who_declines_is_led_to_no_operation() -> None:
    vignette = BY_ID["r1-solitary"]
    no = Fact("performance.refuses_operation", True, on=ON, source="patient")
    plans = {plan.id for plan in vignette.board(vignette.record().with_facts([no])).plans}
    assert not plans & {"resect", "enlarge-the-remnant", "downstage"}
    assert "ablate" in plans


def test_nothing_is_ablated_after_a_resection_with_tumour_at_the_margin() -> None:
    """Cold at the edge is open then, but there is no metastasis left to ablate."""
    vignette = BY_ID["r1-solitary"]
    facts = [
        Fact(name, True, on=ON, source="pathology")
        for name in ("status.resected", "status.margin_positive")
    ]
    found = vignette.board(vignette.record().with_facts(facts))
    assert found.row("cryotherapy").status == "consider"
    assert "ablate" not in {plan.id for plan in found.plans}


def test_branches_to_the_stomach_are_coiled_in_everybody_who_is_to_have_a_catheter() -> None:
    advice = [
        said for one in _board("k1-classic").row("hai-fudr-xelox").reasons for said in one.advice
    ]
    assert any("gastroduodenal" in said for said in advice)


def test_a_reason_tells_what_was_found_from_what_the_rule_asks_for() -> None:
    (a1,) = _board("r1-solitary").row("radiofrequency-ablation").lacking
    fit = next(one for one in a1.because if one.fact == "performance.operable")
    assert re.search(r"^Fit for a liver operation: yes on .*; the rule asks for: no$", fit.says)


def test_a_condition_that_a_rule_denies_is_told_as_denied() -> None:
    (k7,) = (
        _board("k7-a-small-one-among-many-that-cannot-be-removed")
        .row("radiofrequency-ablation")
        .lacking
    )
    segments = next(one for one in k7.because if one.fact == "liver.all_segments_involved")
    assert segments.says.endswith("; the rule asks for: not yes")


def test_the_part_removed_follows_from_the_volumes_where_nobody_states_it() -> None:
    vignette = BY_ID["r2-unknown-part"]
    volumes = {
        "liver.liver_volume": 1600.0,
        "liver.tumour_volume": 100.0,
        "liver.remnant_volume": 300.0,
    }
    facts = [
        Fact(name, value, unit="mL", on=ON, source="volumetry") for name, value in volumes.items()
    ]
    found = vignette.board(vignette.record().with_facts(facts))
    assert found.row("resection").status == "not_indicated"
    assert "R2" in {one.rule for one in found.row("resection").reasons}
    numbers = {number.name: number.value for number in found.row("resection").numbers}
    assert numbers["computed.remnant_percent"] == pytest.approx(20.0)


def test_a_number_that_is_not_known_says_what_it_takes() -> None:
    numbers = {number.name: number for number in _board("r1-solitary").numbers}
    assert numbers["computed.isotoxic_dose"].value is None
    assert numbers["computed.isotoxic_dose"].missing == ("images with liver and tumours drawn",)


def test_a_number_of_another_room_answers_a_rule_that_asks_for_it() -> None:
    number = Number("computed.isotoxic_dose", "Dose", 42.0, "Gy", (), "a room", "verified")
    other = Number("y90.activity", "Activity", 1.2, "GBq", (), "a room", "verified")
    facts = computed_facts([number, other])
    assert [(fact.field, fact.value) for fact in facts] == [("computed.isotoxic_dose", 42.0)]


def test_documents_that_disagree_stand_side_by_side_with_their_dates() -> None:
    found = _board("r1-solitary").row("sbrt-six-fraction")
    told = {dispute.other: dispute for dispute in found.disputes if dispute.document == found.name}
    assert "selection-colorectal" in told
    assert told["selection-colorectal"].dated == "2009"
    assert told["selection-colorectal"].other_dated


def test_the_old_cap_argues_and_closes_nothing() -> None:
    with_dose, without = BY_ID["b1-above-the-old-cap"], BY_ID["b1-below-the-old-cap"]
    high, low = (v.board().row("sbrt-six-fraction") for v in (with_dose, without))
    assert [one.rule for one in high.reasons] == ["B1"]
    assert high.status == low.status


def test_the_review_has_an_order_but_no_row_for_what_nobody_rules_on() -> None:
    found = _board("r1-solitary")
    assert "irreversible-electroporation" in found.unspoken
    assert "irreversible-electroporation" not in {row.name for row in found.rows}


def test_record_and_images_of_two_patients_are_refused() -> None:
    with pytest.raises(Inconsistent, match=r"record is of case .*, the images are of case .*"):
        board(Record("somebody-else"), abdomen(), on=ON)


def test_the_document_holds_every_row_with_rule_evidence_and_source() -> None:
    told = board_document(_board("s2-flow-to-the-duodenum"))
    rows = {row["therapy"]: row for row in told["rows"]}
    reason = next(r for r in rows["selective-internal-radiation"]["reasons"] if r["rule"] == "S2")
    assert reason["argument"] == "contraindication"
    assert reason["evidence"]["level"] == "narrative_review"
    assert reason["evidence"]["place"] == "Radiotherapy"
    assert any("stomach" in one["says"] for one in reason["because"])
    assert told["pack"]["name"] == "review"


def test_a_recalled_number_behind_a_rule_is_marked() -> None:
    found: Vignette = BY_ID["s2-lung"]
    reasons = found.board().row("selective-internal-radiation").reasons
    shunt = next(one for one in reasons if one.rule == "S2")
    assert {one.status for one in shunt.because} == {"recalled"}


def test_with_images_the_row_shows_this_patients_volume_and_isotoxic_dose() -> None:
    case = abdomen()
    record = Record(case.case_id, BY_ID["h1-fourteen"].record().facts)
    found = board(record, case, on=ON)
    numbers = {number.name: number for number in found.row("sbrt-six-fraction").numbers}
    assert 0 < (numbers["computed.veff"].value or 0) < 0.8
    assert 25 < (numbers["computed.isotoxic_dose"].value or 0) <= 60
    assert "idealised dose" in numbers["computed.isotoxic_dose"].caveat
    assert numbers["computed.isotoxic_dose"].estimate
    burden = next(n for n in found.numbers if n.name == "derived.tumour_burden_percent")
    liver = case.structures["Liver"]
    assert burden.value == pytest.approx(100 * case.gtvs[0].volume_cc / liver.volume_cc, rel=0.05)


def test_a_dose_of_the_case_is_taken_before_an_idealised_one() -> None:
    case = abdomen()
    case = case.with_doses(falling_dose())
    record = Record(case.case_id, BY_ID["h1-fourteen"].record().facts)
    number = next(
        n for n in board(record, case, on=ON).numbers if n.name == "computed.isotoxic_dose"
    )
    assert "of the case" in number.caveat
    assert not number.estimate


def test_without_a_liver_the_dose_says_what_is_missing() -> None:
    case = abdomen(without=("Liver",))
    record = Record(case.case_id)
    number = next(
        n for n in board(record, case, on=ON).numbers if n.name == "computed.isotoxic_dose"
    )
    assert number.missing == ("the liver as a structure",)


def _step(found: Board, fact: str) -> MissingFact:
    return next(gap for gap in found.missing if gap.fact == fact)


def test_a_missing_fact_says_how_it_is_recorded_and_how_that_there_is_none() -> None:
    record = BY_ID["k1-classic"].record()
    kept = [f for f in record if not f.field.startswith(("status.", "vascular.", "exposure."))]
    found = board(Record("p", tuple(kept)), on=ON, pack="infusion")
    now = _step(found, "status.regional_infusion_now")
    assert now.answer == "status.regional_infusion_now: no | yes"
    assert now.none == "status.regional_infusion_now: no"
    assert set(now.spares) >= {
        *("vascular.catheter_working", "status.hepatic_progression", "status.excess_toxicity")
    }
    never = _step(found, "all_listed.prior")
    assert never.none == "all_listed.prior: yes"


def test_recording_none_of_it_closes_what_the_board_promised() -> None:
    record = BY_ID["k1-classic"].record()
    kept = [f for f in record if not f.field.startswith(("status.", "vascular.", "exposure."))]
    before = board(Record("p", tuple(kept)), on=ON, pack="infusion")
    now = _step(before, "status.regional_infusion_now")
    field, _, answer = now.none.partition(": ")
    assert answer == "no"
    said = Fact(field, False, on=ON, source="asked")
    after = board(Record("p", (*kept, said)), on=ON, pack="infusion")
    assert not {gap.fact for gap in after.missing} & {now.fact, *now.spares}


@pytest.mark.parametrize(
    ("fact", "answer", "none"),
    [
        ("lab.bilirubin", "lab.bilirubin: NUMBER umol/L (..LIMIT) @DATE", ""),
        ("lesion.diameter[2]", "lesion.diameter#2: NUMBER mm", ""),
        ("lesion.diameter[unlisted]", "lesion.diameter#N: NUMBER mm", ""),
        ("function.ascites", "function.ascites: none | mild | gross", "function.ascites: none"),
        ("liver.lesion_count", "liver.lesion_count: NUMBER", "liver.lesion_count: 0"),
        ("all_listed.prior", "all_listed.prior: yes | no", "all_listed.prior: yes"),
        ("workup.pet", "workup.pet: DATE | not_performed", "workup.pet: not_performed"),
        (
            "exposure.last_chemotherapy",
            "exposure.last_chemotherapy: DATE | not_applicable",
            "exposure.last_chemotherapy: not_applicable",
        ),
        ("performance.ecog", "performance.ecog: NUMBER", "performance.ecog: 0"),
        ("cancer.histology", "cancer.histology: TEXT", ""),
        ("computed.veff", "", ""),
    ],
)
def test_the_line_of_an_answer_fits_the_kind_of_the_fact(fact: str, answer: str, none: str) -> None:
    assert (answer_line(fact), none_line(fact)) == (answer, none)


@pytest.mark.parametrize("name", [name for name in fields() if none_line(name)])
def test_every_line_that_says_none_is_taken_by_the_form(name: str) -> None:
    field, _, text = none_line(name).partition(": ")
    item = "1" if field_named(name).group else ""
    fact = fact_from_answer(field_named(field), text, Said("form", ON), item)
    Record("case", (fact,))


def test_a_laboratory_line_that_is_filled_in_carries_its_limit_and_day() -> None:
    field, _, line = answer_line("lab.bilirubin").partition(": ")
    text = line.replace("NUMBER", "12").replace("LIMIT", "20").replace("DATE", "2024-03-20")
    fact = fact_from_answer(field_named(field), text, Said("form", ON), "")
    assert (fact.value, fact.unit, fact.on) == (12.0, "umol/L", date(2024, 3, 20))
    assert fact.reference is not None
    assert fact.reference.high == 20.0


def test_every_fact_that_decides_is_told_with_its_days_once() -> None:
    (reason,) = (
        one for one in _board("k1-classic").row("hai-fudr-xelox").reasons if one.rule == "K1"
    )
    assert len(reason.because) >= 5
    assert {one.on for one in reason.because} == {"2024-04-25"}
    assert all("2024" not in one.found for one in reason.because)
    assert all(one.found in one.says for one in reason.because)


def test_a_therapy_that_only_a_common_rule_closes_keeps_the_criteria_of_its_document() -> None:
    found = _board("r1-solitary").row("sbrt-six-fraction")
    assert found.status == "not_indicated"
    assert "E1" in {one.rule for one in found.lacking}
    gone = _board("h4-nothing-left-and-little-else-known").row("sbrt-six-fraction")
    assert [one.rule for one in gone.reasons] == ["N1"]
    assert gone.missing == ()
