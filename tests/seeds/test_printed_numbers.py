"""What a paper prints of its methods and results is in its document, and where it says it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hepatica.protocol import Figure, load_protocol, protocol_names
from hepatica.protocol.parts import Source
from tests.protocol.documents import shipped
from tests.protocol.test_own_words import numbers_of, paper_text, stated

SECTIONS = {
    "sbrt-six-fraction": ("003_*.txt", "PATIENTS AND METHODS", "DISCUSSION"),
    "whole-liver-boost": ("001_*.txt", "Materials and Methods", "Discussion Radiation"),
    "whole-liver-hyperthermia": ("000_*.txt", "1.1", "in the patients with unresectable chemo"),
    "hai-fudr-xelox": ("004_*.txt", "Patients and methods", "Discussion Combined"),
}
NOT_DATA = {
    # references, pages and the address of a download
    "sbrt-six-fraction": {"25,26", "27,28", "27", "29", "1587", "1588", "165.134", "156.20", "24"},
    "whole-liver-boost": {"19.0"},  # version of a statistics program
    "whole-liver-hyperthermia": {"1.1", "1.2", "1.3", "1.4"},  # headings
    "hai-fudr-xelox": set(),
}


def as_printed(name: str) -> set[float]:
    """The numbers of a document, in the units in which a paper may print them."""
    found = numbers_of(shipped(name))
    return found | {round(n * by, 6) for n in found for by in (0.1, 10, 100, 1 / 7, 1 / 12)}


@pytest.mark.parametrize("name", SECTIONS)
def test_no_number_of_methods_and_results_is_left_out(name: str, shared: Path) -> None:
    pattern, begin, end = SECTIONS[name]
    text = paper_text(shared, pattern)
    text = text[text.index(begin) : text.index(end, text.index(begin) + 100)]
    known = as_printed(name)
    left_out = []
    for found in re.finditer(r"(?<![\w.])\d[\d,]*\.?\d*", text):
        printed = found.group().rstrip(".,")
        if printed not in NOT_DATA[name] and float(printed.replace(",", "")) not in known:
            left_out.append(text[max(0, found.start() - 30) : found.end() + 20])
    assert left_out == []


def test_no_number_of_the_review_is_left_out(shared: Path) -> None:
    """The review is spread over a document for each therapy it names."""
    text = re.sub(r"\[[\d,-]+\]", "", paper_text(shared, "002_*.txt"))
    known: set[float] = set()
    for name in protocol_names():
        known |= as_printed(name) if "  - name: review\n" in shipped(name) else set()
    left_out = []
    for found in re.finditer(r"(?<![\w.])\d[\d,]*\.?\d*", text):
        printed = found.group().rstrip(".,")
        if float(printed.replace(",", "")) not in known:
            left_out.append(text[max(0, found.start() - 30) : found.end() + 20])
    assert left_out == []


PLACED = {
    "sbrt-six-fraction": {
        "Patients": (60, 3, 800, 90, 1.5, 80, 6, 1.3, 200, 2, 4),
        "Radiation Treatment": (5, 8, 3, 10, 24, 30, 33, 27, 18, 140),
        "Radiation Dose Escalation": (0.05, 0.1, 0.2, 54, 57, 60, 2.5, 0.22, 0.51, 0.8, 27),
        "Assessments": (1, 3, 6, 12, 36, 5),
        "Survival": (
            10.8,
            31,
            17.6,
            10.4,
            38.1,
            47,
            32,
            61,
            63,
            44,
            78,
            79,
            36,
            94,
            38,
            14,
            62,
            3.9,
        ),
        "Local Response": (33, 67, 49, 29, 43, 20, 6.2, 5.9, 7.9, 71, 58, 85, 56, 8, 22, 34, 9, 23),
        "table 1": (75.2, 3090, 134.8, 12.8, 44, 37.9, 0.39, 0.67, 16.9, 12.7, 23.3, 13.4),
        "table 2": (33, 12, 24, 25, 15, 1),
    },
    "whole-liver-boost": {
        "Whole-liver radiation": (30.6, 25.5, 34, 1.7, 5),
        "Gross tumor-boost radiation": (10, 3, 30, 90, 22.8, 13.3, 38, 1.9, 53.4, 66.3, 40, 50, 20),
        "Chemotherapy": (225,),
        "Radiation therapy": (2, 8, 15, 5),
        "Response and overall survival": (19, 78.3, 14.3, 52.6, 10),
        "Toxicity": (7, 2, 0),
    },
    "whole-liver-hyperthermia": {
        "section 1.1": (25, 50, 60, 2),
        "section 1.2": (30, 20),
        "section 1.3": (41, 41.5),
    },
    "hai-fudr-xelox": {
        "HAI therapy and systemic chemotherapy": (0.15, 14, 1, 130, 2, 1000, 50, 3),
        "Implantation of HAI catheter system": (2, 1000, 45, 9),
        "Results": (70.4, 38, 4, 5.5, 26, 76, 68, 84, 15, 40, 24.0, 20.2, 27.7, 66.7, 7.4, 14.8),
        "table 2": (0.770, 0.145, 0.372, 0.379, 0.338, 0.384, 0.820, 0.095, 272, 1077),
    },
    "selection-colorectal": {
        "Natural history": (60, 85, 15, 28, 21.3, 19, 36, 25, 5, 9),
        "Introduction": (10, 25, 40),
        "Radiotherapy": (30, 35),
    },
}


@pytest.mark.parametrize(("name", "place"), [(n, p) for n in PLACED for p in PLACED[n]])
def test_a_printed_number_is_data_that_names_its_place(name: str, place: str) -> None:
    found = {
        number
        for _, key, number, block in stated(load_protocol(name), name)
        if place in block.source_of(key).where
    }
    assert set(PLACED[name][place]) <= found, set(PLACED[name][place]) - found


def figure(name: str, row: str) -> Figure:
    protocol = load_protocol(name)
    return next(f for f in (*protocol.population, *protocol.outcomes) if f.name == row)


@pytest.mark.parametrize(
    ("name", "row", "other"),
    [
        ("sbrt-six-fraction", "prescribed-dose", 41.8),
        ("sbrt-six-fraction", "tumour-volume-all", 3079),
        ("sbrt-six-fraction", "extrahepatic-abdomen", 18),
        ("sbrt-six-fraction", "extrahepatic-lung-bone", 6),
        ("sbrt-six-fraction", "dose-to-700-ml-all", 14.1),
        ("sbrt-six-fraction", "albumin-grade-1", 35.3),
        ("sbrt-six-fraction", "recurrence-outside", 32),
        ("sbrt-six-fraction", "female-breast", 100),
        ("whole-liver-boost", "karnofsky-below-80", 42.1),
        ("whole-liver-boost", "karnofsky-80-up", 57.9),
        ("whole-liver-boost", "total-dose", 72),
        ("whole-liver-boost", "lesions-per-patient", 3.7),
        ("whole-liver-boost", "survival-1-year-karnofsky-80-up", 0.03),
        ("hai-fudr-xelox", "male", 53.7),
        ("hai-fudr-xelox", "resectable", 70.9),
        ("hai-fudr-xelox", "emergency-operation", 7.4),
        ("hai-fudr-xelox", "lesions-6-up", 84),
        ("hai-fudr-xelox", "died-unresected", 14),
        ("hai-fudr-xelox", "survival-3-years-resected", 13.6),
        ("hai-fudr-xelox", "recurrence-both", 27.3),
    ],
)
def test_a_contradiction_stands_beside_its_value(name: str, row: str, other: float) -> None:
    assert other in [one.value for one in figure(name, row).contradictions]


def test_nothing_is_prescribed_from_a_paper_without_a_dose() -> None:
    protocol = load_protocol("whole-liver-hyperthermia")
    (phase,) = protocol.phases
    assert (phase.dose_gy, phase.fractions, phase.fraction_count()) == (None, None, None)
    recalled = [one for row in protocol.missing for one in row.recalled]
    assert {one.name for one in recalled} == {"fractions", "dose-per-fraction", "sessions"}
    assert {one.status for one in recalled} == {"recalled"}


def test_a_conflict_of_two_documents_is_told_in_both_and_dated() -> None:
    told = {
        (name, conflict.document)
        for name in protocol_names()
        for conflict in load_protocol(name).conflicts_with
    }
    assert ("selection-colorectal", "sbrt-six-fraction") in told
    assert ("sbrt-six-fraction", "selection-colorectal") in told
    assert ("selection-colorectal", "whole-liver-boost") in told
    assert ("whole-liver-boost", "selection-colorectal") in told
    assert {other for _, other in told} <= set(protocol_names())
    for name in protocol_names():
        for conflict in load_protocol(name).conflicts_with:
            assert conflict.date
            assert conflict.own_date
            assert isinstance(conflict.source, Source)


def test_every_option_of_a_selection_is_a_document_of_the_library() -> None:
    for name in protocol_names():
        for option in load_protocol(name).options:
            assert option.protocol in protocol_names(), option.name


def test_the_fractions_of_the_two_phases_follow_from_their_doses() -> None:
    protocol = load_protocol("whole-liver-boost")
    assert [phase.fraction_count() for phase in protocol.phases] == [18, 12]
