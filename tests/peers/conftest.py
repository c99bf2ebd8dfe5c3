"""One export for all peers, and an Orthanc that is started and stopped here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hepatica.case import Case
from hepatica.io.dicom.export import export_plan
from hepatica.io.dicom.write import ExportSummary
from tests.peers.orthanc import Orthanc, running_orthanc
from tests.peers.patient import planned_patient


@dataclass(frozen=True)
class Exported:
    """A case, and the files that it was written to."""

    case: Case
    summary: ExportSummary

    @property
    def files(self) -> list[Path]:
        return sorted(self.summary.folder.rglob("*.dcm"))


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    case = planned_patient()
    folder = tmp_path_factory.mktemp("planned") / "dicom"
    return Exported(case, export_plan(case, case.plans[0], case.doses[0], folder))


@pytest.fixture(scope="session")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    with running_orthanc(tmp_path_factory.mktemp("orthanc")) as server:
        yield server
