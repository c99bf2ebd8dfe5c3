"""hepatica protocol list, show and calendar, and what other commands say to these documents."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from hepatica.case.record import Fact, Record
from hepatica.protocol import MODALITIES, protocol_names
from hepatica.store.record_file import write_record

from .run import hepatica

CALENDAR = "protocol calendar sbrt-six-fraction --start 2026-12-21"


def test_the_list_names_every_document_with_its_kind() -> None:
    rows = json.loads(hepatica("protocol list --json").out)["protocols"]
    assert [row["id"] for row in rows] == list(protocol_names())
    assert {row["modality"] for row in rows} <= set(MODALITIES)
    assert all(row["title"] and row["version"] for row in rows)
    five = {"sbrt-six-fraction", "whole-liver-boost", "whole-liver-hyperthermia", "hai-fudr-xelox"}
    assert five | {"selection-colorectal"} <= {row["id"] for row in rows}


def test_what_is_shown_holds_drugs_contradictions_and_what_is_missing() -> None:
    page = " ".join(hepatica("protocol show hai-fudr-xelox").out.split())
    for said in (
        "floxuridine: floxuridine; route: hepatic arterial; dose: 0.15; unit: mg/kg; per: day",
        "contradicted: 70.9 per cent. Taken: The count. [soochow2015, Discussion]",
        "MISSING IN THE PUBLICATION",
        "any of: all-segments: All segments are involved",
        "Alive at 3 years (Resected): 76 %, 95 % CI 68 to 84, P < 0.0001",
        "hold: 1 months; reduce to: 50 %",
    ):
        assert said in page


def test_a_calendar_is_one_document(tmp_path: Path) -> None:
    holidays = tmp_path / "days.txt"
    holidays.write_text("2026-12-25 Christmas\n2027-01-01 New Year\n", encoding="utf-8")
    found = hepatica(f"{CALENDAR} --holidays {holidays} --json")
    document = json.loads(found.out)
    assert found.code == 0
    assert document["schema"] == "hepatica/protocol-calendar"
    fractions = [e["day"] for e in document["entries"] if e["kind"] == "dose"]
    assert fractions[2:] == ["2026-12-28", "2026-12-29", "2026-12-30", "2027-01-04"]
    assert document["warnings"] == ["The fractions take 15 days; the protocol allows 14."]
    assert "Note: The fractions take 15 days" in found.err


def test_a_centre_may_work_at_weekends() -> None:
    start = "protocol calendar sbrt-six-fraction --start 2027-02-27 --json"
    shut = json.loads(hepatica(f"{start} --weekends").out)
    also = json.loads(hepatica(f"{start} --open-weekends").out)
    first = [
        next(entry["day"] for entry in found["entries"] if entry["kind"] == "dose")
        for found in (shut, also)
    ]
    assert first == ["2027-03-01", "2027-02-27"]


def test_a_calendar_file_is_written_once_and_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "treatment.ics"
    assert hepatica(f"{CALENDAR} --ics {file}").code == 0
    text = file.read_bytes()
    assert text.startswith(b"BEGIN:VCALENDAR\r\n")
    again = hepatica(f"{CALENDAR} --ics {file}")
    assert again.code == 2
    assert "overwrite it with --force" in again.err
    assert hepatica(f"{CALENDAR} --ics {file} --force").code == 0
    assert file.read_bytes() == text


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("--start 1.3.2027", 2, "--start is '1.3.2027'; write a day as year-month-day"),
        ("--start 2027-03-01 --holidays /no/such/file", 3, "cannot be read"),
    ],
)
def test_words_that_are_not_understood_are_told(words: str, code: int, said: str) -> None:
    found = hepatica(f"protocol calendar sbrt-six-fraction {words} --json")
    assert found.code == code
    assert said in json.loads(found.out)["message"]


def test_a_treatment_without_a_published_dose_has_no_calendar() -> None:
    found = hepatica("protocol calendar whole-liver-hyperthermia --start 2027-03-01")
    assert found.code == 3
    assert "neither the dose nor the number of fractions of whole-liver" in found.err


@pytest.mark.parametrize(
    "words",
    [
        "isotoxic --veff 0.4 --protocol hai-fudr-xelox",
        "plan evaluate CASE hai-fudr-xelox --risk 0.1",
        "plan create CASE hai-fudr-xelox --risk 0.1 --out X",
        "case check CASE hai-fudr-xelox",
    ],
)
def test_photon_commands_refuse_other_treatments_and_say_why(words: str, tmp_path: Path) -> None:
    words = words.replace("CASE", str(tmp_path)).replace("X", str(tmp_path / "out"))
    found = hepatica(words)
    assert found.code in (2, 3)
    if "isotoxic" in words:
        assert found.code == 2
        assert "has no isotoxic prescription, which this command needs" in found.err


def test_every_document_of_the_library_is_valid_and_can_be_shown() -> None:
    for name in protocol_names():
        shown = hepatica(f"protocol show {name} --json")
        assert json.loads(shown.out)["protocol"]["name"] == name


def test_a_case_gives_amounts_and_names_what_it_lacks(tmp_path: Path) -> None:
    record = Record(
        "case-1",
        (
            Fact("patient.height", 160.0, unit="cm", on=date(2027, 2, 22), source="clinic"),
            Fact("patient.weight", 90.0, unit="kg", on=date(2027, 2, 22), source="clinic"),
        ),
    )
    write_record(record, tmp_path / "case")
    words = f"protocol calendar hai-fudr-xelox --start 2027-03-01 --case {tmp_path / 'case'}"
    found = json.loads(hepatica(f"{words} --on 2027-02-22 --json").out)
    drugs = {e["name"]: e["amount_mg"] for e in found["entries"] if e["kind"] == "drug"}
    assert drugs["oxaliplatin"] == pytest.approx(260)
    assert found["patient"]["on"] == "2027-02-22"
    shown = " ".join(hepatica(f"{words} --on 2027-02-22 --cycles 1").out.split())
    assert "Rules of dose changes" in shown
    assert "Amounts are computed, not ordered." in shown
    earlier = hepatica(f"{words} --on 2027-02-01 --json")
    assert {e["amount_mg"] for e in json.loads(earlier.out)["entries"]} == {None}
    assert "the record lacks height (patient.height) and weight (patient.weight)" in earlier.err


def test_a_day_of_judgement_without_a_patient_and_no_case_are_refused(tmp_path: Path) -> None:
    alone = hepatica("protocol calendar hai-fudr-xelox --start 2027-03-01 --on 2027-03-01")
    assert alone.code == 2
    assert "give the patient with --case" in alone.err
    nothing = hepatica(f"protocol calendar hai-fudr-xelox --start 2027-03-01 --case {tmp_path}")
    assert nothing.code == 3
    assert "is neither a case folder nor a record.json" in nothing.err
