"""What spans a document: names that exist, strata that join, limits that can bind."""

from __future__ import annotations

import pytest

from hepatica.protocol import validate
from tests.protocol.documents import changed, shipped, small


def found(text: str) -> list[str]:
    return [str(fault) for fault in validate(text)]


STRATUM = "    - name: all\n      veff_from: 0\n      veff_to: 0.8\n      upper_included: true\n"


def strata(*edges: tuple[float, float]) -> str:
    """The small document with these strata, all dosed by the curve."""
    rows = "      doses: curve\n".join(
        f"    - name: s{i}\n      veff_from: {low}\n      veff_to: {high}\n"
        for i, (low, high) in enumerate(edges)
    )
    return changed(small(), (STRATUM, rows))


def test_strata_that_join_are_sound() -> None:
    assert found(strata((0, 0.2), (0.2, 0.5), (0.5, 0.8))) == []


@pytest.mark.parametrize(
    ("edges", "message"),
    [
        (((0.1, 0.8),), "the range starts at 0 but s0 starts at 0.1: 0 to 0.1 is in no stratum."),
        (
            ((0, 0.2), (0.3, 0.8)),
            "s0 ends at 0.2 but s1 starts at 0.3: 0.2 to 0.3 is in no stratum.",
        ),
        (((0, 0.4), (0.3, 0.8)), "s1 starts at 0.3 but s0 ends at 0.4: they overlap."),
        (((0, 0.4), (0.4, 0.4)), "s1 ends at 0.4, which is not above its start 0.4."),
    ],
)
def test_strata_with_a_gap_or_an_overlap_are_refused(
    edges: tuple[tuple[float, float], ...], message: str
) -> None:
    (fault,) = found(strata(*edges))
    assert message in fault


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        # names
        ("name: PTV\n", "name: CTV\n", "CTV is already taken; give each its own name."),
        ("name: spared-liver", "name: stomach-and-duodenum", "is already taken"),
        ("structure: PTV\n", "structure: PVT\n", "did you mean PTV?"),
        ("organ: Liver-GTV", "organ: Leber", "Leber is written Liver in TG-263; write it so."),
        ("[Stomach, Duodenum]", "[Stomach, Darm]", "'Darm' fits Bowel_Small, Bowel_Large"),
        ("inside: Liver", "inside: Livre", "Livre is not a structure that is known here"),
        ("Liver minus GTV", "Livor minus GTV", "made_of: Livor is not a structure that is known"),
        ("Liver minus GTV", "Liver-GTV plus 5 mm", "Liver-GTV is made of itself"),
        # targets
        (
            "grown_from: CTV",
            "grown_from: CVT",
            "CVT is neither GTV nor a target; did you mean CTV?",
        ),
        ("grown_from: GTV", "grown_from: PTV", "CTV is made of itself, so it can never be drawn."),
        ("    margin_mm: 5\n", "", "a fixed margin needs margin_mm."),
        ("    minimum_mm: 5\n", "", "a patient-specific margin needs minimum_mm"),
        ("    minimum_mm: 5\n", "    minimum_mm: 5\n    margin_mm: 5\n", "the user gives it."),
        ("    margin_mm: 5\n", "    margin_mm: 5\n    minimum_mm: 5\n", "patient_specific only."),
        # doses and risks
        ("[0.05]\n", "[0.05, 0.05]\n", "the risk levels must rise from first to last."),
        (
            "doses: curve",
            "doses: fixed\n      fixed_gy: [40, 45]",
            "2 fixed doses for 1 risk levels",
        ),
        ("doses: curve", "doses: fixed\n      fixed_gy: [60]", "60 Gy is above cap_gy 50 Gy"),
        ("doses: curve", "doses: curve\n      fixed_gy: [45]", "go with doses: fixed only."),
        ("minimum_gy: null", "minimum_gy: 51", "the minimum 51 Gy is above cap_gy 50 Gy."),
        ("reading: two_step\n", "reading: binwise\n", "binwise is not among readings (two_step)"),
        ("fraction_gy: 1.5\n", "fraction_gy: 2\n", "2 is not among reference_fraction_readings_gy"),
        # limits
        ("    at_most: 28\n", "", "one of them; neither is written."),
        (
            "    at_most: 28\n",
            "    at_most: 28\n    at_least: 2\n",
            "one of them; both is written.",
        ),
        ("each_of: [St", "structure: Liver\n    each_of: [St", "either structure or each_of."),
        (
            "    at_most: 28\n",
            "    at_most: 28\n    since: 2009\n",
            "since and before_that go together",
        ),
        ("metric: D0.5cc[Gy]", "metric: V5Gy[%]\n    before_that: 300", "at most 100 is allowed."),
        ("metric: D0.5cc[Gy]", "metric: Max[%]", "Max[%] does not grow with the prescribed dose"),
        ("metric: D0.5cc[Gy]", "metric: CV9Gy[cc]", "CV9Gy[cc] does not grow with the prescribed"),
        ("at_most: 28", "at_least: 28", "a lower bound cannot lower the prescription"),
        # facts
        (
            "    kind: organ\n",
            "    kind: organ\n    applies_when: one_kidney is yes\n",
            "one_kidney is not an entry of facts; known are: none.",
        ),
        ("    kind: organ\n", "    kind: organ\n    applies_when: always\n", "'fact is answer'"),
    ],
)
def test_parts_that_do_not_fit_together_are_named(old: str, new: str, message: str) -> None:
    faults = found(changed(small(), (old, new)))
    assert any(message in fault for fault in faults), faults


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("kidneys is left", "kidneys is lift", "lift is not an answer to functioning_kidneys; did"),
        ("kidneys is left", "kidney is left", "kidney is not an entry of facts; did you mean"),
        ("assumed: both", "assumed: all", "'all' is not one of the answers"),
        ("answers: [both, left, right]", "answers: [both]", "too short"),
    ],
)
def test_questions_and_answers_must_match(old: str, new: str, message: str) -> None:
    assert any(message in fault for fault in found(changed(shipped(), (old, new))))


def test_two_readings_of_one_limit_need_two_names() -> None:
    reading = (
        "      - name: literal\n        metric: D66.7%[Gy]\n        at_most: 18\n"
        "        reading: As written.\n"
    )
    text = changed(shipped(), ("      - name: literal\n", reading + "      - name: literal\n"))
    assert any("literal is already taken" in fault for fault in found(text))
