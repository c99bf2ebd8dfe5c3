"""Case, dose and plan commands on a patient made of boxes, as a person types them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hepatica.store.arrays import digest_of
from hepatica.store.case_folder import write_case
from tests.engine.builders import abdomen, falling_dose
from tests.io.dicom.builders import registration
from tests.io.phantom_files import block, body, write_nii

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


def test_a_placed_dose_announces_both_files(case: Path, tmp_path: Path) -> None:
    file, plan = tmp_path / "d.dcm", tmp_path / "d.plan.dcm"
    words = f"dose place {case} --target GTV1 --prescription-gy 40 --spacing-mm 6 --out {file}"
    assert f"{plan}: the plan" in hepatica(words).out
    document = json.loads(hepatica(f"{words} --force --json").out)
    assert (document["file"], document["plan_file"]) == (str(file), str(plan))


def test_a_missed_goal_leaves_one_document_on_stdout(case: Path) -> None:
    words = f"plan evaluate {case} sbrt-six-fraction --risk 0.10 --prescription-gy 20"
    found = hepatica(f"{words} --fail-on not-met --json")
    assert found.code == 5
    assert json.loads(found.out)["schema"] == "hepatica/plan-evaluation"
    assert "limit(s) not met" in found.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("case show {case} --wrong --json", "--wrong"),
        ("nothing --json", "nothing"),
        ("plan evaluate {case} sbrt-six-fraction --risk many --json", "--risk"),
        ("case show --json", "CASE"),
    ],
)
def test_wrong_words_are_a_document_too(case: Path, words: str, message: str) -> None:
    found = hepatica(words.format(case=case))
    assert found.code == 2
    document = json.loads(found.out)
    assert (document["schema"], document["exit_code"]) == ("hepatica/error", 2)
    assert message in document["message"]
    assert message in found.err


def test_help_is_no_error_even_with_json() -> None:
    found = hepatica("case show --help --json")
    assert found.code == 0


def test_a_margin_of_half_a_metre_is_refused(case: Path) -> None:
    words = f"plan evaluate {case} sbrt-six-fraction --risk 0.10 --ptv-margin-mm 500"
    found = hepatica(words)
    assert found.code == 2
    assert "no side may be beyond 100 mm" in found.err


def test_a_file_in_the_place_of_a_folder_says_what_to_do(case: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    found = hepatica(f"case export {case} --out {tmp_path / 'file'} --force")
    assert found.code == 2
    assert "is a file; an export needs a folder" in found.err
    words = f"plan evaluate {case} sbrt-six-fraction --risk 0.10 --out {tmp_path / 'file'} --force"
    found = hepatica(words)
    assert found.code == 3
    assert "there is a file where a folder is needed. Choose another folder" in found.err
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


def test_records_name_no_path(case: Path, dose: Path, tmp_path: Path) -> None:
    home = tmp_path / "DOE_JANE"
    home.mkdir()
    reg = home / "reg_doe.dcm"
    reg.write_bytes(registration(home / "r.dcm", "1.2.3", np.eye(4)).read_bytes())
    words = f"plan evaluate {case} sbrt-six-fraction --risk 0.10 --dose {dose} "
    words += f"--registration {reg} --treat GTV1 --out {home / 'report'}"
    assert hepatica(words).code == 0
    text = (home / "report/run.json").read_text(encoding="utf-8")
    run = json.loads(text)
    assert "doe" not in text.lower()
    assert run["command"][:3] == ["hepatica", "plan", "evaluate"]
    assert {"<path>", "sbrt-six-fraction", "--risk", "0.1", "--treat", "GTV1"} <= {*run["command"]}
    assert [(i["name"], i["suffix"]) for i in run["inputs"]] == [
        ("input 1", ".dcm"),
        ("input 2", ".dcm"),
        ("input 3", ".json"),
    ]


def test_an_export_is_recorded_and_replaced(case: Path, tmp_path: Path) -> None:
    out = tmp_path / "export"
    assert hepatica(f"case export {case} --out {out}").code == 0
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert run["command"] == ["hepatica", "case", "export", "<path>", "--out", "<path>"]
    assert run["inputs"][0]["sha256"] == digest_of(case / "case.json")
    found = hepatica(f"case export {case} --out {out} --force")
    assert found.code == 0, found.err


def test_every_file_that_decides_a_case_is_recorded(tmp_path: Path) -> None:
    image = write_nii(tmp_path / "ct.nii.gz", body())
    labels = write_nii(tmp_path / "seg.nii.gz", block(*[slice(2, 5)] * 3) * np.uint8(5))
    table, names = tmp_path / "map.yaml", tmp_path / "names.yaml"
    table.write_text("5: Leber\n", encoding="utf-8")
    names.write_text("Leber: Liver\n", encoding="utf-8")
    out = tmp_path / "case"
    words = f"case import {image} --labels {labels} --label-map {table} --names {names} --out {out}"
    found = hepatica(words)
    assert found.code == 0, found.err
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    files = (image, labels, names, table)
    assert [i["sha256"] for i in run["inputs"]] == [digest_of(file) for file in files]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (FileExistsError(17, "File exists", "r/file"), "r/file: there is a file where a folder"),
        (IsADirectoryError(21, "Is a directory", "r"), "r: there is a folder where a file"),
        (PermissionError(13, "Permission denied", "r"), "r: the system does not allow it. Check"),
        (OSError(28, "No space left on device"), "No space left on device. Check the path"),
    ],
)
def test_what_the_system_refuses_says_what_to_do(
    error: OSError, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr("hepatica.store.case_folder.read_case", refuse)
    found = hepatica("case show somewhere --json")
    assert found.code == 3
    assert message in json.loads(found.out)["message"]
