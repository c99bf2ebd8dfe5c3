"""The documents written after the review hold every number it prints, and none that it does not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from hepatica.protocol import Protocol, load_protocol, protocol_names, validate
from hepatica.protocol.blocks import Conflict, Figure, Measured
from hepatica.protocol.criteria import evaluate
from hepatica.protocol.parts import Block
from tests.protocol.criteria.builders import ON, Facts, fact
from tests.protocol.documents import shipped
from tests.protocol.review_numbers import AGAIN, TABLE, WORDS, Printed

THERAPIES = {
    "resection": "resection",
    "radiofrequency-ablation": "ablation",
    "cryotherapy": "cryotherapy",
    "hepatic-arterial-chemotherapy": "hepatic_arterial_infusion",
    "chemoembolisation": "chemoembolisation",
    "selective-internal-radiation": "radioembolisation",
    "systemic-chemotherapy": "systemic",
    "immunotherapy": "immunotherapy",
    "imaging-workup": "imaging",
}
CHAPTERS = {
    "INTRODUCTION": "Introduction",
    "NATURAL HISTORY": "Natural history",
    "PRETREATMENT ASSESSMENT": "Pretreatment assessment",
    "SURGERY": "Surgery",
    "RADIOFREQUENCY ABLATION (RFA)": "Radiofrequency ablation",
    "CRYOTHERAPY": "Cryotherapy",
    "HEPATIC ARTERY CHEMOTHERAPY": "Hepatic artery chemotherapy",
    "HEPATIC ARTERY CHEMOEMBOLIZATION": "Hepatic artery chemoembolization",
    "PORTAL VEIN EMBOLIZATION": "Portal vein embolization",
    "IMMUNOTHERAPY": "Immunotherapy",
    "RADIOTHERAPY": "Radiotherapy",
    "CONCLUSION": "Conclusion",
}
NAMES = r"5-FU|17-1A|interl[a-z]+\s+2\b|90Yttrium|131iodine|In 1996"
COUNTING = r"\b(?:two|three|four|seven|ten|third|zero|half|single dose)\b(?![- ](?:year|life))"
CALCULATED = {
    "population/wood-procedures": {95},
    "outcomes/rossi-complications": {0},
    "outcomes/rossi-deaths": {0},
    "outcomes/rossi-complete-necrosis": {1},
    "imaging/colonoscopy/when": {183},
    "population/external-beam-cap": {60},
}
"""Numbers that follow from words or by arithmetic; the row says so."""


@cache
def document(name: str) -> Protocol:
    return load_protocol(name)


def row_at(protocol: Protocol, path: str) -> Measured:
    """The row at ``outcomes/morbidity`` or ``procedure/freeze/settings/ice-beyond-tumour``."""
    block: object = protocol
    for step in path.split("/"):
        if isinstance(block, tuple):
            (block,) = (one for one in block if one.name == step)
        else:
            block = getattr(block, step)
    assert isinstance(block, Measured)
    return block


def numbers_of(row: Measured) -> set[float]:
    """The numbers of a row and of what contradicts it."""
    keys = ("value", "low", "high", "count", "of", "at_months")
    own = {getattr(row, key, None) for key in keys}
    return {one for one in own | {c.value for c in row.contradictions} if one is not None}


def measured(block: Block, path: str = "") -> Iterator[tuple[str, Measured]]:
    """Every printed number of a document with its path."""
    for key in type(block).model_fields:
        value = getattr(block, key)
        for one in value if isinstance(value, tuple) else (value,):
            if not isinstance(one, Block):
                continue
            name = getattr(one, "name", None) if isinstance(value, tuple) else None
            where = "/".join(part for part in (path, key, name) if part)
            if isinstance(one, Measured):
                yield where, one
            yield from measured(one, where)


def review(shared: Path) -> dict[str, str]:
    """The text of the review by chapter, without the numbers of its references."""
    (file,) = (shared / "seeds").glob("002_*.txt")
    text = re.sub(r"\[[\d,\- ]+\]", "", file.read_text(encoding="utf-8"))
    chapters: dict[str, list[str]] = {"Abstract": []}
    chapter = "Abstract"
    for line in text.splitlines():
        chapter = CHAPTERS.get(line.strip(), chapter)
        chapters.setdefault(chapter, []).append(line)
    return {name: "\n".join(lines) for name, lines in chapters.items()}


def numbers_in(text: str) -> Counter[str]:
    """Figures and number words of a text."""
    plain = re.sub(NAMES, " ", text)
    words = re.findall(COUNTING, plain, re.I)
    return Counter(re.findall(r"\d+(?:\.\d+)?", plain) + [w.lower().split()[0] for w in words])


@pytest.mark.parametrize("name", THERAPIES)
def test_a_therapy_of_the_review_is_written_without_a_fault(name: str) -> None:
    assert validate(name) == []
    assert document(name).modality == THERAPIES[name]
    assert document(name).study.kind == "review"


@pytest.mark.parametrize("printed", TABLE + AGAIN, ids=lambda p: f"{p.document}/{p.row}")
def test_a_printed_number_is_kept_with_its_place(printed: Printed) -> None:
    row = row_at(document(printed.document), printed.row)
    assert set(printed.values) <= numbers_of(row)
    assert row.source.document == "review"
    assert printed.chapter in row.source.where
    assert row.status == "verified"


@pytest.mark.parametrize(("name", "word"), sorted(WORDS))
def test_a_number_that_is_part_of_a_name_stands_in_the_document(name: str, word: str) -> None:
    assert word in shipped(name)


def test_the_table_holds_every_number_of_the_review(shared: Path) -> None:
    kept: dict[str, Counter[str]] = {}
    for row in TABLE:
        kept.setdefault(row.chapter, Counter()).update(row.printed.split())
    printed = {name: count for name, text in review(shared).items() if (count := numbers_in(text))}
    assert kept == printed


@pytest.mark.parametrize("name", THERAPIES)
def test_no_number_is_ascribed_to_the_review_that_it_does_not_print(name: str) -> None:
    listed: dict[str, set[float]] = {}
    for row in TABLE + AGAIN:
        if row.document == name:
            listed.setdefault(row.row, set()).update(row.values)
    totals = {11, 50, 69, 84, 91, 231, 10, 2} if name == "radiofrequency-ablation" else set()
    for path, row in measured(document(name)):
        if row.source.document == "review":
            clock = {getattr(row, "at_months", None)}
            known = listed.get(path, set()) | totals | CALCULATED.get(path, set()) | clock
            other = {c.value for c in row.contradictions}
            assert numbers_of(row) - other <= known, path


@pytest.mark.parametrize("name", THERAPIES)
def test_what_is_not_of_the_review_is_recalled_or_another_document(name: str) -> None:
    for path, row in measured(document(name)):
        if "/recalled/" in path:
            assert row.status == "recalled", path
        else:
            assert row.source.document == "review", path


@pytest.mark.parametrize("name", THERAPIES)
def test_a_printed_result_has_its_n_or_says_that_none_is_printed(name: str) -> None:
    for path, row in measured(document(name)):
        if isinstance(row, Figure):
            assert row.source.where, path
            n = row.count is not None or row.of is not None
            said = re.search(
                r"\bn is not printed|\bn (of patients )?is \d|In \d+ pat", row.note or ""
            )
            assert n or said, path


@pytest.mark.parametrize("name", THERAPIES)
def test_no_eight_words_in_a_row_are_those_of_the_review(name: str, shared: Path) -> None:
    def runs(text: str) -> set[tuple[str, ...]]:
        words = re.findall(r"[a-z0-9]+", text.lower())
        return {tuple(words[i : i + 8]) for i in range(len(words) - 7)}

    theirs = runs(" ".join(review(shared).values()))
    assert runs(shipped(name)) & theirs == set()


@pytest.mark.parametrize("name", THERAPIES)
def test_a_conflict_names_both_dates_and_is_told_by_the_other_document_too(name: str) -> None:
    for conflict in document(name).conflicts_with:
        assert conflict.document in protocol_names()
        assert conflict.date
        assert conflict.own_date
        other: tuple[Conflict, ...] = document(conflict.document).conflicts_with
        assert name in {back.document for back in other}, conflict.document


def test_the_cap_of_the_review_stands_beside_the_two_radiotherapy_documents() -> None:
    sirt = document("selective-internal-radiation")
    cap = row_at(sirt, "population/external-beam-cap")
    assert (cap.low, cap.high, cap.unit) == (30, 35, "Gy")
    conflicts = {one.document: one for one in sirt.conflicts_with}
    assert conflicts["sbrt-six-fraction"].date == "2009"
    assert "whole-liver-boost" in conflicts
    assert sirt.limits == ()


def test_the_number_of_metastases_limits_no_resection() -> None:
    facts = re.findall(r"fact: (\S+)", shipped("resection").split("procedure:")[0])
    assert facts
    assert not {fact for fact in facts if "lesion_count" in fact}


UNRESECTABLE = {
    "extrahepatic.present": False,
    "performance.operable": True,
    "performance.refuses_operation": False,
    "function.liver_function": "normal",
    "liver.margin_feasible": False,
    "liver.resectability": "unresectable",
}
RESECTABLE = UNRESECTABLE | {
    "liver.margin_feasible": True,
    "liver.resectability": "resectable",
    "liver.removed_fraction": 60,
}
EXTENSIVE = UNRESECTABLE | {"liver.ablatable": False}
ABLATABLE = UNRESECTABLE | {"liver.ablatable": True}
REFRACTORY = EXTENSIVE | {
    "exposure.fluorouracil_failed": True,
    "vascular.gastrointestinal_shunt": False,
    "vascular.lung_shunt": 5,
}
BEYOND = {"extrahepatic.present": True}

PATIENTS = [
    ("resection", RESECTABLE, "true"),
    ("resection", RESECTABLE | {"derived.lesion_count": 9}, "true"),
    ("resection", RESECTABLE | {"liver.removed_fraction": 75}, "true"),
    ("resection", RESECTABLE | {"liver.removed_fraction": 76}, "false"),
    ("resection", RESECTABLE | BEYOND, "false"),
    ("resection", RESECTABLE | {"function.liver_function": "limited"}, "unknown"),
    (
        "resection",
        RESECTABLE | {"function.liver_function": "limited", "liver.resection_side": "segmental"},
        "true",
    ),
    ("radiofrequency-ablation", ABLATABLE, "true"),
    ("radiofrequency-ablation", RESECTABLE | {"liver.ablatable": True}, "false"),
    ("radiofrequency-ablation", ABLATABLE | BEYOND, "false"),
    ("radiofrequency-ablation", UNRESECTABLE, "unknown"),
    ("cryotherapy", ABLATABLE, "true"),
    ("cryotherapy", RESECTABLE | {"status.margin_positive": True}, "true"),
    ("cryotherapy", EXTENSIVE | {"status.margin_positive": False}, "false"),
    ("hepatic-arterial-chemotherapy", EXTENSIVE, "true"),
    ("hepatic-arterial-chemotherapy", ABLATABLE, "false"),
    ("hepatic-arterial-chemotherapy", EXTENSIVE | BEYOND, "false"),
    ("chemoembolisation", UNRESECTABLE | {"liver.resectability": "borderline"}, "true"),
    ("chemoembolisation", EXTENSIVE, "true"),
    ("chemoembolisation", RESECTABLE, "false"),
    ("selective-internal-radiation", REFRACTORY, "true"),
    ("selective-internal-radiation", EXTENSIVE, "unknown"),
    (
        "selective-internal-radiation",
        REFRACTORY | {"vascular.gastrointestinal_shunt": True, "vascular.shunt_closed": False},
        "false",
    ),
    (
        "selective-internal-radiation",
        REFRACTORY | {"vascular.gastrointestinal_shunt": True, "vascular.shunt_closed": True},
        "true",
    ),
    ("selective-internal-radiation", REFRACTORY | {"vascular.lung_shunt": 45}, "false"),
    ("systemic-chemotherapy", BEYOND, "true"),
    ("systemic-chemotherapy", RESECTABLE | {"status.resected": True}, "true"),
    ("systemic-chemotherapy", RESECTABLE | {"status.resected": False}, "false"),
    ("immunotherapy", {"exposure.cytotoxic_now": True}, "true"),
    ("immunotherapy", {"exposure.cytotoxic_now": False}, "false"),
]


@pytest.mark.parametrize(("name", "patient", "truth"), PATIENTS)
def test_the_therapies_take_whom_the_review_gives_them_to(
    name: str, patient: dict[str, object], truth: str
) -> None:
    tree = document(name).eligibility
    assert tree is not None
    known = Facts(*(fact(field, value) for field, value in patient.items()))
    assert evaluate(tree, known, ON).truth == truth


@pytest.mark.parametrize(
    ("facts", "rows"),
    [
        (
            {"performance.operable": False, "performance.refuses_operation": False},
            {"ultrasound-to-confirm", "ct-to-confirm"},
        ),
        (
            {"performance.operable": True, "performance.refuses_operation": True},
            {"ultrasound-to-confirm", "ct-to-confirm"},
        ),
        (
            {
                "performance.operable": True,
                "performance.refuses_operation": False,
                "workup.colonoscopy": ON - timedelta(days=183),
                "extrahepatic.present": True,
                "liver.resectability_settled": True,
            },
            {
                *("history-and-examination", "blood", "chest", "ct-abdomen-pelvis"),
                *("ultrasound-before-resection", "ct-arterioportography"),
            },
        ),
        (
            {
                "performance.operable": True,
                "performance.refuses_operation": False,
                "workup.colonoscopy": ON - timedelta(days=184),
                "extrahepatic.present": False,
                "liver.resectability_settled": False,
            },
            {
                *("history-and-examination", "blood", "chest", "ct-abdomen-pelvis"),
                *("ultrasound-before-resection", "ct-arterioportography"),
                *("colonoscopy", "pet", "laparoscopy"),
            },
        ),
    ],
)
def test_the_work_up_asks_for_the_examinations_of_the_review(
    facts: dict[str, object], rows: set[str]
) -> None:
    known = Facts(*(fact(name, value) for name, value in facts.items()))
    asked = [one for one in document("imaging-workup").imaging if one.when is not None]
    assert {one.name for one in asked if evaluate(one.when, known, ON).truth == "true"} == rows
