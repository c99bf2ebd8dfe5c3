"""hepatica board: one patient, many patients, cards and the page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hepatica.case.cohort import Cohort
from hepatica.case.record import Record
from hepatica.store.cohort_folder import write_cohort
from hepatica.store.record_file import write_record
from tests.cli.run import Called, hepatica
from tests.engine.board.patients import vignettes

BY_ID = {vignette.id: vignette for vignette in vignettes()}
ON = ("--on", "2024-05-01")


def run(*words: object, code: int = 0) -> Called:
    """Call the command and require how it ends."""
    called = hepatica(" ".join(str(word) for word in words))
    assert called.code == code, called.err
    return called


@pytest.fixture
def patient(tmp_path: Path) -> Path:
    folder = tmp_path / "s2-lung"
    write_record(BY_ID["s2-lung"].record(), folder)
    return folder


@pytest.fixture
def cohort(tmp_path: Path) -> Path:
    names = ("r1-solitary", "s2-lung", "nothing-known")
    records = tuple(BY_ID[name].record() for name in names)
    return write_cohort(Cohort("three", records), tmp_path / "three")


def test_a_patient_as_one_document(patient: Path) -> None:
    told = json.loads(run("board", patient, *ON, "--json").out)
    assert told["schema"] == "hepatica/board"
    rows = {row["therapy"]: row["status"] for row in told["rows"]}
    assert rows["selective-internal-radiation"] == "contraindicated"


def test_a_patient_in_words(patient: Path) -> None:
    out = run("board", patient, *ON).out
    assert "Research use only" in out
    assert "Contraindicated" in out
    assert "not a ranking" in out


def test_cards_are_a_cds_hooks_response(patient: Path) -> None:
    told = json.loads(run("board", patient, *ON, "--cards").out)
    assert list(told) == ["cards"]


def test_another_pack_is_chosen_by_name(patient: Path) -> None:
    told = json.loads(run("board", patient, *ON, "--pack", "infusion", "--json").out)
    assert told["pack"]["name"] == "infusion"


def test_the_page_is_written_once(patient: Path, tmp_path: Path) -> None:
    pytest.importorskip("typst")
    page = tmp_path / "page.pdf"
    run("board", patient, *ON, "--pdf", page)
    assert page.read_bytes().startswith(b"%PDF")
    again = run("board", patient, *ON, "--pdf", page, code=2)
    assert "overwrite it with --force" in again.err


def test_a_cohort_is_one_table(cohort: Path) -> None:
    told = json.loads(run("board", cohort, *ON, "--json").out)
    options = {one["case_id"]: one["options"] for one in told["patients"]}
    assert options["r1-solitary"]["resection"] == "indicated"
    assert options["nothing-known"]["resection"] == "needs_data"
    assert told["counts"]["resection"]["indicated"] == 1
    assert "nothing-known" in run("board", cohort, *ON).out


def test_a_page_of_a_cohort_is_refused(cohort: Path, tmp_path: Path) -> None:
    found = run("board", cohort, "--pdf", tmp_path / "x.pdf", code=2)
    assert "of one patient" in found.err


def test_two_kinds_of_output_are_refused(patient: Path) -> None:
    assert "not both" in run("board", patient, "--json", "--cards", code=2).err


def test_a_folder_without_record_or_images_is_refused(tmp_path: Path) -> None:
    found = run("board", tmp_path, code=3)
    assert "neither a case folder, a record.json nor a cohort folder" in found.err


def test_a_record_with_nothing_in_it_needs_data(tmp_path: Path) -> None:
    folder = tmp_path / "blank"
    write_record(Record("blank"), folder)
    told = json.loads(run("board", folder, *ON, "--json").out)
    assert {row["status"] for row in told["rows"]} == {"needs_data"}
