"""A protocol can be read in a terminal, with what is uncertain about it."""

from __future__ import annotations

from hepatica.protocol import describe, load_protocol, parse_protocol
from tests.protocol.documents import small


def test_a_reader_sees_doses_limits_readings_and_what_was_only_recalled() -> None:
    page = " ".join(describe(load_protocol("sbrt-six-fraction")).split())
    for said in (
        "PTV_GTV: all GTVs + the patient's own margin, at least 5 mm",
        "6 fractions in 14 days; risk of radiation-induced liver disease",
        "highest dose: 60 Gy [lee2009, Radiation Dose Escalation and Discussion]",
        "lowest dose: not stated",
        "step of the dose per fraction: 0.1 Gy [document] (recalled)",
        "low: from 0 below 0.22: 54 Gy at risk level 0.05, 57 Gy at risk level 0.1, 60 Gy",
        "high: from 0.51 up to and including 0.8: the dose that carries the risk",
        "above 0.8: ineligible",
        "since 11 patients had been treated, before that 33",
        "metric: The maximum is read as the dose to the hottest 0.03 cc",
        "read as literal: D66.7%[Gy] at most 18 Gy.",
        "when functioning_kidneys is both",
        "Rib: D0.5cc[Gy] at most 50.4 Gy (organ; soft)",
        "Kidneys: Kidney_L or Kidney_R (unless it is drawn)",
        "Which kidneys function? (both, left, right; both is assumed)",
    ):
        assert said in page


def test_sections_without_content_are_left_out() -> None:
    page = describe(parse_protocol(small()))
    assert "ADVICE" not in page
    assert "ASKED OF THE USER" not in page
