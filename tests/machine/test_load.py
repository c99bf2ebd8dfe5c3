"""A machine document is read whole or not at all, with every fault named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hepatica.errors import InvalidInput
from hepatica.machine import load_machine, machine_names
from hepatica.machine.load import machine_faults, parse_machine

from .builders import DOCUMENT


def test_every_number_of_a_document_arrives() -> None:
    found = parse_machine(DOCUMENT)
    assert (found.name, found.version, found.energy_mv, found.sad_mm) == (
        "toy-6mv",
        "1.0",
        6.0,
        1000.0,
    )
    assert found.depth.build_up_per_mm.tolist() == [0.03, 0.26]
    assert found.lateral.centre_weight.tolist() == [[0.3, 0.2], [0.3, 0.2]]
    assert found.calibration is not None
    assert found.calibration.field_mm == 100.0
    assert found.hlut is not None
    assert found.hlut.density([500.0]).tolist() == pytest.approx([1.3])


def test_groups_of_leaves_are_centred_on_the_central_ray() -> None:
    mlc = parse_machine(DOCUMENT).mlc
    assert mlc is not None
    assert mlc.pairs == 60
    assert mlc.leaf_boundaries_mm[[0, 1, 10, 11, -1]].tolist() == [-200, -190, -100, -95, 200]


def test_every_block_and_every_number_with_its_own_source_is_sourced() -> None:
    said = {s.number: s for s in parse_machine(DOCUMENT).sources}
    assert said["mlc"].status == "recalled"
    assert said["mlc"].note == "from memory"
    assert said["mlc.transmission"].source == "a film"
    assert said["depth"].source == "this test (MIT)"


def test_json_is_read_as_well() -> None:
    from ruamel.yaml import YAML

    as_json = json.dumps(YAML(typ="safe").load(DOCUMENT))
    assert parse_machine(as_json).depth.attenuation_per_mm == 0.004


def test_components_may_be_tables_over_radius() -> None:
    text = DOCUMENT.replace("  sigma_mm: [5, 40]\n", "  radius_mm: [0, 1, 300]\n").replace(
        "  weight: [[[0.2, 0.3], [0.1, 0.2]], [[0.2, 0.3], [0.1, 0.2]]]",
        "  tail_per_mm2: [[[3, 2, 0], [1, 1, 0]], [[3, 2, 0], [1, 1, 0]]]",
    )
    assert parse_machine(text).lateral.tail_per_mm2[0, 0].tolist() == [3.0, 2.0, 0.0]


def test_all_faults_are_shown_at_once_with_their_lines() -> None:
    text = (
        DOCUMENT.replace("energy_mv: 6,", "energy_mw: 6,")
        .replace("transmission: 0.005", "transmission: 2")
        .replace("  attenuation_per_mm: 0.004\n", "")
        .replace("interdigitation: false", "interdigitation: perhaps")
    )
    with pytest.raises(InvalidInput) as raised:
        parse_machine(text, "mine.yaml")
    message = str(raised.value)
    assert message.startswith("mine.yaml: 5 faults; the machine cannot be used until mended.")
    assert "line 6:1  beam.energy_mv: is missing. Nominal accelerating voltage, MV." in message
    assert "line 6:51  beam.energy_mw: is not a key here; did you mean energy_mv?" in message
    assert "line 7:1  depth.attenuation_per_mm: is missing." in message
    assert "mlc.transmission: 2 is out of range; below 1 is allowed." in message
    assert "mlc.interdigitation: 'perhaps' is not true or false." in message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "source: film",
            "source: foil",
            r"line \d+:\d+  mlc.stated\[1\].source: 'foil' is not an entry",
        ),
        ("key: transmission", "key: tranmission", r"'tranmission' is not a key of mlc"),
        ("ssd_mm: [900, 1000]", "ssd_mm: [900, 800]", r"lateral: lateral.ssd_mm: 800 follows 900"),
        ("  sigma_mm: [5, 40]\n", "", r"either as sigma_mm and weight or as radius_mm"),
        ("[[0.3, 0.2], [0.3, 0.2]]", "[[0.3, 0.2], [0.3]]", r"rows differ in length"),
        ("build_up_per_mm: [0.03, 0.26]", "build_up_per_mm: [0.03]", r"1 depth components and 2"),
        ("status: recalled", "status: guessed", r"'guessed' is not known here; allowed: verified"),
        ("sad_mm: 1000", "sad_mm: far", r"'far' is not a number"),
        ("radius_mm: [0, 200]", "radius_mm: [0, .nan]", r"nan cannot be used"),
        ("format: 1", "format: 2", r"2 is not known here; allowed: 1"),
        ("name: toy-6mv", "name: Toy 6", r"'Toy 6' is not a name here"),
        ("name: toy-6mv", "name: toy-6mv\nname: two", r"name: name is given twice"),
        ("hu: [-1000, 0, 1000]", "hu: [0, 0, 1000]", r"hounsfield: hounsfield.hu: .* do not rise"),
    ],
)
def test_a_fault_is_named_at_its_place(old: str, new: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        parse_machine(DOCUMENT.replace(old, new, 1))


def test_aliases_are_refused() -> None:
    text = DOCUMENT.replace("hu: [-1000", "hu: &a [-1000").replace(
        "relative_density: [0, 1, 1.6]", "relative_density: *a"
    )
    with pytest.raises(InvalidInput, match="anchors and aliases"):
        parse_machine(text)


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "a: [1, 2\n"])
def test_a_text_that_is_no_document_is_one_fault(text: str) -> None:
    with pytest.raises(InvalidInput, match="1 fault; the machine cannot be used"):
        parse_machine(text)


def test_an_unknown_machine_is_answered_with_the_nearest() -> None:
    with pytest.raises(InvalidInput, match=r"no machine called 'artist-6mv'; did you mean artiste"):
        load_machine("artist-6mv")


def test_a_missing_or_unreadable_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"cannot be read: No such file"):
        load_machine(tmp_path / "none.yaml")
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"name: \xff")
    with pytest.raises(InvalidInput, match="byte 6 is not UTF-8"):
        load_machine(path)
    assert machine_faults(path) == ("latin.yaml: byte 6 is not UTF-8 text.",)


def test_a_sound_document_has_no_faults(tmp_path: Path) -> None:
    path = tmp_path / "toy.yaml"
    path.write_text(DOCUMENT, encoding="utf-8")
    assert machine_faults(path) == ()
    assert np.isclose(load_machine(path).kernel_pitch_mm, 0.5)


def test_the_library_has_two_linear_accelerators() -> None:
    assert machine_names() == ("artiste-6mv", "synergy-6mv")
