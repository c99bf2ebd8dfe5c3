"""The machine commands, as a person types them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from hepatica.machine import load_machine
from tests.machine.builders import DOCUMENT, machine, measured_on

from .run import hepatica

DESCRIPTION = """\
document: hepatica/measurements
format: 1
name: toy-6mv
title: A toy
version: "1.0"
beam: {source: me, status: verified, energy_mv: 6, sad_mm: 1000, penumbra_fwhm_mm: 5}
depth_dose: {source: me, status: verified, file: depth.csv, unit: mm, kind: tpr}
output_factors:
  {source: me, status: verified, file: factors.csv, unit: mm, ssd_mm: 900, depth_mm: 100}
primary_fluence: {source: me, status: verified, file: fluence.csv, unit: mm}
mlc:
  source: me
  status: recalled
  leaves: [{pairs: 40, width_mm: 10}]
  minimum_mm: -200
  maximum_mm: 200
  overtravel_mm: 100
  minimum_gap_mm: 5
  transmission: 0.01
  interdigitation: false
sources:
  - {name: me, citation: this test}
"""


@pytest.fixture(scope="module")
def measurements(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables of a toy machine in a folder, with their description."""
    folder = tmp_path_factory.mktemp("measured")
    measured = measured_on(machine())
    table, factors, fluence = (
        measured.depth_dose,
        measured.output_factors,
        measured.primary_fluence,
    )
    rows = np.column_stack([table.depth_mm, table.value])
    head = ",".join(["depth", *(f"{f:g}" for f in table.field_mm)])
    np.savetxt(folder / "depth.csv", rows, "%.6f", ",", header=head, comments="")
    pairs = {"factors.csv": factors, "fluence.csv": fluence}
    for name, pair in pairs.items():
        columns = list(vars(pair).values())[:2]
        np.savetxt(folder / name, np.column_stack(columns), "%.6f", ";")
    (folder / "toy.yaml").write_text(DESCRIPTION)
    return folder


@pytest.fixture(scope="module")
def fitted(measurements: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder that a fit wrote, and what it printed."""
    out = tmp_path_factory.mktemp("fit") / "toy"
    called = hepatica(f"machine fit {measurements}/toy.yaml --out {out} --cgy-per-mu 0.9 --json")
    assert called.code == 0, called.err
    return out, called.out


def test_a_fit_writes_a_machine_that_can_be_used(fitted: tuple[Path, str]) -> None:
    made = load_machine(fitted[0] / "toy-6mv.yaml")
    assert made.calibration is not None
    assert made.calibration.cgy_per_mu == 0.9
    assert made.mlc is not None
    assert made.mlc.pairs == 40
    assert hepatica(f"machine validate {fitted[0]}/toy-6mv.yaml").code == 0


def test_a_fit_prints_its_errors_as_one_document(fitted: tuple[Path, str]) -> None:
    document = json.loads(fitted[1])
    assert document["schema"] == "hepatica/machine-fit"
    assert document["meets_goals"] is True
    assert document["largest_depth_percent"] < 0.5
    assert len(document["fields"]) == 10
    assert "report.html" in document["files"]


def test_the_report_tells_errors_limits_and_sources(fitted: tuple[Path, str]) -> None:
    text = (fitted[0] / "report.html").read_text(encoding="utf-8")
    for said in (
        "Largest error of depth dose",
        "0.9\u00a0cGy/MU",
        "What the model cannot know",
        "electrons from the machine&#39;s head",
        "Depths below 2 mm were not used",
        "Fitted by `hepatica machine fit`",
        "recalled",
    ):
        assert said in text
    pictures = {p.name for p in fitted[0].glob("*.svg")} | {p.name for p in fitted[0].glob("*.png")}
    names = ("depth-dose", "output-factors", "primary-fluence")
    assert pictures == {f"{n}{s}" for n in names for s in (".svg", ".png")}


def test_a_fit_is_not_overwritten_by_accident(fitted: tuple[Path, str], measurements: Path) -> None:
    again = hepatica(f"machine fit {measurements}/toy.yaml --out {fitted[0]}")
    assert again.code == 2
    assert "overwrite it with --force" in again.err


def test_a_bad_table_ends_with_code_3_and_its_line(measurements: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bad"
    shutil.copytree(measurements, folder)
    lines = (folder / "depth.csv").read_text().splitlines()
    lines[4] = lines[4].replace(lines[4].split(",")[2], "nan")
    (folder / "depth.csv").write_text("\n".join(lines))
    called = hepatica(f"machine fit {folder}/toy.yaml --out {tmp_path}/out")
    assert called.code == 3
    assert "depth.csv, line 5: the value is nan" in called.err
    assert not (tmp_path / "out").exists()


def test_a_fit_says_what_it_still_needs_and_what_comes_next(
    measurements: Path, tmp_path: Path
) -> None:
    done = hepatica(f"machine fit {measurements}/toy.yaml --out {tmp_path}/out")
    assert done.code == 0
    told = " ".join(done.err.split())
    assert f"add to {tmp_path}/out/toy-6mv.yaml: calibration (measurements" in told
    assert f"--machine {tmp_path}/out/toy-6mv.yaml" in told
    run = json.loads((tmp_path / "out/run.json").read_text(encoding="utf-8"))
    assert run["inputs"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("TOY --cgy-per-mu -1", "--cgy-per-mu is -1; the dose of a monitor unit is above 0 cGy"),
        ("synergy-6mv", "names its tables, which do not come with Hepatica"),
        ("synergi-6mv", "No such file or directory. Give a folder, a YAML description or a name"),
    ],
)
def test_words_that_cannot_be_fitted_end_with_code_3(
    measurements: Path, tmp_path: Path, words: str, said: str
) -> None:
    words = words.replace("TOY", str(measurements / "toy.yaml"))
    done = hepatica(f"machine fit {words} --out {tmp_path}/out")
    assert done.code == 3
    assert said in " ".join(done.err.split())
    assert not (tmp_path / "out").exists()


def test_the_library_is_listed_and_shown() -> None:
    listed = json.loads(hepatica("machine list --json").out)
    assert [m["name"] for m in listed["machines"]] == ["artiste-6mv", "synergy-6mv"]
    shown = hepatica("machine show synergy-6mv").out
    assert "Elekta Synergy with Agility head, 6 MV" in shown
    assert "calibration [recalled]" in shown
    document = json.loads(hepatica("machine show artiste-6mv --json").out)
    assert document["schema"] == "hepatica/machine"
    assert document["leaf_pairs"] == 80
    assert document["resolution"] == {"meterset_mu": 0.1, "leaf_mm": 0.1, "jaw_mm": 0.1}
    assert "resolution [recalled]" in shown
    assert {s["status"] for s in document["sources"]} == {"verified", "recalled"}


def test_all_faults_of_a_document_are_shown_at_once(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        DOCUMENT.replace("sad_mm: 1000", "sad_cm: 100").replace("cgy_per_mu: 1", "cgy_per_mu: 0")
    )
    called = hepatica(f"machine validate {path} --json")
    assert called.code == 3
    document = json.loads(called.out)
    assert document["valid"] is False
    assert len(document["faults"]) == 3
    assert "did you mean sad_mm" in called.err


@pytest.mark.slow
def test_a_fit_of_the_public_measurements_prints_its_tables(shared: Path, tmp_path: Path) -> None:
    data = shared / "data/linac_6mv"
    called = hepatica(f"machine fit artiste-6mv --data {data} --out {tmp_path}/fit")
    assert called.code == 0
    assert "within the goals of 0.5 % and 1 %" in called.out
    written = (tmp_path / "fit/artiste-6mv.yaml").read_text(encoding="utf-8")
    assert "0.5828" not in written  # no measured depth dose leaves the data
