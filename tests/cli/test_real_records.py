"""A record for a real patient, and a real cohort, screened and put before the board."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from hepatica.io.pseudonym_key import PseudonymKey

from .run import hepatica

pytestmark = pytest.mark.slow

RECORD = Path(__file__).parent / "real_record.yaml"
SECRET = b"0123456789abcdef"
MOVED = timedelta(days=PseudonymKey("P-017", SECRET).days_back)
DAY = (date(2026, 3, 10) - MOVED).isoformat()
"""The day of the board, moved by the same days as images and record."""


@pytest.fixture(scope="module")
def patient(ircad17: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("record") / "P-017"
    key = folder.parent / "secret.key"
    key.write_bytes(SECRET)
    under = f"--pseudonym P-017 --pseudonym-key {key} --out {folder}"
    assert hepatica(f"case import {ircad17} {under} --patient-position HFS").code == 0
    found = hepatica(f"case new {under} --answers {RECORD}")
    assert found.code == 0, found.err
    return folder


def test_a_real_liver_keeps_its_volumes_under_a_pseudonym(patient: Path) -> None:
    document = json.loads(hepatica(f"case show {patient} --json").out)
    volumes = {name: row["volume_cc"] for name, row in document["structures"].items()}
    assert document["case_id"] == "P-017"
    assert volumes["Liver"] == pytest.approx(1860.6, rel=0.005)
    assert volumes["GTV1"] == pytest.approx(85.6, rel=0.005)
    assert volumes["GTV2"] == pytest.approx(78.6, rel=0.005)
    assert not {"artery", "venoussystem"} & set(volumes)


def test_images_and_record_together_decide_the_screening(patient: Path) -> None:
    found = hepatica(f"screen {patient} sbrt-six-fraction whole-liver-boost --on {DAY} --json")
    assert found.code == 0, found.err
    outcomes = {s["protocol"]: s["outcome"] for s in json.loads(found.out)["screenings"]}
    assert outcomes == {"sbrt-six-fraction": "eligible", "whole-liver-boost": "eligible"}


def test_the_board_computes_what_the_images_allow(patient: Path) -> None:
    found = hepatica(f"board {patient} --on {DAY} --json")
    assert found.code == 0, found.err
    document = json.loads(found.out)
    rows = {row["therapy"]: row["status"] for row in document["rows"]}
    assert rows["resection"] == "contraindicated"
    assert rows["sbrt-six-fraction"] == "consider"
    assert rows["hai-fudr-xelox"] == "not_indicated"
    assert rows["selective-internal-radiation"] == "needs_data"
    numbers = {number["name"]: number["value"] for number in document["numbers"]}
    assert numbers["derived.tumour_burden_percent"] == pytest.approx(8.83, abs=0.05)
    assert 0.1 < numbers["computed.veff"] < 0.6


def test_the_board_fits_on_one_page(patient: Path, tmp_path: Path) -> None:
    page = tmp_path / "board.pdf"
    assert hepatica(f"board {patient} --on {DAY} --pdf {page}").code == 0
    assert page.read_bytes().startswith(b"%PDF")


def test_a_cohort_of_197_is_screened_and_boarded(shared: Path, tmp_path: Path) -> None:
    table = shared / "data/crlm_clinical/clinical_data_with_img_features.csv"
    cohort = tmp_path / "cohort"
    words = f"cohort import {table} --mapping tcia-crlm --out {cohort} --json"
    assert hepatica(words).code == 0
    screened = json.loads(hepatica(f"screen {cohort} sbrt-six-fraction --json").out)
    assert len(screened["screenings"]) == 197
    boarded = json.loads(hepatica(f"board {cohort} --json").out)
    assert len(boarded["patients"]) == 197
