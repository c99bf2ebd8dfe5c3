"""The written treatment holds the numbers that the phase I study printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from hepatica.case import Margin
from hepatica.protocol import Limit, Protocol, load_protocol


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    return load_protocol("sbrt-six-fraction")


@pytest.fixture(scope="module")
def paper(shared: Path) -> str:
    """The text of the study, its lines joined and words at line ends put together."""
    (path,) = (shared / "seeds").glob("003_*.txt")
    return " ".join(path.read_text(encoding="utf-8").replace("-\n", "-").split())


def limits(protocol: Protocol, name: str) -> list[Limit]:
    found = [limit for limit in protocol.limits if limit.name == name]
    assert found, name
    return found


def test_the_targets_are_the_published_margins(protocol: Protocol, paper: str) -> None:
    assert "was 8 mm around the GTV within the liver" in paper
    assert "(mini-mum 5 mm)" in paper
    ctv, ptv_gtv, ptv_ctv = protocol.targets
    assert (ctv.name, ctv.grown_from, ctv.inside) == ("CTV", "GTV", "Liver")
    assert ctv.margin_mm == Margin.uniform(8)
    assert (ptv_gtv.name, ptv_gtv.grown_from) == ("PTV_GTV", "GTV")
    assert (ptv_ctv.name, ptv_ctv.grown_from) == ("PTV_CTV", "CTV")
    for ptv in (ptv_gtv, ptv_ctv):
        assert (ptv.margin_rule, ptv.minimum_mm, ptv.margin_mm) == ("patient_specific", 5, None)


def test_six_fractions_within_two_weeks(protocol: Protocol, paper: str) -> None:
    assert "60 Gy) in six fractions over 2 weeks" in paper
    assert (protocol.prescription.fractions, protocol.prescription.overall_days) == (6, 14)


def test_the_risk_is_that_of_the_liver_outside_all_tumours(protocol: Protocol, paper: str) -> None:
    assert "defined as the liver volume minus all GTVs" in paper
    assert protocol.prescription.organ == "Liver-GTV"
    (organ,) = (d for d in protocol.derived if d.name == "Liver-GTV")
    assert str(organ.made_of) == "Liver minus GTV"


def test_the_risk_levels_and_the_sensitivity_to_fractionation(
    protocol: Protocol, paper: str
) -> None:
    assert "three estimated risk levels (5%, 10%, and 20%)" in paper
    assert "using 1.5 Gy twice daily" in paper
    rule = protocol.prescription
    assert rule.risk_levels == (0.05, 0.10, 0.20)
    assert rule.alpha_beta_gy == 2.5
    assert rule.reference_fraction_gy == 1.5
    assert rule.reference_fraction_readings_gy == (1.5, 2.0)
    assert (rule.model, rule.effective_volume) == ("michigan_mets", "physical")


def test_the_strata_of_effective_volume(protocol: Protocol, paper: str) -> None:
    assert "mid Veff 0.22 to 0.51" in paper
    assert "dose was escalated from 54 Gy to 57 Gy then to 60 Gy" in paper
    low, mid, high = protocol.prescription.strata
    assert (low.veff_from, low.veff_to, low.fixed_gy, low.ntcp_below) == (
        0,
        0.22,
        (54, 57, 60),
        0.05,
    )
    assert (mid.veff_from, mid.veff_to, mid.doses) == (0.22, 0.51, "curve")
    assert (high.veff_from, high.veff_to, high.upper_included) == (0.51, 0.8, True)
    assert protocol.prescription.above == "ineligible"


def test_the_dose_follows_the_curve_with_up_to_three_gray_more(
    protocol: Protocol, paper: str
) -> None:
    assert (
        "with up to 3 Gy more permitted as long as patient calculated risk was maintained" in paper
    )
    rule = protocol.prescription
    assert (rule.allowance_gy, rule.cap_gy, rule.minimum_gy) == (3, 60, None)
    assert (rule.reading, rule.readings) == ("two_step", ("two_step", "binwise"))


def test_what_the_study_does_not_state_is_not_passed_off_as_its_own(protocol: Protocol) -> None:
    rule = protocol.prescription
    for key in ("step_gy_per_fraction", "rounding", "readings", "effective_volume"):
        assert rule.source_of(key).document == "document"
        assert rule.status_of(key) == "recalled"
    assert rule.covers.status == "recalled"
    assert "not published" in (rule.covers.note or "")


def test_the_limits_of_the_targets(protocol: Protocol, paper: str) -> None:
    assert "with a maximum dose of 140% within the target" in paper
    assert "The PTVCTV dose was 24 Gy in six fractions over 2 weeks" in paper
    (hottest,) = limits(protocol, "target-maximum")
    assert (hottest.structure, str(hottest.metric), hottest.at_most) == ("PTV_GTV", "Max[%]", 140)
    (edge,) = limits(protocol, "microscopic-disease")
    assert (edge.structure, str(edge.metric), edge.at_least) == ("PTV_CTV", "D95%[Gy]", 24)


def test_the_limit_of_stomach_and_bowel_was_lowered(protocol: Protocol, paper: str) -> None:
    assert "0.5 mL of small/large bowel and stomach was 33 Gy (reduced to 30 Gy after 11" in paper
    for limit in limits(protocol, "stomach-and-bowel"):
        assert (str(limit.metric), limit.at_most, limit.before_that) == ("D0.5cc[Gy]", 30, 33)
        assert "11 patients" in (limit.since or "")


def test_the_limits_of_cord_and_kidneys(protocol: Protocol, paper: str) -> None:
    assert "spinal cord plus 5 mm was 27 Gy" in paper
    assert "combined kidneys was 18 Gy or 10 Gy to 90% of one functioning kidney" in paper
    (cord,) = limits(protocol, "spinal-cord")
    assert (cord.structure, cord.at_most) == ("SpinalCord_PRV05", 27)
    (prv,) = (d for d in protocol.derived if d.name == "SpinalCord_PRV05")
    assert str(prv.made_of) == "SpinalCord plus 5 mm"
    (both,) = limits(protocol, "both-kidneys")
    assert (both.structure, str(both.metric), both.at_most) == ("Kidneys", "V18Gy[%]", 33.3)
    literal = both.read_as("literal")
    assert (str(literal.metric), literal.at_most) == ("D66.7%[Gy]", 18)
    for side in ("left", "right"):
        (one,) = limits(protocol, f"only-kidney-{side}")
        assert (str(one.metric), one.at_most) == ("V10Gy[%]", 10)
        assert str(one.applies_when) == f"functioning_kidneys is {side}"


def test_the_rib_dose_of_later_studies_does_not_bind(protocol: Protocol, paper: str) -> None:
    assert "rib dose in our present studies is now limited to 50.4 Gy in six fractions" in paper
    for limit in (*limits(protocol, "ribs"), *limits(protocol, "chest-wall")):
        assert (limit.at_most, limit.strength, limit.binds) == (50.4, "soft", False)


def test_uninvolved_liver_and_the_protection_of_the_stomach(protocol: Protocol, paper: str) -> None:
    assert "more than 800 mL of uninvolved liver" in paper
    (liver,) = limits(protocol, "uninvolved-liver")
    assert (liver.structure, str(liver.metric), liver.at_least) == ("Liver-GTV", "Volume[cc]", 800)
    assert liver.kind == "eligibility"
    (stomach,) = protocol.advice
    assert (stomach.structure, stomach.at_least) == ("Stomach", 30)
    assert "proton-pump inhibitor" in stomach.advise


def test_what_table_1_reports_is_reported(protocol: Protocol, paper: str) -> None:
    assert "Maximum dose to 700 mL of liver, Gy" in paper
    rows = {row.structure: [str(metric) for metric in row.metrics] for row in protocol.report.rows}
    assert {"Mean[Gy]", "DC700cc[Gy]", "Volume[cc]"} <= set(rows["Liver-GTV"])
    assert "D95%[Gy]" in rows["PTV_GTV"]
    assert rows["Stomach"] == ["D0.5cc[Gy]"]
