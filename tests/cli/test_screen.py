"""hepatica screen, as it is typed."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from hepatica.case.cohort import Cohort
from hepatica.case.record import Fact, Record, field_named
from hepatica.store.case_folder import write_case
from hepatica.store.cohort_folder import write_cohort
from hepatica.store.record_file import write_record
from tests.cli.run import hepatica
from tests.engine.builders import abdomen
from tests.protocol.documents import small

ON = date(2024, 6, 1)
CRITERIA = """
eligibility:
  source: example, Patients
  all:
    - {id: dialysis, text: Not on dialysis., fact: function.dialysis, op: is, value: false}
    - {id: liver, fact: computed.uninvolved_liver_volume, op: '>=', value: 700, unit: mL}
"""


def fact(field: str, value: object) -> Fact:
    return Fact(field, value, unit=field_named(field).unit, on=ON)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def protocol(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("protocol") / "mine.yaml"
    path.write_text(small() + CRITERIA, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images with structures, and a record beside them."""
    folder = tmp_path_factory.mktemp("cases") / "boxes"
    write_case(abdomen(), folder)
    write_record(Record("boxes", (fact("function.dialysis", False),)), folder)
    return folder


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    liver = fact("liver.uninvolved_volume", 1200.0)
    records = (
        Record("no-dialysis", (fact("function.dialysis", False), liver)),
        Record("dialysis", (fact("function.dialysis", True), liver)),
        Record("nothing", ()),
    )
    folder = tmp_path_factory.mktemp("cohorts") / "three"
    write_cohort(Cohort("three", records), folder)
    return folder


def test_a_case_with_images_is_judged_on_what_they_show(case: Path, protocol: Path) -> None:
    called = hepatica(f"screen {case} {protocol} --on 2024-06-01")
    assert (called.code, called.err) == (0, "")
    assert "boxes is eligible" in called.out
    assert "Research use only" in called.out


def test_a_case_without_a_record_lacks_everything_that_images_do_not_show(
    tmp_path: Path, protocol: Path
) -> None:
    write_case(abdomen(), tmp_path / "bare")
    called = hepatica(f"screen {tmp_path / 'bare'} {protocol}")
    assert "undetermined: this 1 fact would decide: Dialysis" in called.out


def test_a_record_is_taken_as_folder_or_as_file(cohort: Path, protocol: Path) -> None:
    folder = cohort / "dialysis"
    first = hepatica(f"screen {folder} {protocol} --on 2024-06-01")
    second = hepatica(f"screen {folder / 'record.json'} {protocol} --on 2024-06-01")
    assert first.out == second.out
    assert "dialysis is not eligible because of Dialysis: yes on 2024-06-01" in first.out


def test_a_cohort_has_one_row_for_each_patient(cohort: Path, protocol: Path) -> None:
    out = hepatica(f"screen {cohort} {protocol} --on 2024-06-01").out
    rows = {line.split()[0]: line for line in out.splitlines() if line.strip()}
    assert "eligible" in rows["no-dialysis"]
    assert "not eligible" in rows["dialysis"]
    assert "undetermined" in rows["nothing"]


def test_json_is_one_document_with_every_screening_and_the_criteria(
    cohort: Path, protocol: Path
) -> None:
    made = json.loads(hepatica(f"screen {cohort} {protocol} --on 2024-06-01 --json").out)
    assert (made["schema"], made["on"]) == ("hepatica/screening", "2024-06-01")
    assert [one["outcome"] for one in made["screenings"]] == [
        "eligible",
        "not_eligible",
        "undetermined",
    ]
    assert made["screenings"][2]["missing"] == [
        "function.dialysis",
        "computed.uninvolved_liver_volume",
    ]
    (about,) = made["protocols"].values()
    assert about["criteria"]["dialysis"]["text"] == "Not on dialysis."


def test_all_shipped_protocols_can_be_screened_at_once(cohort: Path) -> None:
    made = json.loads(hepatica(f"screen {cohort} all --on 2024-06-01 --json").out)
    assert len(made["screenings"]) == 3 * len(made["protocols"]) > 3


@pytest.mark.parametrize(
    ("case_id", "word", "code"),
    [
        ("no-dialysis", "unknown", 0),
        ("nothing", "not-met", 0),
        ("nothing", "unknown", 5),
        ("dialysis", "not-met", 5),
    ],
)
def test_the_command_fails_where_that_is_asked_for(
    cohort: Path, protocol: Path, case_id: str, word: str, code: int
) -> None:
    called = hepatica(f"screen {cohort / case_id} {protocol} --on 2024-06-01 --fail-on {word}")
    assert called.code == code
    assert ("1 not eligible or undetermined" in called.err) is (code == 5)


def test_words_that_do_not_fit_are_refused(cohort: Path, protocol: Path, tmp_path: Path) -> None:
    assert (
        "Give the names of protocols, or all alone."
        in hepatica(f"screen {cohort} all resection").err
    )
    nothing = hepatica(f"screen {tmp_path} {protocol}")
    assert nothing.code == 3
    assert "is neither a case folder, a record.json nor a cohort folder" in nothing.err
    (tmp_path / "no-criteria.yaml").write_text(small(), encoding="utf-8")
    called = hepatica(f"screen {cohort} {tmp_path / 'no-criteria.yaml'}")
    assert (called.code, "has no eligibility criteria" in called.err) == (2, True)


@pytest.mark.slow
def test_the_shared_cohort_is_screened_for_all_protocols(shared: Path, tmp_path: Path) -> None:
    table = shared / "data/crlm_clinical/crlm_clinical_2022-10.xlsx"
    hepatica(f"cohort import {table} --mapping tcia-crlm --out {tmp_path / 'crlm'}")
    made = json.loads(hepatica(f"screen {tmp_path / 'crlm'} all --on 2022-10-01 --json").out)
    assert len({one["case_id"] for one in made["screenings"]}) == 197
