"""run.json: enough to repeat a run, and nothing about the computer or its user."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import hepatica
from hepatica.errors import InvalidInput
from hepatica.store.arrays import digest_of
from hepatica.store.run import RunClock, RunRecord, input_file, versions, write_run


def test_the_record_holds_command_versions_inputs_seed_and_times(tmp_path: Path) -> None:
    source = tmp_path / "dose.dcm"
    source.write_bytes(b"abc")
    clock = RunClock(["hepatica", "demo", "--seed", "7"])
    clock.lap("draw")
    run = clock.write(tmp_path / "out", (source,), "beef", 7, ["a warning"])
    document = json.loads((tmp_path / "out/run.json").read_text())
    assert document["command"] == ["hepatica", "demo", "--seed", "7"]
    assert document["inputs"] == [
        {
            "name": "input 1",
            "kind": "file",
            "suffix": ".dcm",
            "files": 1,
            "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        }
    ]
    assert document["protocol_sha256"] == "beef"
    assert document["seed"] == 7
    assert document["warnings"] == ["a warning"]
    assert set(document["seconds"]) == {"draw", "total"}
    assert document["seconds"]["total"] >= document["seconds"]["draw"] >= 0
    assert (document["schema"], document["version"]) == ("hepatica/run", 1)
    assert run.seed == 7


def test_versions_name_python_hepatica_and_what_computes() -> None:
    found = versions()
    assert found["hepatica"] == hepatica.__version__
    assert found["numpy"] == np.__version__
    assert {"python", "pydicom"} <= set(found)


def test_no_folder_of_the_computer_is_kept(tmp_path: Path) -> None:
    command = ["/home/anna/.venv/bin/hepatica", "case", "import", "/data/anna/ct/"]
    command += ["--out=/home/anna/case", "C:\\Users\\anna\\labels.nii", "/"]
    run = RunClock(command).record()
    assert run.command == (
        "hepatica",
        "case",
        "import",
        "<path>",
        "--out=<path>",
        "<path>",
        "<path>",
    )


def test_the_hash_of_a_folder_depends_on_contents_only(tmp_path: Path) -> None:
    for name, order in (("a", ("x", "y")), ("b", ("z", "w"))):
        (tmp_path / name / "deep").mkdir(parents=True)
        for file, content in zip(order, (b"1", b"2"), strict=True):
            (tmp_path / name / "deep" / file).write_bytes(content)
    one, two = input_file(tmp_path / "a"), input_file(tmp_path / "b")
    assert one.sha256 == two.sha256
    assert (one.name, one.kind, one.suffix, one.files) == ("input 1", "folder", "", 2)
    (tmp_path / "b/deep/w").write_bytes(b"3")
    assert input_file(tmp_path / "b").sha256 != one.sha256


def test_no_name_of_an_input_is_kept(tmp_path: Path) -> None:
    for name in ("DOE.JANE", "doe.nii.gz", "doe.1950"):
        (tmp_path / name).write_bytes(b"1")
    run = RunClock(["hepatica"]).record(sorted(tmp_path.iterdir()))
    assert [(i.name, i.suffix) for i in run.inputs] == [
        ("input 1", ""),
        ("input 2", ""),
        ("input 3", ".nii.gz"),
    ]
    assert "doe" not in json.dumps(run.as_document()).lower()


def test_an_absent_input_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"There is no file or folder gone\.dcm"):
        input_file(tmp_path / "gone.dcm")


def test_a_record_can_be_written_without_a_clock(tmp_path: Path) -> None:
    path = write_run(tmp_path, RunRecord(("hepatica",), {"python": "3.11"}))
    assert path == tmp_path / "run.json"
    assert json.loads(path.read_text())["seed"] is None
    assert len(digest_of(path)) == 64
