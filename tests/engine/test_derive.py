"""The structures of a protocol are made from those of the patient, and what lacks is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hepatica.case import Case, Grid, Margin, Structure, Volume
from hepatica.engine.derive import protocol_structures, working_grid
from hepatica.engine.readiness import readiness
from hepatica.errors import InvalidInput
from hepatica.protocol import load_protocol

from .builders import GRID, abdomen, ball

PROTOCOL = load_protocol("sbrt-six-fraction")


def test_the_normal_liver_is_the_liver_without_all_tumours() -> None:
    case = abdomen().with_structures(
        Structure.from_mask("GTV2", ball((-70, 40, 20), 12), GRID, role="GTV")
    )
    made = protocol_structures(case, PROTOCOL).present
    tumours = made["GTV1"].volume_cc + made["GTV2"].volume_cc
    assert made["GTV"].volume_cc == pytest.approx(tumours)
    assert made["Liver-GTV"].volume_cc == pytest.approx(made["Liver"].volume_cc - tumours)
    assert made["Liver-GTV"].derived
    assert made["Liver-GTV"].origin == "derived: Liver minus GTV"


def test_the_ctv_does_not_leave_the_liver() -> None:
    case = abdomen(tumour_at_mm=(10, 0, 0))
    made = protocol_structures(case, PROTOCOL).present
    assert (made["CTV"] - made["Liver"]).volume_cc == pytest.approx(0, abs=1e-3)
    assert (made["PTV_CTV"] - made["Liver"]).volume_cc > 1


def test_a_drawn_target_is_used_as_drawn() -> None:
    drawn = Structure.from_mask("PTV_GTV", ball((-40, 0, 0), 30), GRID, role="PTV")
    made = protocol_structures(abdomen().with_structures(drawn), PROTOCOL)
    assert made.present["PTV_GTV"].volume_cc == drawn.volume_cc
    assert "PTV_GTV is used as it was drawn." in made.remarks


def test_a_margin_that_was_not_given_is_the_minimum_and_said_aloud() -> None:
    made = protocol_structures(abdomen(), PROTOCOL)
    assert any("No patient-specific margin was given" in w for w in made.warnings)
    wide = protocol_structures(abdomen(), PROTOCOL, Margin.uniform(12))
    assert wide.present["PTV_GTV"].volume_cc > made.present["PTV_GTV"].volume_cc * 1.3
    assert not any("No patient-specific margin" in w for w in wide.warnings)


def test_a_margin_below_the_protocols_minimum_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no side below 5 mm"):
        protocol_structures(abdomen(), PROTOCOL, Margin(5, 5, 5, 5, 4, 5))


def test_what_lacks_is_named_with_what_would_help() -> None:
    made = protocol_structures(abdomen(without=("GTV1", "Kidney_L")), PROTOCOL)
    assert "map its name to GTV1" in made.missing["GTV"]
    assert "Liver-GTV needs Liver and GTV" in made.missing["Liver-GTV"]
    assert "Kidneys needs Kidney_L and Kidney_R" in made.missing["Kidneys"]
    assert "PTV_CTV" in made.missing


def test_a_tumour_outside_the_liver_puts_the_liver_in_doubt() -> None:
    made = protocol_structures(abdomen(tumour_at_mm=(90, -80, 40)), PROTOCOL)
    assert "GTV1 lies outside the Liver (0% of it is inside)" in made.doubts["Liver-GTV"]


def test_a_tumour_partly_outside_the_liver_is_remarked_but_not_doubted() -> None:
    made = protocol_structures(abdomen(tumour_at_mm=(24, 0, 0)), PROTOCOL)
    assert made.doubts == {}
    assert any("GTV1 lies partly outside the Liver" in said for said in made.warnings)


def test_an_empty_structure_is_missing_rather_than_zero() -> None:
    empty = Structure.from_mask("Duodenum", np.zeros(GRID.shape), GRID)
    made = protocol_structures(abdomen().with_structures(empty), PROTOCOL)
    assert made.missing["Duodenum"] == "Duodenum is empty: contour it."


def test_structures_of_a_plan_sent_without_its_images_share_a_lattice_of_their_own() -> None:
    slice_only = Grid((1, 60, 60), (4.0, 4.0, 3.0), (-118.0, -118.0, 500.0))
    case = abdomen()
    alone = Case(
        "alone",
        Volume(np.zeros(slice_only.shape, np.int16), slice_only, "HU"),
        "1.2.3",
        case.structures,
    )
    grid = working_grid(alone)
    assert grid.same_lattice(GRID)
    made = protocol_structures(alone, PROTOCOL).present
    whole = protocol_structures(case, PROTOCOL).present
    assert made["PTV_GTV"].volume_cc == pytest.approx(whole["PTV_GTV"].volume_cc)


def test_structures_that_continue_the_lattice_of_a_short_image_are_not_cut() -> None:
    slab = GRID.crop((19, 0, 0), (20, 60, 60))
    case = abdomen()
    short = Case(
        "short", Volume(np.zeros(slab.shape, np.int16), slab, "HU"), "1.2.3", case.structures
    )
    made = protocol_structures(short, PROTOCOL).present
    whole = protocol_structures(case, PROTOCOL).present
    assert made["PTV_GTV"].volume_cc == pytest.approx(whole["PTV_GTV"].volume_cc)


def test_a_structure_on_another_lattice_is_resampled_and_said_aloud() -> None:
    coarse = Grid((20, 30, 30), (8.0, 8.0, 8.0), (-116.0, -116.0, -76.0))
    other = Structure.from_mask("Spleen", np.ones(coarse.shape), coarse)
    made = protocol_structures(abdomen().with_structures(other), PROTOCOL)
    assert "Spleen was resampled onto the voxels of the image." in made.remarks
    assert made.present["Spleen"].volume_cc == pytest.approx(other.volume_cc, rel=0.02)


def test_readiness_lists_what_is_there_and_what_is_not() -> None:
    found = readiness(abdomen(without=("Stomach",)), PROTOCOL)
    assert set(found.missing) == {"Stomach"}
    assert "Liver-GTV" in found.present
    assert found.as_document()["ready"] is False
    assert any(line.startswith("  missing   Stomach") for line in found.sentences())
    assert readiness(abdomen(), PROTOCOL).as_document()["ready"] is True


def test_no_two_tumours_are_counted_twice() -> None:
    case = abdomen()
    twin = replace(case.structures["GTV1"], name="GTV2")
    made = protocol_structures(case.with_structures(twin), PROTOCOL).present
    assert made["GTV"].volume_cc == pytest.approx(case.structures["GTV1"].volume_cc)
