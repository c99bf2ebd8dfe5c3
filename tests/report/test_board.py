"""The board in words, as cards, and on one page."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from hepatica.case.record import Record
from hepatica.engine.board import board
from hepatica.engine.board.records import Because
from hepatica.report.board_cards import INDICATORS, MOST_CHARACTERS, board_cards, cut
from hepatica.report.board_sheet import board_page, board_pdf
from hepatica.report.board_table import board_lines, board_tables, cohort_lines, cohort_tables
from hepatica.report.board_words import (
    dispute_in_words,
    facts_in_words,
    gap_in_words,
    outlook,
    reasons_in_words,
)
from hepatica.report.sheet import BANNER
from tests.engine.board.patients import ON, vignettes

BY_ID = {vignette.id: vignette for vignette in vignettes()}


@pytest.mark.parametrize("name", ["nothing-known", "s2-flow-to-the-duodenum", "l-three-places"])
def test_cards_have_the_shape_of_cds_hooks(name: str) -> None:
    cards = board_cards(BY_ID[name].board())["cards"]
    assert cards
    for card in cards:
        assert 0 < len(card["summary"]) <= MOST_CHARACTERS
        assert card["indicator"] in ("info", "warning", "critical")
        assert card["source"]["label"]
        assert BANNER in card["detail"]
    assert len({card["uuid"] for card in cards}) == len(cards)


def test_a_contraindication_is_critical_and_says_its_source() -> None:
    cards = board_cards(BY_ID["s2-lung"].board())["cards"]
    card = next(c for c in cards if c["summary"].startswith("Selective internal radiation"))
    assert card["indicator"] == "critical"
    assert "S2" in card["detail"]
    assert "Radiotherapy" in card["detail"]
    assert set(INDICATORS.values()) == {"info", "warning", "critical"}


def test_the_same_board_gives_the_same_cards() -> None:
    assert board_cards(BY_ID["s2-lung"].board()) == board_cards(BY_ID["s2-lung"].board())


def test_a_long_summary_is_cut_and_marked() -> None:
    assert cut("word " * 60).endswith("\u2026")
    assert len(cut("word " * 60)) <= MOST_CHARACTERS
    assert cut("  short\n text ") == "short text"


def test_a_contraindicated_therapy_stands_apart_from_the_others() -> None:
    shown = {table.title: table for table in board_tables(BY_ID["s2-lung"].board())}
    apart = [row[0] for row in shown["Contraindicated"].rows]
    assert apart == ["Selective internal radiation (Y-90) (SIRT)"]
    others = next(table for title, table in shown.items() if title.startswith("Therapies"))
    assert not set(apart) & {row[0] for row in others.rows}


def test_a_row_that_needs_data_tells_what_it_can_become() -> None:
    found = BY_ID["r1-margin-unknown"].board()
    assert outlook(found.row("resection")) == "needs data; at best indicated"
    decided = BY_ID["r1-solitary"].board()
    assert outlook(decided.row("resection")) == "indicated"


def test_advice_of_open_rows_is_printed() -> None:
    lines = list(board_lines(BY_ID["p1-extended-left"].board()))
    assert any("Left portal vein" in line for line in lines)


def test_advice_is_heard_where_it_goes_with_what_closes_a_therapy() -> None:
    closed = list(board_lines(BY_ID["s2-flow-to-the-duodenum"].board()))
    assert any("with coils" in line for line in closed)
    too_much = list(board_lines(BY_ID["r2-four-fifths"].board()))
    assert any("enlarge the remnant first" in line for line in too_much)
    page = board_page(BY_ID["k8-rectum"].board())
    assert any("the liver first" in row["why"] for row in page["rows"])


def test_a_size_that_is_asked_of_metastases_not_listed_is_called_so() -> None:
    found = replace(BY_ID["k7-small-one"], lesions=()).board()
    said = [gap_in_words(gap) for gap in found.row("radiofrequency-ablation").missing]
    assert "Largest diameter of every metastasis, also of those not listed yet" in said


def test_a_cohort_has_one_line_for_each_patient_with_its_unknowns() -> None:
    names = ("r1-solitary", "nothing-known", "s2-lung")
    boards = [BY_ID[name].board(detail=False) for name in names]
    head, *lines, legend = cohort_lines(boards)
    assert head.split()[:3] == ["case", "RES", "PVE"]
    assert [line.split()[0] for line in lines] == list(names)
    assert lines[0].split()[1] == "++"
    assert re.search(r" \?\d+ ", lines[1])
    assert " X " in lines[2]
    assert "needs two facts" in legend
    counts = next(iter(cohort_tables(boards)))
    assert counts.rows[0][1:] == ["1", "0", "1", "0", "1"]


def test_the_page_holds_every_therapy_with_the_barred_ones_last() -> None:
    found = BY_ID["s2-lung"].board()
    page = board_page(found)
    assert len(page["rows"]) == len(found.rows)
    assert page["rows"][-1]["status"] == "contraindicated"
    assert page["banner"] == BANNER
    assert found.pack_sha256[:16] in page["footer"]


@pytest.mark.parametrize("name", ["nothing-known", "s2-lung", "l-three-places", "k1-classic"])
def test_the_page_is_one_page_and_always_the_same(name: str) -> None:
    pytest.importorskip("typst")
    found = BY_ID[name].board()
    first = board_pdf(found)
    assert first.startswith(b"%PDF")
    assert re.findall(rb"/Type\s*/Pages\b.*?/Count\s+(\d+)", first, re.S) == [b"1"]
    assert board_pdf(found) == first


def test_a_rule_about_metastases_that_are_gone_still_names_a_reason() -> None:
    found = BY_ID["k7-small-one"]
    gone = replace(found, lesions=(), facts={"liver.lesion_count": 0}).board()
    (said,) = reasons_in_words(gone.row("radiofrequency-ablation"))
    assert said.strip() == "K7 does not hold: A metastasis below 2 cm"


def test_the_page_leaves_out_disputes_about_therapies_that_are_closed() -> None:
    found = BY_ID["r1-solitary"].board()
    named = {d.document for d in found.live_disputes} | {d.other for d in found.live_disputes}
    assert len(board_page(found)["conflicts"]) == len(found.live_disputes) < len(found.disputes)
    assert "whole-liver-boost" not in named
    assert "resection" in named


def test_every_fact_that_decides_stands_beside_its_rule() -> None:
    (line,) = (
        one
        for one in reasons_in_words(BY_ID["k1-classic"].board().row("hai-fudr-xelox"))
        if "K1 " in one
    )
    assert line.count("; ") >= 5
    assert "Disease outside the liver: no" in line
    assert line.endswith("; of 2024-04-25)")


def test_what_does_not_hold_tells_what_was_found_and_asked() -> None:
    (line,) = reasons_in_words(BY_ID["r1-solitary"].board().row("radiofrequency-ablation"))
    assert "Fit for a liver operation: yes, asked: no" in line
    assert line.count("asked:") >= 4


def test_days_that_differ_are_told_as_a_span() -> None:
    facts = (
        Because("a", "true", "", "", "", found="A: yes", on="2024-01-01"),
        Because("b", "true", "", "", "", found="B: no", on="2024-03-01"),
        Because("c", "true", "", "", "", found="C: not recorded"),
    )
    said = facts_in_words(facts, asked=False)
    assert said == "A: yes; B: no; C: not recorded; of 2024-01-01 to 2024-03-01"


def test_the_next_steps_say_how_an_answer_is_recorded() -> None:
    found = BY_ID["r1-margin-unknown"].board()
    shown = {table.title: table for table in board_tables(found)}
    row = next(row for row in shown["What is missing"].rows if row[0].startswith("A margin"))
    assert row[2].startswith("liver.margin_feasible: no | yes")
    assert any(
        "hepatica case new --from CASE --answers FILE" in line for line in board_lines(found)
    )
    page = board_page(found)
    assert "[liver.margin_feasible: no | yes]" in " ".join(page["missing"])
    card = next(c for c in board_cards(found)["cards"] if "unknown fact" in c["summary"])
    assert "liver.margin_feasible: no | yes" in card["detail"]


def test_the_page_first_asks_what_a_rule_that_speaks_for_a_therapy_waits_for() -> None:
    record = BY_ID["k1-classic"].record()
    kept = [f for f in record if not f.field.startswith(("status.", "vascular.", "exposure."))]
    page = board_page(board(Record("p", tuple(kept)), on=ON, pack="infusion"))
    assert page["missing"][0].startswith("Hepatic arterial infusion is given now")
    assert "if no, not needed: The hepatic arterial catheter works" in page["missing"][0]


def test_documents_that_disagree_stand_with_their_years() -> None:
    said = [dispute_in_words(one) for one in BY_ID["r1-solitary"].board().disputes]
    assert "sbrt-six-fraction (2009) and selection-colorectal (2003)" in said
    assert not any(";" in one for one in said)
