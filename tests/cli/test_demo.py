"""The demonstration runs, the README's example runs after it, and --force deletes only its own."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from hepatica.store.arrays import digest_of
from hepatica.synthetic import Anatomy, synthetic_patient

from .run import Called, hepatica

README = Path(__file__).resolve().parents[2] / "README.md"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def shown(here: Path) -> Called:
    found = hepatica(f"demo --out {here / 'out/demo'} --json")
    assert found.code == 0, found.err
    return found


@pytest.mark.slow
def test_the_demonstration_runs_and_reads_its_own_files(here: Path, shown: Called) -> None:
    out = here / "out/demo"
    document = json.loads(shown.out)
    assert document["allocation"]["verdict"] == "met"
    assert document["prescription"]["dose_gy"] == pytest.approx(
        document["allocation"]["levels"]["0.10"]["deliverable_gy"], abs=0.3
    )
    assert {limit["verdict"] for limit in document["limits"]} <= {"met", "unknown", "not met"}
    assert 3 <= len(document["beams"]) <= 10
    assert all(1 <= len(beam["segments"]) <= 4 for beam in document["beams"])
    assert (out / "plan" / "report.pdf").read_bytes().startswith(b"%PDF")
    assert (out / "plan-dicom" / "RTPLAN_1.dcm").exists()
    assert hepatica(f"demo --out {out}").code == 2


@pytest.mark.slow
def test_the_demonstration_records_its_seed_and_its_case(here: Path, shown: Called) -> None:
    out = here / "out/demo"
    runs = [json.loads((out / f / "run.json").read_text()) for f in ("case", "plan")]
    assert [run["seed"] for run in runs] == [3, 3]
    assert digest_of(out / "case/case.json") in {i["sha256"] for i in runs[1]["inputs"]}


@pytest.mark.slow
def test_the_example_of_the_readme_runs_after_the_demonstration(
    here: Path, shown: Called, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, _, rest = README.read_text(encoding="utf-8").partition("```python\n")
    example, _, _ = rest.partition("```")
    assert "import_case" in example
    monkeypatch.chdir(here)
    exec(compile(example, str(README), "exec"), {})
    assert "Liver" in capsys.readouterr().out
    assert (here / "out/demo-3-report/report.html").exists()


@pytest.mark.slow
def test_a_demonstration_with_a_file_of_ones_own_is_not_deleted(here: Path, shown: Called) -> None:
    out = here / "copy"
    shutil.copytree(here / "out/demo", out)
    (out / "case/mine.txt").write_text("keep me", encoding="utf-8")
    before = sorted(out.rglob("*"))
    refused = hepatica(f"demo --out {out} --force")
    assert refused.code == 2
    assert "case/mine.txt" in refused.err
    assert sorted(out.rglob("*")) == before


def test_a_folder_that_only_looks_like_a_demonstration_survives(tmp_path: Path) -> None:
    out = tmp_path / "P001"
    (out / "report").mkdir(parents=True)
    (out / "dicom").mkdir()
    (out / "case").mkdir()
    (out / "dicom/real.dcm").write_bytes(b"the only copy")
    (out / "report/notes.txt").write_text("read me", encoding="utf-8")
    found = hepatica(f"demo --out {out} --force")
    assert found.code == 2
    assert "dicom/real.dcm" in found.err
    assert "--force never deletes these" in found.err
    (out / "demo.json").write_text(
        '{"schema": "hepatica/demo-files", "files": {"dicom/other.dcm": "00"}}', encoding="utf-8"
    )
    assert hepatica(f"demo --out {out} --force").code == 2
    assert (out / "dicom/real.dcm").read_bytes() == b"the only copy"
    assert (out / "report/notes.txt").exists()


def test_a_demonstration_that_failed_can_be_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    out = tmp_path / "demo"
    coarse = synthetic_patient(3, Anatomy(spacing_mm=(6.0, 6.0, 6.0)))
    liver = {"Liver": coarse.case.structures["Liver"]}
    drawn = replace(coarse, case=replace(coarse.case, structures=liver))
    monkeypatch.setattr("hepatica.synthetic.synthetic_patient", lambda _: drawn)
    monkeypatch.setattr("hepatica.io.importer.import_case", full)
    for words in (f"demo --out {out}", f"demo --out {out} --force"):
        found = hepatica(words)
        assert found.code == 3
        assert "No space left on device" in found.err
        assert (out / "dicom/RTSTRUCT.dcm").exists()
    (out / "mine.txt").write_text("keep me", encoding="utf-8")
    assert hepatica(f"demo --out {out} --force").code == 2


def test_a_risk_that_the_protocol_does_not_know_is_refused_before_anything_is_written(
    tmp_path: Path,
) -> None:
    found = hepatica(f"demo --out {tmp_path / 'demo'} --risk 0.15")
    assert found.code == 2
    assert "has the levels 0.05, 0.1, 0.2" in found.err
    assert not (tmp_path / "demo").exists()
