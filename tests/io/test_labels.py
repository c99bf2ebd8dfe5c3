"""Label maps: those that come with Hepatica, and the user's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from hepatica.case.names import NameBook
from hepatica.errors import InvalidInput
from hepatica.io.labels import label_map, shipped_maps
from hepatica.io.nifti import read_nifti


def test_every_map_that_is_shipped_loads_with_source_and_status() -> None:
    assert "totalsegmentator_total" in shipped_maps()
    for name in shipped_maps():
        loaded = label_map(name)
        assert loaded.source
        assert loaded.status in ("verified", "recalled")
        assert len(set(loaded.labels.values())) == len(loaded.labels)


def test_every_label_of_a_shipped_map_has_one_clear_name() -> None:
    for name in shipped_maps():
        matches = NameBook().matches(label_map(name).labels.values())
        assert len({m.name for m in matches}) == len(matches)


def test_the_map_of_totalsegmentator_names_the_organs_of_the_liver_protocol() -> None:
    labels = label_map("totalsegmentator_total").labels
    names = {number: NameBook().match(labels[number]).name for number in labels}
    assert len(labels) == 117
    assert [names[n] for n in (1, 2, 3, 5, 6, 18, 19, 20, 51, 79)] == [
        "Spleen",
        "Kidney_R",
        "Kidney_L",
        "Liver",
        "Stomach",
        "Bowel_Small",
        "Duodenum",
        "Colon",
        "Heart",
        "SpinalCord",
    ]


def test_the_map_agrees_with_the_table_in_the_programs_own_output(shared: Path) -> None:
    file = read_nifti(shared / "data/totalseg_abdomen/example_seg.nii.gz")
    assert dict(file.label_names) == dict(label_map("totalsegmentator_total").labels)


def test_a_users_map_needs_no_more_than_lines_of_number_and_name(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("1: Leber\n2: Tumor 1\n", encoding="utf-8")
    assert label_map(str(path)).labels == {1: "Leber", 2: "Tumor 1"}
    assert label_map(str(path)).status == "user"


def test_an_unknown_map_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(InvalidInput, match=r"no label map totalsegmentator\. Did you mean totals"):
        label_map("totalsegmentator")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- liver\n", "is no map; it needs lines like"),
        ("liver: 5\n", "holds 'liver': 5; it needs a whole number"),
        ("0: background\n", "holds 0: 'background'"),
        ("5: ''\n", "holds 5: ''"),
        ("5: [\n", "is not valid YAML"),
    ],
)
def test_a_file_that_is_no_label_map_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput, match=message):
        label_map(str(path))
