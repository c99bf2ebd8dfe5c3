"""The dose tables name each quantity, and call a bound a bound."""

from __future__ import annotations

from dataclasses import replace

from hepatica.engine.evaluation import Evaluation, OrganBound
from hepatica.engine.verdict import Verdict
from hepatica.report.dose_tables import allocation_table, organs_table
from tests.report.test_tables import rows_of


def test_the_allocation_table_leads_from_the_curve_to_what_can_be_delivered(
    evaluation: Evaluation,
) -> None:
    known = replace(evaluation.allocation, verdict=Verdict.MET, missing=())
    table = allocation_table(known, evaluation.protocol.prescription)
    rows = rows_of(table)
    assert list(rows) == ["5 %", "10 % (chosen)", "20 %"]
    assert rows["10 % (chosen)"][:5] == ["38.9", "45.0", "41.9", "41.9", "6 \u00d7 6.90 = 41.4 Gy"]
    assert rows["5 %"][6] == "Liver-GTV"
    assert "Bin-wise\ndose, Gy" in [column.title for column in table.columns]
    assert "not the dose that the liver gets" in table.note
    assert "upper bound" not in table.note


def test_every_dose_that_a_missing_organ_could_lower_is_called_an_upper_bound(
    evaluation: Evaluation,
) -> None:
    rows = rows_of(allocation_table(evaluation.allocation, evaluation.protocol.prescription))
    assert all(row[3].endswith("upper bound") for row in rows.values())
    assert all(row[4].endswith("upper bound") for row in rows.values())


def test_hot_spots_and_a_risk_above_the_level_are_named_in_their_row(
    evaluation: Evaluation,
) -> None:
    first, second, third = evaluation.allocation.levels
    levels = (
        replace(first, binwise_gy=36.0, liver_gy=36.0, allowed_gy=36.0, curve_over_risk=True),
        replace(second, ntcp=0.12),
        third,
    )
    allocation = replace(evaluation.allocation, levels=levels)
    rows = rows_of(allocation_table(allocation, evaluation.protocol.prescription))
    assert rows["5 %"][1] == "36.0\nhot spots"
    assert rows["10 % (chosen)"][5] == "12.0 %\nabove level"
    assert rows["20 %"][5] == "20.0 %"


def test_the_bin_wise_reading_says_that_fixed_doses_stay(evaluation: Evaluation) -> None:
    rule = evaluation.protocol.prescription
    by_bins = replace(evaluation.allocation, reading="binwise", stratum="low")
    note = allocation_table(by_bins, rule).note
    assert note.endswith("stratum low gives fixed dose levels, and this patient is in it.")
    assert "fixed dose levels" not in allocation_table(evaluation.allocation, rule).note


def test_organs_are_sorted_by_the_dose_at_which_they_bind(evaluation: Evaluation) -> None:
    never = OrganBound("Bowel_Large", "D0.5cc[Gy]", 30, "Gy", float("inf"))
    allocation = replace(evaluation.allocation, organs=(never, *evaluation.allocation.organs))
    rows = rows_of(organs_table(allocation))
    assert list(rows) == ["Stomach", "SpinalCord", "Bowel_Large", "Duodenum"]
    assert rows["Stomach"][1] == "44.1 Gy"
    assert rows["Bowel_Large"][1] == "never"
    assert rows["Duodenum"][1:] == ["unknown", "Unknown: the case has no Duodenum: contour it."]
