"""Three real data sets, imported and evaluated by the commands a person types."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .run import hepatica

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def liver_case(ircad17: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("real") / "case17"
    found = hepatica(f"case import {ircad17} --out {folder}")
    assert found.code == 0, found.err
    return folder


@pytest.fixture(scope="module")
def placed(liver_case: Path) -> Path:
    file = liver_case.parent / "dose.dcm"
    words = f"dose place {liver_case} --target GTV1 --prescription-gy 40 --out {file}"
    assert hepatica(words).code == 0
    return file


def test_a_liver_without_frame_of_reference_imports_with_its_published_volumes(
    liver_case: Path,
) -> None:
    document = json.loads(hepatica(f"case show {liver_case} --json").out)
    volumes = {name: row["volume_cc"] for name, row in document["structures"].items()}
    assert len(volumes) == 8
    assert volumes["Liver"] == pytest.approx(1860.6, rel=0.005)
    assert volumes["GTV1"] == pytest.approx(85.6, rel=0.005)
    assert volumes["GTV2"] == pytest.approx(78.6, rel=0.005)
    assumed = " ".join(n["text"] for n in document["notes"] if n["kind"] == "assumed")
    assert "no FrameOfReferenceUID" in assumed
    assert "read as masks" in assumed


def test_a_dose_around_one_tumour_gives_the_individual_dose(liver_case: Path, placed: Path) -> None:
    words = f"plan evaluate {liver_case} sbrt-six-fraction --dose {placed} --risk 0.10 --json"
    found = hepatica(words)
    assert found.code == 0, found.err
    document = json.loads(found.out)
    assert document["prescription"]["dose_gy"] == pytest.approx(40.0, rel=0.01)
    assert "GTV1" in document["warnings"][0]
    assert document["structures"]["Liver-GTV"]["volume_cc"] == pytest.approx(
        1860.6 - 85.6 - 78.6, rel=0.005
    )
    assert 0.15 < document["risk"]["veff"] < 0.35
    assert document["allocation"]["stratum"] in {"low", "mid"}
    doses = document["allocation"]["doses_gy"]
    assert doses["0.05"] < doses["0.10"] < doses["0.20"] <= 60
    unknown = {v["structure"] for v in document["limits"] if v["verdict"] == "unknown"}
    assert {"Stomach", "Duodenum", "Kidneys", "SpinalCord_PRV05"} <= unknown
    assert document["allocation"]["verdict"] == "unknown"


def test_failing_on_what_is_unknown_ends_with_code_5(liver_case: Path, placed: Path) -> None:
    words = f"plan evaluate {liver_case} sbrt-six-fraction --dose {placed} --risk 0.10"
    assert hepatica(words).code == 0
    found = hepatica(f"{words} --fail-on unknown")
    assert found.code == 5
    assert "limit(s) not met or unknown" in found.err


def test_the_real_patient_survives_export_and_import(liver_case: Path) -> None:
    out, back = liver_case.parent / "dicom", liver_case.parent / "back"
    assert hepatica(f"case export {liver_case} --out {out}").code == 0
    assert hepatica(f"case import {out} --out {back}").code == 0
    first, second = (
        json.loads(hepatica(f"case show {folder} --json").out)["structures"]
        for folder in (liver_case, back)
    )
    for name, row in first.items():
        assert second[name]["volume_cc"] == pytest.approx(row["volume_cc"], rel=1e-4)


def test_organ_labels_import_by_a_label_map(shared: Path, tmp_path: Path) -> None:
    source = shared / "data/totalseg_abdomen"
    words = f"case import {source / 'example_ct_sm.nii.gz'} "
    words += f"--labels {source / 'example_seg.nii.gz'} --label-map totalsegmentator_total "
    words += f"--out {tmp_path / 'case'} --json"
    found = hepatica(words)
    assert found.code == 0, found.err
    rows = json.loads(found.out)["structures"]
    printed = {"Liver": 1043, "Spleen": 255, "Stomach": 126, "Duodenum": 30, "Colon": 351}
    for name, cc in printed.items():
        assert rows[name]["volume_cc"] == pytest.approx(cc, abs=1.0)


def test_a_plan_of_another_site_imports_and_leaves_the_liver_unknown(
    rt_set_breast: Path, tmp_path: Path
) -> None:
    case = tmp_path / "breast"
    found = hepatica(f"case import {rt_set_breast} --out {case} --json")
    assert found.code == 0, found.err
    document = json.loads(found.out)
    assert document["plans"][0]["fractions"] == 7
    assert document["plans"][0]["prescription_gy"] == pytest.approx(14.0)
    assert document["doses"][0]["maximum_gy"] == pytest.approx(14.68, abs=0.01)
    assert "Heart" in document["structures"]
    found = hepatica(f"plan evaluate {case} sbrt-six-fraction --risk 0.10 --json")
    assert found.code == 0, found.err
    document = json.loads(found.out)
    assert document["risk"] is None
    assert document["allocation"]["verdict"] == "unknown"
    assert {v["verdict"] for v in document["limits"] if v["kind"] == "organ"} == {"unknown"}
