"""The isotoxic and protocol commands, as a person types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .run import hepatica


def test_the_doses_at_three_risks_are_printed_as_one_document() -> None:
    found = hepatica("isotoxic --veff 0.39 --risk 0.05 --risk 0.10 --risk 0.20 --json")
    assert found.code == 0
    document = json.loads(found.out)
    assert document["schema"] == "hepatica/isotoxic"
    assert document["doses_gy"] == {"0.05": 39.99, "0.10": 41.23, "0.20": 42.69}


def test_the_picture_is_written_once_and_not_overwritten(tmp_path: Path) -> None:
    picture = tmp_path / "curve.svg"
    assert hepatica(f"isotoxic --veff 0.39 --plot {picture}").code == 0
    assert picture.read_text(encoding="utf-8").lstrip().startswith("<?xml")
    again = hepatica(f"isotoxic --veff 0.39 --plot {picture}")
    assert again.code == 2
    assert "overwrite it with --force" in again.err
    assert hepatica(f"isotoxic --veff 0.39 --plot {picture} --force").code == 0


@pytest.mark.parametrize("words", ["--veff 39", "--veff 0.39 --risk 5", "--veff -1"])
def test_numbers_out_of_range_end_with_code_2(words: str) -> None:
    found = hepatica(f"isotoxic {words} --json")
    assert found.code == 2
    document = json.loads(found.out)
    assert document["schema"] == "hepatica/error"
    assert document["exit_code"] == 2


def test_an_unknown_protocol_ends_with_code_3_and_names_those_there_are() -> None:
    found = hepatica("isotoxic --veff 0.39 --protocol sbrt-six-fractions")
    assert found.code == 3
    assert "sbrt-six-fraction" in found.err


def test_a_bad_document_shows_all_faults_at_once(tmp_path: Path) -> None:
    text = hepatica_library("sbrt-six-fraction")
    text = text.replace("cap_gy:", "cap_cgy:").replace(
        "allowance_gy:\n    value: 3", "allowance_gy:\n    value: lots"
    )
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    found = hepatica(f"protocol validate {path}")
    assert found.code == 3
    assert "did you mean cap_gy" in found.err
    assert "allowance_gy" in found.err
    assert "line " in found.err


def test_an_unknown_model_is_among_all_faults_at_once(tmp_path: Path) -> None:
    text = hepatica_library("sbrt-six-fraction")
    line = next(n for n, row in enumerate(text.splitlines(), 1) if row.startswith("  model:"))
    name = text.splitlines()[line - 1].split(":")[1].strip()
    wrong = text.replace(f"model: {name}", f"model: {name}s")
    path = tmp_path / "mine.yaml"
    for document, faults in ((wrong, 1), (wrong.replace("cap_gy:", "cap_cgy:"), 2)):
        path.write_text(document, encoding="utf-8")
        found = hepatica(f"protocol validate {path} --json")
        assert found.code == 3
        said = json.loads(found.out)
        assert said["schema"] == "hepatica/protocol-validation"
        assert len(said["faults"]) == faults
        (about,) = [fault for fault in said["faults"] if "model" in fault]
        assert about.startswith(f"line {line}:")
        assert f"did you mean {name}?" in about


def hepatica_library(name: str) -> str:
    from importlib.resources import files

    return files("hepatica.protocol").joinpath(f"library/{name}.yaml").read_text(encoding="utf-8")


def test_the_library_is_listed_and_shown() -> None:
    names = [p["name"] for p in json.loads(hepatica("protocol list --json").out)["protocols"]]
    assert "sbrt-six-fraction" in names
    shown = hepatica("protocol show sbrt-six-fraction")
    assert shown.code == 0
    assert "J Clin Oncol" in shown.out
    schema = json.loads(hepatica("protocol schema").out)
    assert json.loads(hepatica("protocol schema --json").out) == schema
    assert (schema["schema"], schema["version"]) == ("hepatica/protocol-schema", 1)
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert "prescription" in schema["properties"]
