"""Case, dose and plan commands on a patient made of boxes, as a person types them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hepatica.store.case_folder import write_case
from tests.engine.builders import abdomen, falling_dose

from .run import hepatica


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "boxes"
    write_case(replace(abdomen().with_doses(falling_dose())), folder)
    return folder


@pytest.fixture(scope="module")
def dose(case: Path) -> Path:
    file = case.parent / "dose.dcm"
    words = f"dose place {case} --target GTV1 --prescription-gy 40 --spacing-mm 4 --out {file}"
    assert hepatica(words).code == 0
    return file


def test_show_lists_structures_with_their_volumes(case: Path) -> None:
    shown = hepatica(f"case show {case}")
    assert shown.code == 0
    assert "GTV1" in shown.out
    document = json.loads(hepatica(f"case show {case} --json").out)
    assert document["schema"] == "hepatica/case"
    assert document["structures"]["Liver"]["volume_cc"] > 800


def test_check_says_what_a_protocol_finds(case: Path) -> None:
    document = json.loads(hepatica(f"case check {case} sbrt-six-fraction --json").out)
    assert document["ready"] is True
    assert "Liver-GTV" in document["present"]


def test_the_dose_of_the_case_is_taken_when_there_is_one(case: Path) -> None:
    found = hepatica(f"plan evaluate {case} sbrt-six-fraction --risk 0.10 --json")
    assert found.code == 0
    document = json.loads(found.out)
    assert document["dose"]["label"] == "test"
    assert document["allocation"]["verdict"] == "met"


def test_a_placed_dose_is_evaluated_and_reported(case: Path, dose: Path, tmp_path: Path) -> None:
    out = tmp_path / "report"
    words = f"plan evaluate {case} sbrt-six-fraction --dose {dose} --risk 0.10 --out {out}"
    found = hepatica(words)
    assert found.code == 0, found.err
    assert "not a planned dose" in found.out or "Idealised" in found.out
    names = {path.name for path in out.iterdir()}
    assert {"report.html", "report.pdf", "evaluation.json", "run.json"} <= names
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert str(tmp_path) not in json.dumps(run)
    assert len(run["protocol_sha256"]) == 64
    again = hepatica(words)
    assert again.code == 2
    assert "overwrite it with --force" in again.err
    assert hepatica(f"{words} --force").code == 0


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("{plan} --risk 0.07", 2, "--risk is 0.07"),
        ("{plan} --risk 0.10 --dose none.dcm", 2, "Its doses: test"),
        ("{plan} --risk 0.10 --ptv-margin-mm 5,5", 2, "nor six"),
        ("{plan} --risk 0.10 --ptv-margin-mm 3", 3, "below 5 mm"),
        ("{plan} --risk 0.10 --fact kidneys", 2, "not name=value"),
        ("{plan} --risk 0.10 --treat Liver", 3, "not a gross tumour"),
        ("plan evaluate {case} nothing --risk 0.10", 3, "sbrt-six-fraction"),
        ("plan evaluate {case}/missing sbrt-six-fraction --risk 0.10", 3, "case"),
        (
            "dose place {case} --target GTV9 --prescription-gy 40 --out x.dcm",
            3,
            "no structure GTV9",
        ),
        ("case show {case} --wrong", 2, ""),
    ],
)
def test_a_call_that_cannot_work_ends_with_its_code_and_a_sentence(
    case: Path, words: str, code: int, message: str
) -> None:
    found = hepatica(words.format(case=case, plan=f"plan evaluate {case} sbrt-six-fraction"))
    assert found.code == code, found.err
    assert message in found.err


def test_a_goal_that_is_missed_fails_only_when_asked(case: Path) -> None:
    words = f"plan evaluate {case} sbrt-six-fraction --risk 0.10 --prescription-gy 20"
    document = json.loads(hepatica(f"{words} --json").out)
    assert "not met" in {v["verdict"] for v in document["limits"]}
    assert hepatica(words).code == 0
    assert hepatica(f"{words} --fail-on not-met").code == 5


def test_the_dose_of_another_frame_of_reference_is_refused(dose: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    write_case(replace(abdomen(), frame_of_reference_uid="1.2.99"), other)
    found = hepatica(f"plan evaluate {other} sbrt-six-fraction --dose {dose} --risk 0.10")
    assert found.code == 4
    assert "frame of reference" in found.err


def test_a_dose_agrees_with_itself(case: Path, dose: Path) -> None:
    document = json.loads(hepatica(f"dose gamma {case} {dose} {dose} --json").out)
    assert document["pass_rate_percent"] == 100.0


def test_export_and_import_keep_the_patient(case: Path, tmp_path: Path) -> None:
    out, back = tmp_path / "dicom", tmp_path / "back"
    found = hepatica(f"case export {case} --out {out} --dose-bits 16 --json")
    assert found.code == 0, found.err
    assert json.loads(found.out)["ct"] == 40
    imported = hepatica(f"case import {out} --out {back} --json")
    assert imported.code == 0, imported.err
    rows = json.loads(imported.out)["structures"]
    for name, structure in abdomen().structures.items():
        assert rows[name]["volume_cc"] == pytest.approx(structure.volume_cc, rel=0.002)


@pytest.mark.slow
def test_the_demonstration_runs_and_reads_its_own_files(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    found = hepatica(f"demo --out {out} --json")
    assert found.code == 0, found.err
    document = json.loads(found.out)
    assert document["allocation"]["verdict"] == "met"
    assert document["prescription"]["dose_gy"] == pytest.approx(
        document["allocation"]["levels"]["0.10"]["deliverable_gy"], abs=0.3
    )
    assert (out / "report" / "report.pdf").read_bytes().startswith(b"%PDF")
    assert hepatica(f"demo --out {out}").code == 2
    (out / "mine.txt").write_text("keep me", encoding="utf-8")
    refused = hepatica(f"demo --out {out} --force")
    assert refused.code == 2
    assert "mine.txt" in refused.err
    assert (out / "mine.txt").exists()
