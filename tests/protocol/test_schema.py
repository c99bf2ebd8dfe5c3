"""A protocol answers the questions of those who carry it out."""

from __future__ import annotations

import pytest

from hepatica.case import Margin
from hepatica.case.metric import parse_metric
from hepatica.errors import InvalidInput
from hepatica.protocol import Limit, Protocol, load_protocol, parse_protocol
from tests.protocol.documents import changed, small


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    return load_protocol("sbrt-six-fraction")


def limit_named(protocol: Protocol, name: str) -> Limit:
    return next(limit for limit in protocol.limits if limit.name == name)


def test_the_stratum_of_an_effective_volume_is_found(protocol: Protocol) -> None:
    rule = protocol.prescription
    names = {v: s.name if (s := rule.stratum_at(v)) else None for v in (0, 0.2199, 0.22, 0.51, 0.8)}
    assert names == {0: "low", 0.2199: "low", 0.22: "mid", 0.51: "high", 0.8: "high"}
    assert rule.stratum_at(0.8001) is None


def test_a_fixed_stratum_gives_one_dose_per_risk_level(protocol: Protocol) -> None:
    rule = protocol.prescription
    low, mid, _ = rule.strata
    assert [rule.fixed_dose_gy(low, risk) for risk in (0.05, 0.10, 0.20)] == [54, 57, 60]
    assert rule.fixed_dose_gy(low, 0.07) is None
    assert rule.fixed_dose_gy(mid, 0.10) is None


def test_a_limit_on_each_of_several_structures_is_one_limit_per_structure(
    protocol: Protocol,
) -> None:
    bowel = [limit for limit in protocol.limits if limit.name == "stomach-and-bowel"]
    assert [limit.structure for limit in bowel] == [
        "Stomach",
        "Duodenum",
        "Bowel_Small",
        "Bowel_Large",
    ]
    assert {(str(limit.metric), limit.at_most, limit.binds) for limit in bowel} == {
        ("D0.5cc[Gy]", 30.0, True)
    }


def test_another_reading_replaces_metric_and_bound_and_nothing_else(protocol: Protocol) -> None:
    kidneys = limit_named(protocol, "both-kidneys")
    literal = kidneys.read_as("literal")
    assert (str(literal.metric), literal.at_most) == ("D66.7%[Gy]", 18)
    assert (literal.name, literal.structure, literal.binds) == ("both-kidneys", "Kidneys", True)
    assert (str(kidneys.metric), kidneys.at_most) == ("V18Gy[%]", 33.3)


def test_a_reading_that_is_not_offered_is_refused(protocol: Protocol) -> None:
    with pytest.raises(InvalidInput, match="Limit both-kidneys has no reading 'lax'; it has: lit"):
        limit_named(protocol, "both-kidneys").read_as("lax")


def test_a_limit_applies_fails_to_apply_or_is_undecided_by_a_fact(protocol: Protocol) -> None:
    left = limit_named(protocol, "only-kidney-left")
    assert left.applies({"functioning_kidneys": "left"}) is True
    assert left.applies({"functioning_kidneys": "both"}) is False
    assert left.applies({"functioning_kidneys": None}) is None
    assert left.applies({}) is None
    assert limit_named(protocol, "spinal-cord").applies({}) is True


def test_margins_are_one_distance_or_six() -> None:
    sides = "{left: 1, right: 2, anterior: 3, posterior: 4, superior: 5, inferior: 6}"
    six = parse_protocol(changed(small(), ("margin_mm: 5", f"margin_mm: {sides}")))
    assert parse_protocol(small()).targets[0].margin_mm == Margin.uniform(5)
    assert six.targets[0].margin_mm == Margin(1, 2, 3, 4, 5, 6)


@pytest.mark.parametrize(
    ("text", "how", "of", "margin_mm"),
    [
        ("Liver minus GTV", "minus", ("Liver", "GTV"), None),
        ("Liver minus GTV minus Gallbladder", "minus", ("Liver", "GTV", "Gallbladder"), None),
        ("Kidney_L or Kidney_R", "or", ("Kidney_L", "Kidney_R"), None),
        ("PTV and Liver", "and", ("PTV", "Liver"), None),
        ("SpinalCord plus 2.5 mm", "plus", ("SpinalCord",), 2.5),
    ],
)
def test_structures_are_made_of_others_in_words(
    text: str, how: str, of: tuple[str, ...], margin_mm: float | None
) -> None:
    protocol = parse_protocol(
        changed(
            small(),
            ("name: Liver-GTV\n    made_of: Liver minus GTV", f"name: Made\n    made_of: {text}"),
        )
    )
    made = protocol.derived[0].made_of
    assert (made.how, made.of, made.margin_mm) == (how, of, margin_mm)
    assert str(made) == text


@pytest.mark.parametrize("text", ["A minus B or C", "Liver", "SpinalCord plus 5 cm", "A  or B"])
def test_words_that_can_be_read_in_two_ways_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="one kind of word at a time"):
        parse_protocol(changed(small(), ("Liver minus GTV", text)))


def test_metrics_are_parsed_once_and_for_all(protocol: Protocol) -> None:
    assert limit_named(protocol, "spinal-cord").metric == parse_metric("D0.03cc[Gy]")


def test_a_number_has_its_own_source_or_that_of_its_block(protocol: Protocol) -> None:
    rule = protocol.prescription
    assert rule.source_of("risk_levels").where == "Radiation Dose Escalation"
    assert rule.source_of("allowance_gy").where == "figure 1 caption"
    assert rule.source_of("step_gy_per_fraction").document == "document"
    assert (rule.status_of("allowance_gy"), rule.status_of("step_gy_per_fraction")) == (
        "verified",
        "recalled",
    )
    assert "not published" in rule.remark_on("step_gy_per_fraction")
    assert rule.remark_on("fractions") == ""


def test_an_inner_block_has_the_source_of_the_outer_one(protocol: Protocol) -> None:
    rule = protocol.prescription
    assert rule.strata[1].source == rule.source
    assert rule.covers.source != rule.source
    assert rule.covers.status == "recalled"
    assert str(rule.source) == (
        "Lee et al., phase I study of individualised stereotactic body radiotherapy of liver "
        "metastases, J Clin Oncol 2009;27:1585-1591, Radiation Dose Escalation"
    )


def test_a_status_of_its_own_wins_over_that_of_the_source() -> None:
    text = changed(
        small(),
        ("    source: example, table 2", "    status: verified\n    source: example, table 2"),
    )
    protocol = parse_protocol(text)
    assert protocol.limits[0].source.status == "recalled"
    assert protocol.limits[0].status == "verified"
