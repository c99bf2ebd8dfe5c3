"""A clinic's archive takes the export, understands it, and gives it back unchanged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hepatica.case import Case
from hepatica.io.dicom.read import read_dicom
from tests.peers.conftest import Exported
from tests.peers.orthanc import Orthanc

pytestmark = [pytest.mark.peer, pytest.mark.slow]


@pytest.fixture(scope="module")
def stored(exported: Exported, orthanc: Orthanc) -> dict[Path, str]:
    """Each file of the export with the name that Orthanc gave it."""
    answers = {path: orthanc.ask("/instances", path.read_bytes()) for path in exported.files}
    assert {answer["Status"] for answer in answers.values()} == {"Success"}
    return {path: answer["ID"] for path, answer in answers.items()}


@pytest.fixture(scope="module")
def fetched(
    stored: dict[Path, str], orthanc: Orthanc, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("fetched")
    for number, name in enumerate(stored.values()):
        (folder / f"{number:04d}.dcm").write_bytes(orthanc.bytes_of(f"/instances/{name}/file"))
    return folder


def tags(orthanc: Orthanc, stored: dict[Path, str], file: str) -> Any:
    name = next(name for path, name in stored.items() if path.name == file)
    return orthanc.ask(f"/instances/{name}/simplified-tags")


def test_every_file_comes_back_byte_by_byte(stored: dict[Path, str], orthanc: Orthanc) -> None:
    for path, name in stored.items():
        assert orthanc.bytes_of(f"/instances/{name}/file") == path.read_bytes(), path.name


def test_all_files_are_one_study_of_one_patient(
    stored: dict[Path, str], orthanc: Orthanc, exported: Exported
) -> None:
    assert len(orthanc.ask("/patients")) == 1
    (study,) = orthanc.ask("/studies")
    assert orthanc.ask(f"/studies/{study}")["PatientMainDicomTags"]["PatientID"] == (
        exported.case.case_id
    )
    series = [orthanc.ask(f"/series/{name}") for name in orthanc.ask("/series")]
    counts = {s["MainDicomTags"]["Modality"]: len(s["Instances"]) for s in series}
    slices = exported.case.image.grid.shape[0]
    assert counts == {"CT": slices, "RTSTRUCT": 1, "RTPLAN": 1, "RTDOSE": 1}


def test_the_archive_reads_the_beams(stored: dict[Path, str], orthanc: Orthanc) -> None:
    plan = tags(orthanc, stored, "RTPLAN_1.dcm")
    assert (plan["ApprovalStatus"], plan["PlanIntent"]) == ("UNAPPROVED", "RESEARCH")
    angles = [beam["ControlPointSequence"][0]["GantryAngle"] for beam in plan["BeamSequence"]]
    assert [float(angle) for angle in angles] == [195.0, 300.0]
    for beam in plan["BeamSequence"]:
        assert len(beam["ControlPointSequence"]) == int(beam["NumberOfControlPoints"]) == 4


def test_the_archive_reads_the_leaves_of_the_second_segment(
    stored: dict[Path, str], orthanc: Orthanc, exported: Exported
) -> None:
    name = next(name for path, name in stored.items() if path.name == "RTPLAN_1.dcm")
    # Beam 1, control point 2, third device (the MLC): its positions, as the file has them.
    place = "300a-00b0/0/300a-0111/2/300a-011a/2/300a-011c"
    text = orthanc.bytes_of(f"/instances/{name}/content/{place}").decode()
    found = np.array([float(value) for value in text.strip(" \0").split("\\")])
    leaves = exported.case.plans[0].beams[0].segments[1].leaf_mm
    np.testing.assert_allclose(found.reshape(2, -1), leaves, atol=1e-11)


def test_references_between_the_files_hold_in_the_archive(
    stored: dict[Path, str], orthanc: Orthanc
) -> None:
    plan, dose, structures = (
        tags(orthanc, stored, f) for f in ("RTPLAN_1.dcm", "RTDOSE_1.dcm", "RTSTRUCT.dcm")
    )
    assert dose["ReferencedRTPlanSequence"][0]["ReferencedSOPInstanceUID"] == plan["SOPInstanceUID"]
    assert dose["DoseSummationType"] == "PLAN"
    assert (
        plan["ReferencedStructureSetSequence"][0]["ReferencedSOPInstanceUID"]
        == (structures["SOPInstanceUID"])
    )


@pytest.fixture(scope="module")
def back(fetched: Path, exported: Exported) -> Case:
    return read_dicom([fetched], case_id=exported.case.case_id)


def test_what_comes_back_is_the_same_treatment(back: Case, exported: Exported) -> None:
    (plan,), (original,) = back.plans, exported.case.plans
    assert back.patient_position == "HFS"
    assert (plan.fractions, plan.prescription_gy) == (6, 40.0)
    for beam, was in zip(plan.beams, original.beams, strict=True):
        assert beam.isocentre_mm == pytest.approx(was.isocentre_mm, abs=1e-9)
        for segment, before in zip(beam.segments, was.segments, strict=True):
            assert segment.meterset_mu == pytest.approx(before.meterset_mu, rel=1e-12)
            np.testing.assert_allclose(segment.leaf_mm, before.leaf_mm, atol=1e-11)


def test_what_comes_back_is_the_same_patient(back: Case, exported: Exported) -> None:
    original = exported.case
    np.testing.assert_array_equal(back.image.values, original.image.values)
    assert set(back.structures) == set(original.structures)
    for name, structure in original.structures.items():
        assert back.structures[name].volume_cc == pytest.approx(structure.volume_cc, rel=0.02)
    np.testing.assert_allclose(
        back.doses[0].volume.values, original.doses[0].volume.values, atol=1e-5
    )
    assert back.doses[0].plan_uid == back.plans[0].uid
