"""An organ that lies on the wrong tissue is doubted; one that cannot be judged is not."""

from __future__ import annotations

from importlib import resources
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML

from hepatica.case import Grid, Structure, Volume
from hepatica.case.names import canonical_names
from hepatica.io.plausibility import tissue_notes

GRID = Grid((6, 8, 8), (2.0, 2.0, 2.0))


def _structure(name: str, grid: Grid = GRID, size: int = 4) -> Structure:
    mask = np.zeros(grid.shape, bool)
    mask[:size, :size, :size] = True
    return Structure.from_mask(name, mask, grid)


def _image(hu: float) -> Volume:
    return Volume(np.full(GRID.shape, hu, np.int16), GRID, "HU")


@pytest.mark.parametrize(
    ("name", "hu"),
    [("Lung_L", -800), ("VB_T09", 150), ("Rib03_L", 300), ("Liver", 55), ("Liver", 0)],
)
def test_tissue_of_the_right_kind_is_not_mentioned(name: str, hu: float) -> None:
    assert tissue_notes([_structure(name)], _image(hu)) == ()


@pytest.mark.parametrize(
    ("name", "hu"), [("Lung_L", 40), ("VB_T09", -19), ("Liver", -800), ("SpinalCord", 900)]
)
def test_tissue_of_another_kind_is_doubted(name: str, hu: float) -> None:
    (note,) = tissue_notes([_structure(name)], _image(hu))
    assert (note.kind, note.subject) == ("warning", name)
    assert f"median of {hu} HU" in note.text


def test_what_cannot_be_judged_is_left_alone() -> None:
    elsewhere = Grid(GRID.shape, GRID.spacing_mm, (100.0, 0.0, 0.0))
    off_lattice = Grid(GRID.shape, (3.0, 3.0, 3.0))
    unjudged = [
        _structure("GTV1"),
        _structure("Lung_L", size=2),
        _structure("Lung_R", elsewhere),
        _structure("Lungs", off_lattice),
    ]
    assert tissue_notes(unjudged, _image(40)) == ()


def test_a_structure_that_reaches_beyond_the_image_is_judged_by_the_part_inside() -> None:
    lower = Grid(GRID.shape, GRID.spacing_mm, (0.0, 0.0, -4.0))
    assert len(tissue_notes([_structure("Lung_L", lower)], _image(40))) == 1


def test_every_range_has_a_source_and_names_that_exist() -> None:
    text = resources.files("hepatica.io").joinpath("plausible_hu.yaml").read_text(encoding="utf-8")
    rows: dict[str, Any] = YAML(typ="safe").load(text)
    assert rows["source"]
    assert rows["status"] in ("verified", "recalled")
    known = canonical_names()
    for row in rows["ranges"]:
        assert row["median"][0] < row["median"][1]
        for pattern in row["names"]:
            assert any(name.startswith(pattern.rstrip("*")) for name in known), pattern
