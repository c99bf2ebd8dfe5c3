"""dicompyler-core, which reads DICOM RT on its own, sees the dose in the structures as we do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hepatica.case.metric import parse_metric
from hepatica.physics.dvh import dose_volume_histogram, metric_value
from tests.peers.conftest import Exported
from tests.peers.installed import PIP, installed

pytestmark = [pytest.mark.peer, pytest.mark.slow]

HERE = Path(__file__).parent
LARGE = ("Liver", "Stomach", "Kidney_R", "GTV1")


@pytest.fixture(scope="session")
def dicompyler(request: pytest.FixtureRequest) -> Path:
    """The Python of an environment with dicompyler-core, which needs an older pydicom than ours.

    It is made once and kept in pytest's cache folder, one for each list of versions and Python.
    """
    wanted = HERE / "dicompyler.txt"
    folder = installed(
        request,
        "dicompyler",
        wanted.read_text("utf-8") + sys.version,
        [sys.executable, "-m", "venv", "{folder}"],
        ["{folder}/bin/python", *PIP, "--no-deps", "-r", str(wanted)],
    )
    return folder / "bin" / "python"


@pytest.fixture(scope="module")
def said(dicompyler: Path, exported: Exported) -> Any:
    folder = exported.summary.folder
    files = [folder / name for name in ("RTSTRUCT.dcm", "RTDOSE_1.dcm", "RTPLAN_1.dcm")]
    done = subprocess.run(
        [str(dicompyler), str(HERE / "dicompyler_dvh.py"), *map(str, files), *LARGE, "PTV1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def ours(exported: Exported, name: str, metric: str) -> float:
    case = exported.case
    histogram = dose_volume_histogram(case.doses[0].volume, case.structures[name].coverage)
    return metric_value(parse_metric(metric), histogram)


def test_it_reads_every_structure_and_the_prescription(said: Any, exported: Exported) -> None:
    assert said["names"] == sorted(exported.case.structures)
    assert said["regions"]["PTV1"]["type"] == "PTV"
    assert said["prescription_gy"] == 40.0


@pytest.mark.parametrize("name", LARGE)
@pytest.mark.parametrize(
    ("key", "metric"), [("mean_gy", "Mean[Gy]"), ("d95_gy", "D95%[Gy]"), ("d2_gy", "D2%[Gy]")]
)
def test_doses_agree_to_one_percent(
    said: Any, exported: Exported, name: str, key: str, metric: str
) -> None:
    assert said["regions"][name][key] == pytest.approx(ours(exported, name, metric), rel=0.01)


@pytest.mark.parametrize("name", ["Liver", "GTV1"])
def test_volumes_of_large_structures_agree_to_one_percent(
    said: Any, exported: Exported, name: str
) -> None:
    expected = exported.case.structures[name].volume_cc
    assert said["regions"][name]["volume_cc"] == pytest.approx(expected, rel=0.01)
