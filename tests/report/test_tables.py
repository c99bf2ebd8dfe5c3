"""Tables carry every verdict in words, every unknown with its reason, every source."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hepatica.engine.evaluation import Evaluation, MetricValue
from hepatica.engine.verdict import Verdict
from hepatica.report.model_tables import sensitivity_table
from hepatica.report.reading_order import reading_order
from hepatica.report.references import references
from hepatica.report.sheet import Cell, Column, Table
from hepatica.report.source_tables import flat, limit_readings_table, notes_table, rule_table
from hepatica.report.structure_tables import (
    indices_table,
    metrics_table,
    structures_table,
    volume_difference,
)
from hepatica.report.tables import limits_table


def rows_of(table: Table | None) -> dict[str, list[str]]:
    """First cell to the texts of the other cells, no-break spaces made plain."""
    assert table is not None
    texts = [[cell.text.replace("\u00a0", " ") for cell in row] for row in table.rows]
    return {row[0]: row[1:] for row in texts}


def test_every_limit_has_a_row_with_symbol_word_reason_source_and_status(
    evaluation: Evaluation,
) -> None:
    rows = rows_of(limits_table(evaluation.limits, references(evaluation)))
    assert len(rows) == len(evaluation.limits)
    assert rows["PTV_GTV"][3] == "\u2713 met"
    assert rows["Stomach"][3] == "\u2715 not met"
    assert rows["Duodenum"][3] == "? unknown"
    assert rows["Duodenum"][4] == "Unknown: the case has no Duodenum: contour it."
    assert rows["Stomach"][1:3] == ["1.04 Gy", "\u2264 1 Gy"]
    assert rows["Stomach"][0] == "D0.5cc[Gy]: dose to the hottest 0.5 cc"
    assert rows["PTV_GTV"][5].startswith("[1] ")
    assert rows["PTV_GTV"][6] == "verified"
    assert rows["Chestwall"][6] == "recalled"


def test_a_breach_of_a_soft_limit_says_so(evaluation: Evaluation) -> None:
    rows = rows_of(limits_table(evaluation.limits, references(evaluation)))
    assert rows["Chestwall"][3] == "\u2715 not met (soft)"


def test_volumes_more_than_two_per_cent_apart_are_marked(evaluation: Evaluation) -> None:
    rows = rows_of(structures_table(evaluation.structures))
    assert all(text.startswith("\u2260 ") for text in rows["Stomach"][:3])
    assert "more than 2 % apart" in rows["Stomach"][-1]
    assert rows["Liver"][0] == "none drawn"
    assert not rows["Liver"][1].startswith("\u2260")


def test_the_spread_of_volumes_is_relative_to_the_largest() -> None:
    assert volume_difference([98.0, 100.0]) == pytest.approx(0.02)
    assert volume_difference([0.0, 0.0]) == 0.0


def test_a_structure_outside_the_dose_grid_has_unknown_doses(unknown: Evaluation) -> None:
    rows = rows_of(structures_table(unknown.structures))
    assert rows["Liver"][2:7] == ["unknown", "100.0 %", "unknown", "unknown", "unknown"]
    assert "dose grid does not reach" in rows["Liver"][-1]


def test_a_metric_without_value_gives_its_reason(evaluation: Evaluation) -> None:
    table = metrics_table(evaluation.structures)
    assert table is not None
    found = {row[1].text: row[2] for row in table.rows if row[0].text == "Liver-GTV"}
    assert found["V10Gy[cc]"] == Cell("unknown: the histogram ends before", "unknown")
    assert found["DC700cc[Gy]"].text == "12.70\u00a0Gy"


def test_a_value_that_is_no_number_is_unknown(evaluation: Evaluation) -> None:
    row = replace(
        evaluation.structures["Liver"],
        metrics={"Mean[Gy]": MetricValue("Mean[Gy]", "Gy", float("nan"), "it was not finite")},
    )
    table = metrics_table({"Liver": row})
    assert table is not None
    assert table.rows[0][2].text == "unknown: it was not finite"


def test_structures_are_listed_targets_first_and_the_body_last(evaluation: Evaluation) -> None:
    names = reading_order(evaluation, evaluation.structures)
    assert names[:4] == ["GTV1", "PTV_GTV", "Liver-GTV", "Liver"]
    assert names[-1] == "External"


def test_indices_say_what_they_are() -> None:
    table = indices_table({"PTV_GTV": {"rtog_conformity": 1.214, "own_index": float("inf")}})
    assert table is not None
    texts = [[cell.text for cell in row] for row in table.rows]
    assert texts[0][:3] == ["PTV_GTV", "RTOG conformity", "1.21"]
    assert "1 is ideal" in texts[0][3]
    assert texts[0][4].startswith("Shaw 1993")
    assert texts[1][1:3] == ["Own index", "unknown"]
    assert indices_table({}) is None


def test_both_readings_of_the_reference_fraction_are_side_by_side(evaluation: Evaluation) -> None:
    assert evaluation.risk is not None
    rows = rows_of(sensitivity_table(evaluation.risk, evaluation.allocation))
    assert rows["1.5 Gy (used)"][:2] == ["33.8", "1.5 %"]
    assert rows["2.0 Gy (for comparison)"][-1] == "recalled"


def test_an_unknown_uniform_risk_says_why(evaluation: Evaluation) -> None:
    assert evaluation.risk is not None
    bare = replace(evaluation.risk.reading, ntcp_uniform=None)
    rows = rows_of(sensitivity_table(replace(evaluation.risk, reading=bare), evaluation.allocation))
    assert rows["1.5 Gy (used)"][2] == "unknown: no effective volume up to 1"


def test_every_number_of_the_rule_has_a_source_and_a_status(evaluation: Evaluation) -> None:
    rows = rows_of(rule_table(evaluation.protocol, references(evaluation)))
    assert rows["Protocol maximum"][0] == "60.0 Gy"
    assert rows["Stratum low"][0] == "effective volume 0 to 0.22: fixed 54, 57, 60 Gy"
    assert rows["CTV"][0] == "GTV + 8 mm, inside Liver"
    for cells in rows.values():
        assert cells[2].startswith("[")
        assert cells[3] in ("verified", "recalled")


def test_the_reading_of_an_ambiguous_limit_is_told(evaluation: Evaluation) -> None:
    cord = replace(evaluation.limits[2], name="spinal-cord", metric="D0.03cc[Gy]")
    rows = rows_of(
        limit_readings_table(replace(evaluation, limits=(cord,)), references(evaluation))
    )
    assert list(rows) == ["spinal cord"]
    assert "hottest 0.03 cc" in rows["spinal cord"][1]
    assert limit_readings_table(replace(evaluation, limits=()), references(evaluation)) is None


def test_sources_are_numbered_once_and_unlisted_ones_are_added(evaluation: Evaluation) -> None:
    cited = references(evaluation)
    citations = [entry.citation for entry in cited.entries]
    assert len(citations) == len(set(citations))
    assert "A report nobody looked up" in citations
    assert cited.cite("A report nobody looked up").startswith("[")
    assert cited.cite("Somewhere else") == "Somewhere else"
    assert cited.cite("") == "unknown: no source was recorded"


def test_import_notes_that_need_attention_come_first(evaluation: Evaluation) -> None:
    table = notes_table(evaluation.case.notes)
    assert table is not None
    kinds = [row[0].text for row in table.rows]
    assert kinds == ["warning", "assumed", "chosen", "linked", "ignored"]
    assert notes_table(()) is None


def test_run_facts_are_flattened_and_never_blank() -> None:
    run = {
        "command": ["hepatica", "demo"],
        "versions": {"numpy": "2"},
        "inputs": [{"name": "a.dcm", "sha256": "ff"}],
        "seed": None,
        "seconds": 1.25,
        "clean": True,
        "warnings": [],
    }
    assert dict(flat(run)) == {
        "command": "hepatica demo",
        "versions: numpy": "2",
        "inputs": "name a.dcm, sha256 ff",
        "seed": "not recorded",
        "seconds": "1.25",
        "clean": "yes",
        "warnings": "none",
    }


def test_a_table_with_a_short_row_is_a_mistake_of_the_program() -> None:
    with pytest.raises(ValueError, match=r"Table 'T': a row has 1 cells for 2 columns"):
        Table("T", (Column("a"), Column("b")), ((Cell("1"),),))


def test_verdict_symbols_differ_from_each_other() -> None:
    from hepatica.report.tables import verdict_cell

    symbols = {verdict_cell(verdict).text[0] for verdict in Verdict}
    assert len(symbols) == len(Verdict)
