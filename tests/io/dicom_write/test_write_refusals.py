"""What cannot be written truthfully is refused or left out, and said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hepatica.case import Case, Dose, Plan, Structure, Volume
from hepatica.errors import InvalidInput, UsageError
from hepatica.io.dicom.write import WriteOptions, write_case, write_dose
from tests.io.dicom_write.written_case import FRAME, case, dose_values, grid


def with_dose(**changes: object) -> Case:
    original = case()
    return replace(original, doses=(replace(original.doses[0], **changes),))  # type: ignore[arg-type]


def gy(values: np.ndarray) -> Volume:
    return Volume(values, grid(), "Gy")


def test_a_folder_with_files_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"is not empty.*--force"):
        write_case(case(), tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_force_replaces_an_earlier_export(tmp_path: Path) -> None:
    write_case(case(), tmp_path)
    shorter = replace(case(), image=case().image.crop((0, 0, 0), (6, 40, 50)), doses=())
    write_case(shorter, tmp_path, WriteOptions(force=True))
    assert len(list((tmp_path / "CT").iterdir())) == 6
    assert not list(tmp_path.glob("RTDOSE*"))


def test_force_never_deletes_what_an_export_did_not_write(tmp_path: Path) -> None:
    write_case(case(), tmp_path)
    (tmp_path / "RTDOSE_9.dcm").write_bytes(b"mine")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError, match=r"not listed in export\.json .*\(RTDOSE_9\.dcm\)"):
        write_case(case(), tmp_path, WriteOptions(force=True))
    assert sorted(tmp_path.rglob("*")) == before


def test_force_in_a_folder_that_was_never_an_export_is_refused(tmp_path: Path) -> None:
    (tmp_path / "RTSTRUCT.dcm").write_bytes(b"mine")
    with pytest.raises(UsageError, match="is not an export that Hepatica wrote"):
        write_case(case(), tmp_path, WriteOptions(force=True))
    assert (tmp_path / "RTSTRUCT.dcm").read_bytes() == b"mine"


def test_an_export_that_was_edited_is_not_replaced(tmp_path: Path) -> None:
    write_case(case(), tmp_path)
    (tmp_path / "RTSTRUCT.dcm").write_bytes(b"contoured by hand")
    with pytest.raises(UsageError, match=r"were changed since \(RTSTRUCT\.dcm\)"):
        write_case(case(), tmp_path, WriteOptions(force=True))
    assert (tmp_path / "RTSTRUCT.dcm").read_bytes() == b"contoured by hand"


def test_an_export_that_broke_off_can_be_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr("hepatica.io.dicom.write.write_rtstruct", broken)
        with pytest.raises(OSError, match="disk full"):
            write_case(case(), tmp_path / "export")
    write_case(case(), tmp_path / "export", WriteOptions(force=True))
    assert (tmp_path / "export" / "RTSTRUCT.dcm").exists()


def test_a_dose_file_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "dose.dcm"
    write_dose(gy(dose_values()), path, case())
    with pytest.raises(UsageError, match=r"dose.dcm exists already"):
        write_dose(gy(dose_values()), path, case())
    write_dose(gy(dose_values()), path, case(), WriteOptions(force=True))


@pytest.mark.parametrize("name", ["a" * 65, "Liver\\GTV", " Liver", "Li\nver"])
def test_a_name_that_dicom_would_change_is_refused(tmp_path: Path, name: str) -> None:
    odd = Structure(name, case().structures["Liver"].coverage)
    with pytest.raises(
        InvalidInput, match=r"The structure name .* cannot be written as DICOM text"
    ):
        write_case(case().with_structures(odd), tmp_path / "export")
    assert not (tmp_path / "export").exists()


@pytest.mark.parametrize("case_id", ["A^B", "A=B", "A\\B", "a" * 65])
def test_a_case_id_that_dicom_would_split_is_refused(tmp_path: Path, case_id: str) -> None:
    with pytest.raises(InvalidInput, match=r"The case id .* cannot be written"):
        write_case(replace(case(), case_id=case_id), tmp_path / "export")


@pytest.mark.parametrize("frame", ["", "1.2.x", "1..2", "1.02", "1." * 40 + "1"])
def test_a_frame_of_reference_that_is_no_identifier_is_refused(tmp_path: Path, frame: str) -> None:
    with pytest.raises(InvalidInput, match=r"is not a DICOM identifier"):
        write_case(replace(case(), frame_of_reference_uid=frame), tmp_path / "export")


@pytest.mark.parametrize("value", [40000.0, -40000.0, np.nan])
def test_an_image_beyond_16_bits_is_refused(tmp_path: Path, value: float) -> None:
    values = np.zeros(grid().shape, np.float32)
    values[0, 0, 0] = value
    with pytest.raises(InvalidInput, match=r"CT holds -32768 to 32767"):
        write_case(replace(case(), image=Volume(values, grid(), "HU")), tmp_path / "export")


def test_an_image_that_is_no_ct_is_refused(tmp_path: Path) -> None:
    image = Volume(np.zeros(grid().shape), grid(), "1")
    with pytest.raises(InvalidInput, match=r"the image is in 1; only an image in HU"):
        write_case(replace(case(), image=image), tmp_path / "export")


def left_out(changed: Case, folder: Path) -> str:
    summary = write_case(changed, folder)
    assert summary.doses == ()
    assert not list(folder.glob("RTDOSE*"))
    (note,) = [note for note in summary.notes if note.kind == "ignored"]
    return note.text


def test_a_beam_dose_is_left_out_and_said(tmp_path: Path) -> None:
    text = left_out(with_dose(summation="BEAM"), tmp_path)
    assert "is the dose of one BEAM" in text


def test_a_negative_dose_is_left_out_and_said(tmp_path: Path) -> None:
    assert "down to -4.97" in left_out(with_dose(volume=gy(dose_values() - 5)), tmp_path)


def test_a_dose_with_gaps_is_left_out_and_said(tmp_path: Path) -> None:
    values = dose_values()
    values[0, 0, 0] = np.inf
    assert "missing or infinite" in left_out(with_dose(volume=gy(values)), tmp_path)


def test_a_dose_in_another_unit_is_left_out_and_said(tmp_path: Path) -> None:
    percent = Volume(dose_values(), grid(), "1")
    assert "in Gy only" in left_out(with_dose(volume=percent), tmp_path)


def test_a_dose_in_another_frame_is_left_out_and_said(tmp_path: Path) -> None:
    text = left_out(with_dose(frame_of_reference_uid="1.2.3"), tmp_path)
    assert "Register the dose" in text


def test_a_sum_of_plans_needs_two_of_them(tmp_path: Path) -> None:
    summed = with_dose(summation="MULTI_PLAN")
    assert "the case holds 1" in left_out(summed, tmp_path / "one")
    second = Plan("1.2.3.10", "Boost", 3, 12.0, (), FRAME, None)
    both = replace(summed, plans=(*summed.plans, second))
    summary = write_case(both, tmp_path / "two")
    assert len(summary.plans) == 2
    assert len(summary.doses) == 1


def test_writing_one_bad_dose_alone_is_an_error(tmp_path: Path) -> None:
    bad = Dose("1.2", "difference", gy(-dose_values()), "PLAN", None, None)
    with pytest.raises(InvalidInput, match=r"RTDOSE is written without sign"):
        write_dose(bad, tmp_path / "dose.dcm", case())
    assert not list(tmp_path.iterdir())


def test_options_outside_their_range_are_refused() -> None:
    with pytest.raises(UsageError, match=r"--dose-bits is 8; 16 or 32"):
        WriteOptions(dose_bits=8)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"'loops' or 'keyhole'"):
        WriteOptions(holes="xor")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"Patient position 'upright'"):
        WriteOptions(patient_position="upright")


def test_a_plan_without_beams_is_said_to_be_one(tmp_path: Path) -> None:
    summary = write_case(case(), tmp_path)
    assert any("without beams" in note.text for note in summary.notes)
