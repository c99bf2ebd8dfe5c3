"""Measured tables are read as a clinic writes them, and bad ones are refused with file and line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hepatica.errors import InvalidInput
from hepatica.io.machine.measurements import read_measurements
from hepatica.io.machine.tables import read_rows

DESCRIPTION = """\
document: hepatica/measurements
format: 1
name: toy-6mv
title: A toy
version: "1.0"
beam: {source: me, status: verified, energy_mv: 6, sad_mm: 1000, penumbra_fwhm_mm: 5}
depth_dose: {source: me, status: verified, file: depth.csv, unit: cm, kind: pdd, ssd_mm: 900}
output_factors:
  {source: me, status: verified, file: factors.csv, unit: cm, ssd_mm: 900, depth_mm: 100}
primary_fluence: {source: me, status: verified, file: fluence.csv, unit: mm}
sources:
  - {name: me, citation: this test, licence: MIT}
"""
DEPTH = "depth\\field,5,10\n0,50,60\n1,99,100\n10,60,66\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "toy.yaml").write_text(DESCRIPTION)
    (tmp_path / "depth.csv").write_text(DEPTH)
    (tmp_path / "factors.csv").write_text("5;0.9\n10;1\n20;1.1\n")
    (tmp_path / "fluence.csv").write_text("# radius, intensity\n0 1\n100 1.05\n")
    return tmp_path


@pytest.fixture
def known_files(tmp_path: Path) -> Path:
    """A folder in the format of photonPencilBeamKernelCalc: tabs, blanks and comments mixed."""
    (tmp_path / "toy_tpr.dat").write_text("# Date\n0.0 \t10.0\t\t20.0\n0 \t0.5 0.6\n50 1.0 1.0\n")
    (tmp_path / "toy_of.dat").write_text("10.0\t\t0.8\n100.0 \t1.0\n")
    (tmp_path / "toy_primflu.dat").write_text("0 1\n100 1.05")
    (tmp_path / "toy_params.dat").write_text(
        "SAD 1000.0\nphoton_energy 6.0\nfwhm_gauss 5.0\n# collimator\nsource_tray_distance 565.0\n"
        "dose_reference_ssd 900.0\ndose_reference_depth 100.0\n"
    )
    return tmp_path


def test_tables_in_centimetres_become_millimetres(folder: Path) -> None:
    found, document = read_measurements(folder / "toy.yaml")
    assert document is not None
    assert found.depth_dose.field_mm.tolist() == [50.0, 100.0]
    assert found.depth_dose.depth_mm.tolist() == [0.0, 10.0, 100.0]
    assert found.depth_dose.value[:, 1].tolist() == [60.0, 100.0, 66.0]
    assert (found.depth_dose.kind, found.depth_dose.ssd_mm) == ("pdd", 900.0)
    assert found.output_factors.field_mm.tolist() == [50.0, 100.0, 200.0]
    assert found.output_factors.reference_field_mm == 100.0
    assert found.primary_fluence.radius_mm.tolist() == [0.0, 100.0]
    assert found.source == "this test (MIT)"


def test_the_tables_may_lie_elsewhere(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "toy.yaml"
    elsewhere.write_text(DESCRIPTION)
    assert read_measurements(elsewhere, folder)[0].name == "toy-6mv"


def test_a_folder_of_known_files_needs_no_description(known_files: Path) -> None:
    found, document = read_measurements(known_files)
    assert document is None
    assert (found.name, found.sad_mm, found.penumbra_fwhm_mm) == ("toy", 1000.0, 5.0)
    assert (found.output_factors.ssd_mm, found.output_factors.depth_mm) == (900.0, 100.0)
    assert found.depth_dose.field_mm.tolist() == [10.0, 20.0]
    assert found.unused == ("source_tray_distance",)


def test_of_several_sets_one_is_chosen(known_files: Path) -> None:
    for kind in ("tpr", "of", "primflu", "params"):
        (known_files / f"other_{kind}.dat").write_bytes(
            (known_files / f"toy_{kind}.dat").read_bytes()
        )
    with pytest.raises(InvalidInput, match=r"the sets other, toy are there. Choose one with --set"):
        read_measurements(known_files)
    assert read_measurements(known_files, set_name="other")[0].name == "other"
    with pytest.raises(InvalidInput, match=r"mine is not. Choose one"):
        read_measurements(known_files, set_name="mine")


def test_a_folder_of_other_tables_needs_a_description_with_units(folder: Path) -> None:
    with pytest.raises(InvalidInput, match="are named in a description with their unit"):
        read_measurements(folder)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("unit: cm, kind", "kind", r"line 7:1  depth_dose.unit: is missing. Unit of all lengths"),
        (
            "unit: cm, kind",
            "unit: inch, kind",
            r"depth_dose.unit: 'inch' is not known here; allowed",
        ),
        (", ssd_mm: 900}\noutput", "}\noutput", r"kind is pdd and ssd_mm None; a PDD needs"),
        ("kind: pdd", "kind: tpr", r"kind is tpr and ssd_mm 900"),
        ("file: depth.csv", "file: none.csv", r"none.csv cannot be read: No such file"),
        (
            "depth_dose: {source: me",
            "depth_dose: {source: you",
            r"'you', which is no entry of sources",
        ),
    ],
)
def test_a_faulty_description_is_refused(folder: Path, old: str, new: str, message: str) -> None:
    (folder / "toy.yaml").write_text(DESCRIPTION.replace(old, new, 1))
    with pytest.raises(InvalidInput, match=message):
        read_measurements(folder / "toy.yaml")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (DEPTH.replace("99", "nan"), r"depth.csv, line 3: the value is nan; measured values are"),
        (DEPTH.replace("99", "-99"), r"depth.csv, line 3: the value is -99"),
        (DEPTH.replace("99", "ninety"), r"depth.csv, line 3: 'ninety' is not a number"),
        (DEPTH.replace("99,", ","), r"line 3: 'an empty cell' is not a number"),
        (DEPTH.replace(",66", ""), r"line 4: 2 values where the first row has 3"),
        (DEPTH.replace("\n10,", "\n0.5,"), r"depth_mm: 5 mm follows 10 mm; values must rise"),
        (DEPTH.replace("5,10", "10,10"), r"field_mm: 100 mm follows 100 mm"),
        (DEPTH.replace("depth\\field", "3"), r"depth.csv: the first row starts with 3"),
        ("", r"depth.csv: no table"),
        (
            DEPTH.replace("50,60", "0,60").replace("99,", "0,").replace("60,66", "0,66"),
            "zeros only",
        ),
    ],
)
def test_a_bad_table_is_refused(folder: Path, table: str, message: str) -> None:
    (folder / "depth.csv").write_text(table)
    with pytest.raises(InvalidInput, match=message):
        read_measurements(folder / "toy.yaml")


def test_a_decimal_comma_is_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "german.csv"
    path.write_text("5;0,9\n10;1,0\n")
    with pytest.raises(
        InvalidInput, match=r"line 1: '0,9' is not a number. Write numbers with a point"
    ):
        read_rows(path)


@pytest.mark.parametrize(
    ("factors", "message"),
    [
        ("5;0.9\n10;1.01\n", "no field has the factor 1"),
        ("5;0.9;1\n10;1;1\n", "3 columns; two are needed"),
        ("10;1\n5;0.9\n", "50 mm follows 100 mm"),
    ],
)
def test_bad_output_factors_are_refused(folder: Path, factors: str, message: str) -> None:
    (folder / "factors.csv").write_text(factors)
    with pytest.raises(InvalidInput, match=message):
        read_measurements(folder / "toy.yaml")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("SAD 1000.0\n", "", "toy_params.dat: SAD is missing; found: photon_energy"),
        ("SAD 1000.0", "SAD far", "SAD is 'far', not a number"),
        ("SAD 1000.0", "SAD 1000.0 mm", "line 1: 'SAD 1000.0 mm' is not a name and a value"),
        ("SAD 1000.0", "SAD 1000.0\nSAD 900", "line 2: 'SAD 900' is given twice"),
    ],
)
def test_bad_parameters_are_refused(known_files: Path, old: str, new: str, message: str) -> None:
    path = known_files / "toy_params.dat"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(InvalidInput, match=message):
        read_measurements(known_files)


def test_the_public_measurements_are_read_as_they_are(shared: Path) -> None:
    for name, fields, depths in (("artiste", 13, 43), ("synergy", 12, 301)):
        found, _ = read_measurements(shared / "data/linac_6mv", set_name=name)
        assert found.depth_dose.value.shape == (depths, fields)
        assert found.output_factors.reference_field_mm == 100.0
        assert np.all(found.depth_dose.value > 0)
    with pytest.raises(InvalidInput, match="the sets artiste, synergy are there"):
        read_measurements(shared / "data/linac_6mv")
