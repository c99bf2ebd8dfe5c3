"""How the patient lies can be told to the import and the export, and is shown."""

from __future__ import annotations

import json
from pathlib import Path

from hepatica.store.case_folder import read_case, write_case
from tests.cli.run import hepatica
from tests.io.dicom.builders import CtSeries
from tests.io.dicom_write.planned_case import planned


def test_the_import_takes_it_where_the_files_do_not_say_it(tmp_path: Path) -> None:
    CtSeries(tmp_path / "ct").write()
    called = hepatica(
        f"case import {tmp_path / 'ct'} --out {tmp_path / 'case'} --patient-position hfs"
    )
    assert called.code == 0, called.err
    assert "Patient position: HFS" in called.out
    assert read_case(tmp_path / "case").patient_position == "HFS"


def test_files_that_say_otherwise_end_with_code_4(tmp_path: Path) -> None:
    CtSeries(tmp_path / "ct", change=lambda ds, k: setattr(ds, "PatientPosition", "HFP")).write()
    called = hepatica(
        f"case import {tmp_path / 'ct'} --out {tmp_path / 'case'} --patient-position HFS"
    )
    assert called.code == 4
    assert "How the patient lay is contradictory" in " ".join(called.err.split())


def test_a_plan_with_beams_is_exported_once_it_is_said(tmp_path: Path) -> None:
    folder = write_case(planned(position="", patient_position=""), tmp_path / "case")
    refused = hepatica(f"case export {folder} --out {tmp_path / 'one'}")
    assert refused.code == 3
    assert "nothing says how the patient lies" in " ".join(refused.err.split())
    told = hepatica(f"case export {folder} --out {tmp_path / 'two'} --patient-position HFS --json")
    assert told.code == 0, told.err
    assert json.loads(told.out)["plans"] == ["RTPLAN_1.dcm"]
