"""Nothing of a patient's identity survives an import under a pseudonym; everything else does."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest
from pydicom import dcmread
from pydicom._dicom_dict import DicomDictionary
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from typer.testing import CliRunner

from hepatica.cli import app
from hepatica.errors import InvalidInput, UsageError
from hepatica.io.dicom.deidentify import Deidentifier, deidentify
from hepatica.io.dicom.keep_list import keep_list
from hepatica.io.importer import ImportRequest, import_case
from hepatica.io.pseudonym import import_under_pseudonym
from hepatica.store.case_folder import read_case
from tests.io.dicom.builders import CtSeries, DoseFile, Region, box, plan, structure_set

SECRET = b"0123456789abcdef"
OTHER_SECRET = b"fedcba9876543210"
CANARY = "CANARY"
REGIONS = [
    Region(1, "Liver", [box(z) for z in (3.0, 6.0)]),
    Region(2, "GTV1", [box(3.0)]),
    Region(3, f"{CANARY} liver", [box(6.0)]),
]
_TEXTS = ("LO", "SH", "ST", "LT", "UT", "PN", "UC", "UR", "AE", "AS")
_ROOT = "1.2.826.0.1.3680043.10.543"


def patient(folder: Path) -> None:
    """A CT, a structure set drawn on it, a plan made on that, and its dose."""
    ct = CtSeries(folder / "ct").write()
    rtss = structure_set(folder / "rtss.dcm", REGIONS, ct)
    rtplan = plan(folder / "plan.dcm", structure_set_path=rtss)
    DoseFile(folder / "dose.dcm", plan_path=rtplan).write()


def mark(folder: Path) -> None:
    """Write the canary wherever the standard, or a vendor, can put a text."""
    for path in sorted(folder.rglob("*.dcm")):
        ds = dcmread(path)
        _mark(ds)
        for tag, row in DicomDictionary.items():
            if row[0] in _TEXTS and Tag(tag).group > 2 and Tag(tag) not in ds:
                ds.add_new(tag, row[0], CANARY)
        ds.AcquisitionDate = ds.StudyDate = "20200229"
        ds.PatientBirthDate, ds.StudyTime = "19500101", "121314"
        ds.RescaleType = CANARY
        ds.preamble = CANARY.encode() + b"\0" * (128 - len(CANARY))
        block = ds.private_block(0x0029, f"{CANARY} VENDOR", create=True)
        block.add_new(1, "OB", CANARY.encode())
        ds.save_as(path.with_name(f"{CANARY}_{path.name}"))
        path.unlink()


def _mark(ds: Dataset) -> None:
    for element in list(ds):
        if element.VR == "SQ":
            for item in element.value:
                _mark(item)
                item.add_new("ContentCreatorName", "PN", CANARY)
                item.add_new("TextValue", "UT", CANARY)
        elif element.VR in _TEXTS and element.keyword not in ("ROIName", "RescaleType"):
            element.value = CANARY


def bytes_of(folder: Path) -> bytes:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    assert files
    names = "".join(str(path.relative_to(folder)) for path in files)
    return names.encode() + b"".join(path.read_bytes() for path in files)


def dicom_files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.dcm"))


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    source, out = tmp_path / f"{CANARY}_source", tmp_path / "out"
    patient(source)
    mark(source)
    out.mkdir()
    deidentify(dicom_files(source), out, Deidentifier("P-7", SECRET))
    return out


def test_no_text_date_or_identifier_survives_in_any_byte(copies: Path) -> None:
    left = bytes_of(copies)
    for trace in (CANARY, "SECRET-4711", "Secret", "19500101", "20200229", "121314", _ROOT):
        assert trace.encode() not in left, trace
    assert dcmread(dicom_files(copies)[0]).PatientID == "P-7"


def test_the_canary_is_where_it_is_looked_for(tmp_path: Path) -> None:
    patient(tmp_path)
    mark(tmp_path)
    there = bytes_of(tmp_path)
    assert there.count(CANARY.encode()) > 1000
    assert _ROOT.encode() in there


def test_no_private_element_is_left_at_any_depth(copies: Path) -> None:
    def all_tags(ds: Dataset) -> list[Tag]:
        inner = [t for e in ds if e.VR == "SQ" for item in e.value for t in all_tags(item)]
        return [*ds.keys(), *inner]

    for path in dicom_files(copies):
        assert not [tag for tag in all_tags(dcmread(path)) if tag.is_private]


def test_the_case_is_the_same_but_for_who_it_is(tmp_path: Path) -> None:
    patient(tmp_path / "source")
    folder = tmp_path / "copies"
    folder.mkdir()
    request = ImportRequest((tmp_path / "source",), case_id="P-7")
    plain, hidden = import_case(request), import_under_pseudonym(request, SECRET, folder)
    assert np.array_equal(plain.image.values, hidden.image.values)
    assert plain.image.grid == hidden.image.grid
    assert set(hidden.structures) == {"Liver", "GTV1", "ROI_1"}
    for one, other in zip(plain.structures.values(), hidden.structures.values(), strict=True):
        assert one.volume_cc == other.volume_cc
    assert np.array_equal(plain.doses[0].volume.values, hidden.doses[0].volume.values)
    assert hidden.doses[0].plan_uid == hidden.plans[0].uid != plain.plans[0].uid
    assert hidden.plans[0].prescription_gy == plain.plans[0].prescription_gy
    assert "1 structures have names that are in no table" in hidden.notes[0].text


def test_the_command_leaves_no_trace_in_the_case_folder(tmp_path: Path, monkeypatch) -> None:
    source, out = tmp_path / f"{CANARY}_source", tmp_path / "case"
    patient(source)
    mark(source)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    call = ["case", "import", str(source), "--out", str(out), "--pseudonym", "P-7"]
    done = CliRunner().invoke(app, call)
    assert done.exit_code == 0, done.output
    assert "A secret for pseudonyms was made" in done.stderr
    left = bytes_of(out)
    for trace in (CANARY, "SECRET-4711", "19500101", "20200229", _ROOT):
        assert trace.encode() not in left, trace
    assert read_case(out).case_id == "P-7"
    key = tmp_path / "data/hepatica/pseudonym.key"
    assert key.stat().st_mode & 0o077 == 0
    assert len(key.read_bytes()) == 32


def test_the_same_secret_gives_the_same_identifiers_and_another_gives_others() -> None:
    one, same = Deidentifier("A", SECRET), Deidentifier("B", SECRET)
    other = Deidentifier("A", OTHER_SECRET)
    assert one.uid("1.2.3") == same.uid("1.2.3") != other.uid("1.2.3")
    assert one.uid("1.2.3") != one.uid("1.2.4")
    assert len(one.uid("1.2.3")) <= 64
    assert one.uid("1.2.840.10008.5.1.4.1.1.2") == "1.2.840.10008.5.1.4.1.1.2"


def test_all_dates_of_a_patient_move_back_together_by_one_to_ten_years() -> None:
    moved = {n: Deidentifier(f"P-{n}", SECRET).key.days_back for n in range(300)}
    assert moved == {n: Deidentifier(f"P-{n}", SECRET).key.days_back for n in range(300)}
    assert min(moved.values()) >= 366
    assert max(moved.values()) <= 3652
    assert len(set(moved.values())) > 200


def test_files_that_number_the_patient_otherwise_move_by_the_same_days() -> None:
    moved = set()
    for number in ("SECRET-4711", "OTHER-99", ""):
        ds = Dataset()
        ds.PatientID, ds.StudyDate = number, "20200301"
        moved.add(Deidentifier("P-7", SECRET).cleaned(ds).StudyDate)
    assert len(moved) == 1


def test_intervals_between_dates_stay(tmp_path: Path) -> None:
    def dated(ds: Dataset, k: int) -> None:
        ds.StudyDate, ds.ContentDate = "20200301", "20200229"

    CtSeries(tmp_path / "ct", change=dated).write()
    (tmp_path / "out").mkdir()
    deidentify(dicom_files(tmp_path / "ct"), tmp_path / "out", Deidentifier("A", SECRET))
    ds = dcmread(dicom_files(tmp_path / "out")[0])
    assert int(ds.StudyDate) - int(ds.ContentDate) in (1, 70, 71, 72, 73, 8870)
    assert ds.LongitudinalTemporalInformationModified == "MODIFIED"
    codes = {item.CodeValue for item in ds.DeidentificationMethodCodeSequence}
    assert codes == {"113100", "113105", "113107"}


def test_names_that_the_user_mapped_stay_and_those_left_out_go(tmp_path: Path) -> None:
    patient(tmp_path / "source")
    names = tmp_path / "names.yaml"
    names.write_text(f'"{CANARY} liver": Spleen\nGTV1:\n', encoding="utf-8")
    (tmp_path / "copies").mkdir()
    request = ImportRequest((tmp_path / "source",), case_id="P", names_file=names)
    case = import_under_pseudonym(request, SECRET, tmp_path / "copies")
    assert set(case.structures) == {"Liver", "Spleen"}


def test_text_burned_into_the_pixels_is_refused(tmp_path: Path) -> None:
    def burned(ds: Dataset, k: int) -> None:
        ds.BurnedInAnnotation = "YES"

    CtSeries(tmp_path / "ct", change=burned).write()
    (tmp_path / "out").mkdir()
    with pytest.raises(InvalidInput, match="burned into its pixels"):
        deidentify(dicom_files(tmp_path / "ct"), tmp_path / "out", Deidentifier("A", SECRET))


def test_a_number_that_is_no_number_is_dropped(tmp_path: Path) -> None:
    def careless(ds: Dataset, k: int) -> None:
        ds.add_new("PatientWeight", "LO", CANARY)
        ds["PatientWeight"].VR = "DS"

    by = Deidentifier("A", SECRET)
    ds = Dataset()
    ds.add_new("SliceLocation", "DS", "12.5")
    ds.add_new("KVP", "LO", CANARY)
    ds["KVP"].VR = "DS"
    kept = by.cleaned(ds)
    assert "KVP" not in kept
    assert kept.SliceLocation == 12.5


def test_free_text_and_name_of_a_nifti_file_go(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    image = nibabel.Nifti1Image(np.full((6, 5, 4), -50, np.int16), np.eye(4))
    image.header["descrip"] = CANARY.encode()
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", CANARY.encode()))
    nibabel.save(image, source / f"{CANARY}.nii")
    folder = tmp_path / "copies"
    folder.mkdir()
    request = ImportRequest((source,), case_id="P", patient_position="HFS")
    case = import_under_pseudonym(request, SECRET, folder)
    assert case.image.values.shape == (4, 5, 6)
    (copy,) = folder.rglob("*.nii.gz")
    assert CANARY not in copy.name
    assert CANARY.encode() not in __import__("gzip").decompress(copy.read_bytes())


def test_a_short_or_missing_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="5 bytes; it needs 16 or more"):
        Deidentifier("A", b"short")
    key = tmp_path / "key"
    call = ["case", "import", str(tmp_path), "--out", str(tmp_path / "c"), "--pseudonym", "P"]
    named = [*call, "--pseudonym-key", str(key)]
    with pytest.raises(InvalidInput, match="There is no secret in"):
        CliRunner().invoke(app, named, catch_exceptions=False)
    key.write_bytes(b"short")
    with pytest.raises(InvalidInput, match="has 5 bytes; it needs 16 or more"):
        CliRunner().invoke(app, named, catch_exceptions=False)
    without = [*call[:-2], "--pseudonym-key", str(key)]
    with pytest.raises(UsageError, match="--pseudonym-key needs --pseudonym"):
        CliRunner().invoke(app, without, catch_exceptions=False)


def cleaned(ds: Dataset) -> Dataset:
    return Deidentifier("A", SECRET).cleaned(ds)


def test_private_and_unknown_elements_go_whatever_they_are_made_of() -> None:
    ds, inner = Dataset(), Dataset()
    inner.SliceThickness = "3"
    block = ds.private_block(0x0029, "SIEMENS CSA HEADER", create=True)
    for number, (vr, value) in enumerate(
        [("SQ", [inner]), ("UI", "1.2.3"), ("DS", "778899"), ("US", 5), ("CS", "CT"), ("OB", b"1")]
    ):
        block.add_new(number + 1, vr, value)
        ds.add_new(Tag(0x0012, 0xFF00 + number), vr, value)
    ds.SliceThickness = "3"
    kept = cleaned(ds)
    assert not [tag for tag in kept.keys() if tag.group == 0x0029]  # noqa: SIM118
    assert not [tag for tag in kept.keys() if tag.element >= 0xFF00]  # noqa: SIM118
    assert kept.SliceThickness == 3


def test_a_name_among_the_words_of_a_vocabulary_becomes_another_word() -> None:
    ds = Dataset()
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL", f"{CANARY} HANS"]
    for keyword in keep_list()["words"].keys() - {"ImageType"}:
        ds.add_new(keyword, "CS", CANARY)
    kept = cleaned(ds)
    assert list(kept.ImageType) == ["ORIGINAL", "PRIMARY", "AXIAL", "WITHHELD"]
    assert CANARY not in str(kept)


def test_words_of_the_vocabulary_stay_however_they_are_written() -> None:
    ds = Dataset()
    ds.Modality, ds.PatientPosition, ds.DoseUnits = "CT", "HFS", "Gy"
    ds.RTBeamLimitingDeviceType = "Y"
    ds.BurnedInAnnotation = "NO"
    kept = cleaned(ds)
    assert (kept.Modality, kept.PatientPosition, kept.DoseUnits) == ("CT", "HFS", "GY")
    assert (kept.RTBeamLimitingDeviceType, kept.BurnedInAnnotation) == ("Y", "NO")


def test_numbers_about_the_patient_and_the_place_go() -> None:
    ds = Dataset()
    ds.PatientWeight, ds.PatientSize, ds.PregnancyStatus = "81.25", "1.73", 4
    ds.add_new(0x00160072, "DS", "53.12345")
    ds.add_new("OtherStudyNumbers", "IS", "778899")
    ds.SliceThickness = "3"
    kept = cleaned(ds)
    for keyword in ("PatientWeight", "PatientSize", "PregnancyStatus", "OtherStudyNumbers"):
        assert keyword not in kept
    assert 0x00160072 not in kept
    assert kept.SliceThickness == 3


def test_a_hospital_number_that_is_stated_as_a_number_goes() -> None:
    ds = Dataset()
    ds.add_new("OtherPatientIDs", "IS", "778899")
    ds.add_new("AccessionNumber", "DS", "778899")
    ds.add_new("StudyID", "UL", 778899)
    assert "778899" not in str(cleaned(ds))


def test_an_identifier_with_own_numbers_behind_the_root_of_the_standard_is_replaced() -> None:
    by = Deidentifier("A", SECRET)
    assert by.uid("1.2.840.10008.19610228.778899").startswith("2.25.")


def test_overlays_curves_and_icons_go_whole() -> None:
    icon, ds = Dataset(), Dataset()
    icon.Rows, icon.BitsAllocated = 2, 8
    icon.add_new("PixelData", "OB", CANARY.encode())
    ds.IconImageSequence = [icon]
    ds.add_new(0x60000010, "US", 16)
    ds.add_new(0x60003000, "OW", b"CANARY")
    ds.add_new(0x50000005, "US", 16)
    kept = cleaned(ds)
    assert "IconImageSequence" not in kept
    assert not [tag for tag in kept.keys() if tag.group >= 0x5000]  # noqa: SIM118


@pytest.mark.parametrize("name", ["GTV_778899", "PTV 19610228"])
def test_a_target_called_after_a_day_or_a_number_is_numbered(name: str) -> None:
    ds, item = Dataset(), Dataset()
    item.ROIName = name
    ds.StructureSetROISequence = [item]
    assert cleaned(ds).StructureSetROISequence[0].ROIName == "ROI_1"
    item.ROIName = "PTV_5040"
    assert cleaned(ds).StructureSetROISequence[0].ROIName == "PTV_5040"


def test_a_day_too_early_to_be_moved_goes() -> None:
    ds = Dataset()
    ds.StudyDate = "00010101"
    assert "StudyDate" not in cleaned(ds)


@pytest.mark.parametrize("pseudonym", ["secret_4711", "Secret", "Secret Name"])
def test_a_pseudonym_that_is_the_patients_own_name_or_number_is_refused(pseudonym: str) -> None:
    ds = Dataset()
    ds.PatientName, ds.PatientID = "Secret^Name", "SECRET-4711"
    with pytest.raises(InvalidInput, match="The pseudonym is a number or a name of the patient"):
        Deidentifier(pseudonym, SECRET).cleaned(ds)
    ds.PatientIdentityRemoved = "YES"
    assert Deidentifier(pseudonym, SECRET).cleaned(ds).PatientID == pseudonym
