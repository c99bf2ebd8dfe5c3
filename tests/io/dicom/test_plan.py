"""A plan file says how often, with what, and how much, or that it does not say."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from hepatica.errors import InvalidInput
from hepatica.io.dicom.plan import read_plan, read_plan_fully
from tests.io.dicom.builders import ION_PLAN, CtSeries, beam, plan, uid


def told(path: Path) -> str:
    return " ".join(note.text for note in read_plan_fully(path).notes)


def test_a_plan_is_read(tmp_path: Path) -> None:
    path = plan(tmp_path / "sbrt.dcm", structure_set_path=tmp_path / "rtss.dcm")
    found = read_plan(path)
    assert (found.label, found.fractions, found.prescription_gy) == ("sbrt", 6, 48.0)
    assert found.structure_set_uid == uid("RTSTRUCT", "rtss.dcm")
    assert found.approval == "APPROVED"
    first = found.beams[0]
    assert (first.number, first.name, first.radiation) == (1, "beam 1", "PHOTON")
    assert (first.energy_mv, first.gantry_deg, first.couch_deg) == (6.0, 40.0, 10.0)
    assert first.meterset_mu == 101.0


def test_setup_beams_are_left_out(tmp_path: Path) -> None:
    def with_setup(ds: Dataset) -> None:
        ds.BeamSequence.append(beam(9, "SETUP"))

    path = plan(tmp_path / "p.dcm", change=with_setup)
    assert [b.number for b in read_plan(path).beams] == [1, 2]
    assert "1 setup or imaging beam left out" in told(path)


def test_fraction_groups_are_added_and_said(tmp_path: Path) -> None:
    path = plan(tmp_path / "p.dcm", fractions=(25, 5))
    assert read_plan(path).fractions == 30
    assert "2 fraction groups of 25 + 5 = 30 fractions" in told(path)


def test_a_missing_number_of_fractions_is_none_and_not_guessed(tmp_path: Path) -> None:
    path = plan(tmp_path / "p.dcm", fractions=(None,))
    assert read_plan(path).fractions is None
    assert "does not state its number of fractions" in told(path)


def test_the_highest_of_several_prescriptions_is_taken_and_said(tmp_path: Path) -> None:
    path = plan(tmp_path / "p.dcm", prescriptions=(42.0, 48.0))
    assert read_plan(path).prescription_gy == 48.0
    assert "target 42 42 Gy, target 48 48 Gy" in told(path)


def test_no_prescription_is_none_and_not_guessed(tmp_path: Path) -> None:
    path = plan(tmp_path / "p.dcm", prescriptions=())
    assert read_plan(path).prescription_gy is None
    assert "none was guessed from its beams" in told(path)


def test_the_dose_of_an_organ_at_risk_is_no_prescription(tmp_path: Path) -> None:
    def organ(ds: Dataset) -> None:
        ds.DoseReferenceSequence[0].DoseReferenceType = "ORGAN_AT_RISK"

    assert read_plan(plan(tmp_path / "p.dcm", change=organ)).prescription_gy is None


def test_a_plan_without_beams_is_said(tmp_path: Path) -> None:
    path = plan(tmp_path / "p.dcm", beams=())
    assert read_plan(path).beams == ()
    assert "no treatment beams" in told(path)


def test_a_brachytherapy_plan_is_recognised(tmp_path: Path) -> None:
    def brachy(ds: Dataset) -> None:
        ds.ApplicationSetupSequence = [Dataset()]

    path = plan(tmp_path / "p.dcm", beams=(), change=brachy)
    assert "brachytherapy plan" in told(path)


def test_an_ion_plan_is_recognised(tmp_path: Path) -> None:
    def ion(ds: Dataset) -> None:
        ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = ION_PLAN
        for item in ds.BeamSequence:
            item.IonControlPointSequence = item.ControlPointSequence
            del item.ControlPointSequence
            item.RadiationType = "PROTON"
        ds.IonBeamSequence = ds.BeamSequence
        del ds.BeamSequence

    path = plan(tmp_path / "p.dcm", change=ion)
    assert [b.radiation for b in read_plan(path).beams] == ["PROTON", "PROTON"]
    assert read_plan(path).beams[0].energy_mv == 6.0
    assert "An ion plan" in told(path)


def test_another_file_is_no_plan(tmp_path: Path) -> None:
    ct = CtSeries(tmp_path, heights=(0.0,)).write()
    with pytest.raises(InvalidInput, match="is CT, not an RTPLAN"):
        read_plan(ct.files[0])


def test_a_plan_of_another_storage_class_is_refused(tmp_path: Path) -> None:
    def brachy(ds: Dataset) -> None:
        ds.SOPClassUID = "1.2.3"

    with pytest.raises(InvalidInput, match=r"storage class that Hepatica does not read \(1\.2\.3"):
        read_plan(plan(tmp_path / "p.dcm", change=brachy))


def test_a_file_without_modality_is_no_plan(tmp_path: Path) -> None:
    def unsaid(ds: Dataset) -> None:
        ds.Modality = ""

    with pytest.raises(InvalidInput, match=r"DICOM of unknown modality, not an RTPLAN"):
        read_plan(plan(tmp_path / "p.dcm", change=unsaid))
