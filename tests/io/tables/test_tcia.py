"""The clinical table of the Colorectal-Liver-Metastases collection becomes 197 records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from hepatica.case.record import Fact, Record
from hepatica.io.tables import TableReading, read_table


@pytest.fixture(scope="module", params=["clinical_data_with_img_features.csv", "xlsx"])
def reading(request: pytest.FixtureRequest, shared: Path) -> TableReading:
    """The table as CSV with voxel counts, and as the spreadsheet that was published."""
    name = request.param if request.param != "xlsx" else "crlm_clinical_2022-10.xlsx"
    if request.param == "xlsx":
        pytest.importorskip("openpyxl")
    return read_table(shared / "data/crlm_clinical" / name, "tcia-crlm")


def _all(reading: TableReading, field: str, item: str = "") -> list[Fact]:
    found = [record.latest(field, item) for record in reading.records]
    return [fact for fact in found if fact is not None]


def test_there_are_197_patients_and_nothing_is_unmapped(reading: TableReading) -> None:
    assert len(reading.records) == 197
    assert reading.unmapped == ()
    assert [r.case_id for r in reading.records[:2]] == ["CRLM-CT-1001", "CRLM-CT-1002"]


def test_minus_999_is_unknown(reading: TableReading) -> None:
    absent = Counter(f.field for r in reading.records for f in r if f.absent == "unknown")
    assert absent == {
        "cancer.clinical_risk_score": 29,
        "procedure.pathological_response": 3,
        "procedure.necrosis": 2,
        "procedure.fibrosis": 3,
        "procedure.mucin": 3,
    }
    scores = Counter(f.value for f in _all(reading, "cancer.clinical_risk_score"))
    assert scores == {None: 29, 0: 11, 1: 42, 2: 64, 3: 44, 4: 6, 5: 1}


def test_percentages_are_percent_in_either_file(reading: TableReading) -> None:
    first = reading.records[0].latest("procedure.pathological_response", "resection")
    assert first is not None
    assert (first.value, first.unit) == (70.0, "%")


def test_outcomes_are_those_of_the_collection(reading: TableReading) -> None:
    dead = [f.value for f in _all(reading, "outcome.dead")]
    months = [float(f.value) for f in _all(reading, "outcome.overall_survival")]  # type: ignore[arg-type]
    assert sum(map(bool, dead)) == 107
    assert _kaplan_meier_median(months, dead) == pytest.approx(75.97, abs=0.1)


def test_voxel_counts_are_no_volumes(reading: TableReading) -> None:
    assert not _all(reading, "liver.tumour_volume")
    left = {note.subject: note.text for note in reading.notes if note.kind == "ignored"}
    if "Tumor" in left:
        assert "without the size of a voxel it is no volume" in left["Tumor"]


def test_sex_is_the_way_the_published_dictionary_has_it(reading: TableReading) -> None:
    assert Counter(f.value for f in _all(reading, "patient.sex")) == {"male": 117, "female": 80}
    assert isinstance(reading.records[0], Record)


def _kaplan_meier_median(months: list[float], dead: Sequence[object]) -> float:
    """The first time at which no more than half are expected to be alive."""
    alive, at_risk = 1.0, len(months)
    for time, died in sorted(
        zip(months, dead, strict=True), key=lambda pair: (pair[0], not pair[1])
    ):
        if died:
            alive *= 1 - 1 / at_risk
        at_risk -= 1
        if alive <= 0.5:
            return time
    return float("inf")
