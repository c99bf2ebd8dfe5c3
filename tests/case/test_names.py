"""Names of structures: what is recognised, what is refused, and that the user's word wins."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from hepatica.case.name_table import fold, keys, spellings
from hepatica.case.names import (
    LONGEST_NAME,
    NameBook,
    canonical_names,
    name_notes,
    role_of,
    tg263_name,
)
from hepatica.errors import AmbiguousName, InvalidInput


def _rows() -> dict[str, Any]:
    text = resources.files("hepatica.case").joinpath("names.yaml").read_text(encoding="utf-8")
    rows: dict[str, Any] = YAML(typ="safe").load(text)
    return rows


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("liver", "Liver"),
        ("LEBER", "Liver"),
        ("foie", "Liver"),
        ("lever", "Liver"),
        ("Magen", "Stomach"),
        ("estomac", "Stomach"),
        ("maag", "Stomach"),
        ("Zwölffingerdarm", "Duodenum"),
        ("Zwoelffingerdarm", "Duodenum"),
        ("duodénum", "Duodenum"),
        ("twaalfvingerige darm", "Duodenum"),
        ("Dünndarm", "Bowel_Small"),
        ("Duenndarm", "Bowel_Small"),
        ("small_bowel", "Bowel_Small"),
        ("dikke darm", "Bowel_Large"),
        ("Rückenmark", "SpinalCord"),
        ("moelle épinière", "SpinalCord"),
        ("ruggenmerg", "SpinalCord"),
        ("cord", "SpinalCord"),
        ("Milz", "Spleen"),
        ("Speiseröhre", "Esophagus"),
        ("Œsophage", "Esophagus"),
        ("portalvein", "V_Portal"),
        ("gallbladder", "Gallbladder"),
        ("vertebrae_T9", "VB_T09"),
    ],
)
def test_an_organ_is_recognised_in_four_languages(raw: str, name: str) -> None:
    assert tg263_name(raw) == name


@pytest.mark.parametrize(
    "raw",
    [
        "Kidney_L",
        "kidney left",
        "Left Kidney",
        "lt kidney",
        "KidneyL",
        "L Kidney",
        "kidney_left",
        "Niere links",
        "linke Niere",
        "Niere li",
        "rein gauche",
        "linker nier",
        "nier links",
    ],
)
def test_a_side_is_recognised_before_and_after_the_organ(raw: str) -> None:
    assert tg263_name(raw) == "Kidney_L"


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("Niere rechts", "Kidney_R"),
        ("rein droit", "Kidney_R"),
        ("re. Lunge", "Lung_R"),
        ("Lt Lung", "Lung_L"),
        ("rib_left_3", "Rib03_L"),
        ("Rippe 11 rechts", "Rib11_R"),
        ("Nieren", "Kidneys"),
        ("both lungs", "Lungs"),
        ("adrenal_gland_right", "Glnd_Adrenal_R"),
    ],
)
def test_sides_pairs_and_ribs(raw: str, name: str) -> None:
    assert tg263_name(raw) == name


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("livertumor1", "GTV1"),
        ("liver tumour 2", "GTV2"),
        ("Tumor 1", "GTV1"),
        ("Lebermetastase 1", "GTV1"),
        ("Métastase hépatique 3", "GTV3"),
        ("levermetastase 2", "GTV2"),
        ("GTV 1", "GTV1"),
        ("GTV_01", "GTV1"),
        ("gtv_met1", "GTV1"),
        ("GTV Leber 4", "GTV4"),
        ("Tumor", "GTV"),
        ("GTVp1", "GTVp1"),
        ("ptv 1", "PTV1"),
        ("PTV_6000", "PTV_6000"),
        ("PTV6000", "PTV_6000"),
        ("igtv", "IGTV"),
    ],
)
def test_a_tumour_becomes_a_numbered_gtv(raw: str, name: str) -> None:
    match = NameBook().match(raw)
    assert match.name == name
    assert match.known


@pytest.mark.parametrize(
    "raw",
    [
        "Tumor Bed Block",
        "pancreas tumor",
        "tumor marker",
        "Lung_L~",
        "zLiver",
        "Liver-GTV1",
        "Liver 2",
        "kidney_cyst_left",
        "venoussystem",
        "artery",
        "lesion 1",
        "PTV^2",
        "liver+5mm",
    ],
)
def test_a_name_that_only_resembles_another_is_kept_as_written(raw: str) -> None:
    match = NameBook().match(raw)
    assert not match.known
    assert match.name == raw.replace(" ", "_")
    assert match.role is None


@pytest.mark.parametrize("raw", ["PTV-03", "GTV-05", "CTV - 03"])
def test_a_target_cut_back_from_the_skin_is_not_a_numbered_target(raw: str) -> None:
    match = NameBook().match(raw)
    assert match.name == raw.replace(" ", "_")
    assert not match.known


def test_a_hyphen_before_a_plain_number_counts_tumours() -> None:
    assert tg263_name("GTV-2") == "GTV2"


def test_a_tumour_bed_is_no_gtv() -> None:
    assert NameBook().match("Tumor Bed").name == "TumorBed"
    assert NameBook().match("Tumor Bed").role is None


@pytest.mark.parametrize("raw", ["Liver-GTV", "liver - gtv", "Leber minus GTV", "foie sans tumeur"])
def test_a_liver_without_its_tumours_is_liver_minus_gtv(raw: str) -> None:
    assert tg263_name(raw) == "Liver-GTV"


@pytest.mark.parametrize(
    ("raw", "candidates"),
    [
        ("kidney", "Kidney_L, Kidney_R, Kidneys"),
        ("Lunge", "Lung_L, Lung_R, Lungs"),
        ("bowel", "Bowel_Small, Bowel_Large, Bowel, Bag_Bowel"),
        ("Darm", "Bowel_Small, Bowel_Large, Bowel, Bag_Bowel"),
        ("vena cava", "V_Venacava_I, V_Venacava_S"),
        ("Liver GTV", "GTV, Liver-GTV"),
        ("normal liver", "Liver-GTV, Liver-CTV, Liver"),
    ],
)
def test_an_ambiguous_name_is_an_error_with_candidates(raw: str, candidates: str) -> None:
    with pytest.raises(AmbiguousName, match=f"{raw}.* fits {candidates}.*--names FILE"):
        tg263_name(raw)


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("Cord PRV 5 mm", "SpinalCord_PRV05"),
        ("SpinalCord_PRV03", "SpinalCord_PRV03"),
        ("Kidney L PRV10", "Kidney_PRV10_L"),
        ("StomachPRV", "Stomach_PRV"),
    ],
)
def test_a_planning_risk_volume_keeps_its_margin_and_its_side(raw: str, name: str) -> None:
    assert tg263_name(raw) == name


def test_roles_follow_from_names() -> None:
    roles = {name: role_of(name) for name in ("GTV1", "CTV", "PTV_6000", "PTV!", "ITV", "Body")}
    assert roles == {
        "GTV1": "GTV",
        "CTV": "CTV",
        "PTV_6000": "PTV",
        "PTV!": "PTV",
        "ITV": "OTHER",
        "Body": "EXTERNAL",
    }
    assert role_of("Liver") is None


def test_the_users_map_wins_over_every_built_in_name() -> None:
    book = NameBook({"liver": "Phantom", "Kidney": "kidney left", "tumor bed": "GTV7"})
    assert book.match("Liver").name == "Phantom"
    assert not book.match("Liver").known
    assert book.match("kidney").name == "Kidney_L"
    assert book.match("Tumor_Bed").role == "GTV"
    assert book.match("Tumor_Bed").how == "your name file"


def test_an_empty_value_in_the_users_map_leaves_a_structure_out(tmp_path: Path) -> None:
    path = tmp_path / "names.yaml"
    path.write_text("Tumor Bed Block:\n'Métastase 1': GTV2\n", encoding="utf-8")
    book = NameBook.from_file(path)
    assert book.match("tumor bed block").left_out
    assert book.match("METASTASE-1").name == "GTV2"


def test_a_line_of_the_users_map_that_fits_nothing_is_reported() -> None:
    book = NameBook({"Lebr": "Liver", "Milz": "Spleen"})
    assert book.unused(["Leber", "milz"]) == ("Lebr",)


def test_two_structures_of_one_name_are_refused_with_all_of_them() -> None:
    with pytest.raises(AmbiguousName, match="'GTV 1', 'livertumor1' would all be called GTV1"):
        NameBook().matches(["GTV 1", "livertumor1", "Liver"])


def test_one_name_twice_cannot_be_mapped_and_says_so() -> None:
    with pytest.raises(AmbiguousName, match=r"'Liver' occurs 2 times.*rename or remove"):
        NameBook().matches(["Liver", "Liver"])


def test_names_that_differ_in_case_only_are_refused() -> None:
    with pytest.raises(AmbiguousName, match="would all be called"):
        NameBook().matches(["Plan_A", "plan_a"])


def test_all_faulty_names_are_shown_at_once() -> None:
    with pytest.raises(AmbiguousName, match=r"(?s)kidney.*lung.*GTV 2"):
        NameBook().matches(["kidney", "lung", "GTV 2", "Tumor 2"])


def test_contradicting_lines_of_the_users_map_are_refused() -> None:
    with pytest.raises(AmbiguousName, match="maps 'Leber 1' to 'Liver' and 'leber_1' to 'GTV1'"):
        NameBook({"Leber 1": "Liver", "leber_1": "GTV1"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n- b\n", "is not a map"),
        ("a: [\n", "cannot be read"),
        ("a: 'two words'\n", "maps 'a' to 'two words'"),
        ("a: 7\n", "maps 'a' to 7"),
    ],
)
def test_a_name_file_that_is_no_map_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "names.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput, match=message):
        NameBook.from_file(path)


def test_an_absent_name_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"nothing\.yaml cannot be read"):
        NameBook.from_file(tmp_path / "nothing.yaml")


@pytest.mark.parametrize(
    ("raw", "message"), [("  ", "empty name"), ("()", "holds no letter or digit")]
)
def test_a_name_without_letters_is_refused(raw: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        tg263_name(raw)


def test_names_in_other_scripts_are_kept() -> None:
    assert NameBook().match("肝臓 1").name == "肝臓_1"


def test_the_notes_say_what_was_renamed_unknown_left_out_and_long() -> None:
    book = NameBook({"Nodes": ""})
    long = "a_very_long_structure"
    notes = name_notes(book.matches(["Leber", "Scar1", "Nodes", long]))
    assert [(n.kind, n.text) for n in notes] == [
        ("linked", "Renamed: Leber is Liver."),
        ("assumed", f"Not TG-263 names, kept: Scar1, {long}."),
        ("ignored", "Left out by the name file: Nodes."),
        ("warning", f"Longer than 16 characters: {long}."),
    ]


def test_every_row_of_the_table_has_a_known_status_and_a_source() -> None:
    rows = _rows()
    assert {row["status"] for row in rows["names"].values()} <= set(rows["sources"])
    assert all(rows["sources"].values())
    assert rows["tumours"]["source"]


def test_every_name_is_short_has_no_space_and_maps_to_itself() -> None:
    for name in canonical_names():
        assert len(name) <= LONGEST_NAME
        assert " " not in name
        assert tg263_name(name) == name


def test_no_synonym_belongs_to_two_names() -> None:
    rows = _rows()
    owner: dict[str, str] = {}
    for stem, row in rows["names"].items():
        for name, said in spellings(stem, row, rows["sides"]):
            for key in {k for s in (name, *said) for k in keys(s)}:
                assert owner.setdefault(key, name) == name, key


def test_every_candidate_of_an_ambiguous_name_is_a_name() -> None:
    known = {*canonical_names(), "GTV", "Bowel"}
    for row in _rows()["ambiguous"]:
        assert set(row["names"]) <= known


def test_folding_ignores_case_accents_and_separators() -> None:
    assert fold("Zwölf-finger_DARM") == fold("zwolffingerdarm")
    assert fold("Große Gefäße") == "grossegefasse"
