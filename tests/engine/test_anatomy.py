"""Organs derived from the image of a case: right where the truth is known, else not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from hepatica.case import Case, Grid, Structure, Volume
from hepatica.engine.anatomy import CORD, DERIVABLE, derive_anatomy
from hepatica.io.importer import ImportRequest, import_case
from hepatica.synthetic import Anatomy, synthetic_patient

COARSE = (3.0, 3.0, 3.0)


def _only(case: Case, *names: str) -> Case:
    return replace(case, structures={n: case.structures[n] for n in names})


def _overlap(a: Structure, b: Structure, grid: Grid) -> float:
    """Dice coefficient of the voxels filled at least by half."""
    one, two = a.on(grid).mask_on(grid) >= 0.5, b.on(grid).mask_on(grid) >= 0.5
    return 2 * float((one & two).sum()) / float(one.sum() + two.sum())


def _share_of(part: Structure, whole: Structure, grid: Grid) -> float:
    one, two = part.mask_on(grid) >= 0.5, whole.mask_on(grid) >= 0.5
    return float((one & two).sum()) / float(one.sum())


@cache
def _patient(seed: int = 3, table: bool = False) -> Case:
    return synthetic_patient(seed, Anatomy(spacing_mm=COARSE, table=table)).case


@cache
def _derived() -> Case:
    return derive_anatomy(_only(_patient(), "Liver")).case


def test_every_organ_of_a_synthetic_patient_is_where_it_was_drawn() -> None:
    truth, case = _patient(), _derived()
    for name in DERIVABLE:
        least = 0.92 if name.startswith("Kidney") else 0.96
        assert _overlap(case.structure(name), truth.structure(name), truth.image.grid) > least, name
        assert case.structure(name).derived
        assert case.structure(name).origin.startswith("derived")
    assert case.structure("External").role == "EXTERNAL"
    assert _share_of(truth.structure(CORD), case.structure("SpinalCanal"), truth.image.grid) > 0.99


def test_volumes_of_derived_organs_are_those_of_the_truth() -> None:
    truth, case = _patient(), _derived()
    for name in DERIVABLE:
        expected = truth.structure(name).volume_cc
        assert case.structure(name).volume_cc == pytest.approx(expected, rel=0.08), name


def test_the_couch_of_the_synthetic_patient_is_left_out() -> None:
    truth = _patient(table=True)
    result = derive_anatomy(_only(truth, "Liver"), ("External",))
    drawn = truth.structure("External")
    assert _overlap(result.case.structure("External"), drawn, truth.image.grid) > 0.99


def test_what_is_drawn_is_never_replaced() -> None:
    truth = _patient()
    grid = truth.image.grid
    mine = Structure.from_mask(
        "Kidney_L",
        np.eye(grid.shape[1], grid.shape[2])[None] > 0,
        grid.crop((9, 0, 0), (10, *grid.shape[1:])),
    )
    case = _only(truth, "Liver").with_structures(mine)
    result = derive_anatomy(case, ("External", "Kidney_L"))
    assert result.case.structure("Kidney_L") is mine
    assert set(result.found) == {"External"}


def test_a_full_case_comes_back_as_it_was() -> None:
    result = derive_anatomy(_patient(), (*DERIVABLE, CORD))
    assert result.case.structures == _patient().structures
    assert result.warnings == ()


def test_bowel_is_never_derived() -> None:
    result = derive_anatomy(_only(_patient(), "Liver"), ("Stomach", "Duodenum"))
    assert set(result.not_found) == {"Stomach", "Duodenum"}
    assert result.not_found["Stomach"] == "Stomach: no image rule finds it; contour it."
    assert not result.found


def test_the_canal_stands_for_the_cord_only_when_asked() -> None:
    assert CORD not in _derived().structures
    result = derive_anatomy(_only(_patient(), "Liver"), ("SpinalCanal", CORD))
    cord, canal = result.case.structure(CORD), result.case.structure("SpinalCanal")
    assert cord.volume_cc == canal.volume_cc
    assert "canal stands for the cord" in cord.origin
    drawn = derive_anatomy(_only(_patient(), "SpinalCanal"), (CORD,))
    assert drawn.case.structure(CORD).volume_cc == _patient().structure("SpinalCanal").volume_cc
    assert drawn.case.structure(CORD).derived


def test_an_outline_drawn_under_another_name_is_used() -> None:
    outline = _patient().structure("External").named("Body")
    case = replace(_patient(), structures={"Body": outline})
    result = derive_anatomy(case, ("External",))
    assert result.case.structure("External").volume_cc == outline.volume_cc
    assert result.case.structure("External").origin == "the outline Body as it was drawn"
    assert not result.case.structure("External").derived


def test_a_mirrored_image_gets_no_sides() -> None:
    truth = _patient()
    mirrored = Volume(truth.image.values[:, :, ::-1], truth.image.grid, "HU")
    liver = truth.structure("Liver").mask_on(truth.image.grid)[:, :, ::-1]
    case = replace(
        truth,
        image=mirrored,
        structures={"Liver": Structure.from_mask("Liver", liver, truth.image.grid)},
    )
    result = derive_anatomy(case)
    assert set(result.found) == {"External", "SpinalCanal"}
    assert "the liver lies left of the spine" in result.not_found["Kidney_L"]


@pytest.mark.parametrize("turn", ["flipped", pytest.param("coronal", marks=pytest.mark.slow)])
def test_the_order_in_which_voxels_are_stored_does_not_matter(turn: str) -> None:
    truth = _patient()
    values, grid = truth.image.values, truth.image.grid
    z, y, x = grid.shape
    if turn == "flipped":
        axes = np.array(grid.direction) * np.array([-1, 1, -1])
        origin = grid.point_at((x - 1, 0, z - 1))
        turned = Grid(grid.shape, grid.spacing_mm, tuple(origin), tuple(map(tuple, axes)))
        values = values[::-1, :, ::-1]
    else:
        axes = ((1, 0, 0), (0, 0, 1), (0, 1, 0))
        turned = Grid((y, z, x), COARSE, grid.origin_mm, axes)
        values = values.transpose(1, 0, 2)
    case = replace(_only(truth, "Liver"), image=Volume(values, turned, "HU"))
    result = derive_anatomy(case)
    for name in DERIVABLE:
        there, here = result.case.structure(name), _derived().structure(name)
        assert there.centroid_mm == pytest.approx(here.centroid_mm, abs=0.2), name
        assert there.volume_cc == pytest.approx(here.volume_cc, rel=0.01), name


def test_a_short_image_gives_what_it_shows_and_reasons_for_the_rest() -> None:
    truth = _patient()
    z, y, x = truth.image.grid.shape
    case = replace(_only(truth, "Liver"), image=truth.image.crop((z - 8, 0, 0), (z, y, x)))
    result = derive_anatomy(case)
    assert {"External", "Lung_L", "Lung_R", "SpinalCanal"} <= set(result.found)
    assert set(result.not_found) == {"Kidney_L", "Kidney_R"}
    assert any(text.startswith("Not found in the image: Kidney_L") for text in result.warnings)
    assert any("cut by the end of the image" in text for text in result.warnings)


def test_a_water_tank_has_no_organs() -> None:
    grid = Grid((30, 80, 80), (5.0, 5.0, 5.0), (-197.5, -197.5, -72.5))
    hu = np.full(grid.shape, -1000, np.int16)
    hu[:, 20:60, 20:60] = 0
    result = derive_anatomy(Case("tank", Volume(hu, grid, "HU"), "1.2"))
    assert set(result.found) == {"External"}
    assert result.case.structure("External").volume_cc == pytest.approx(
        200 * 200 * 150 / 1000, rel=0.02
    )


def test_a_faulty_image_gives_nothing_but_reasons() -> None:
    grid = Grid((10, 40, 40), (5.0, 5.0, 5.0))
    image = Volume(np.full(grid.shape, 1024, np.int16), grid, "HU")
    result = derive_anatomy(Case("raw", image, "1.2"))
    assert set(result.not_found) == set(DERIVABLE)
    assert all("not in HU" in reason for reason in result.not_found.values())


def test_progress_is_told() -> None:
    told: list[tuple[str, int, int]] = []
    derive_anatomy(_only(_patient(), "Liver"), ("SpinalCanal",), lambda *step: told.append(step))
    assert [step for step, _, _ in told][:2] == ["outline of the body", "spinal canal"]
    assert told[-1][1:] == (4, 4)


# The table of docs/explain/derived-anatomy.md: Dice against labels that were not made by us.
LABELS_SMALL = {"Lung_L": 0.955, "Lung_R": 0.967, "Kidney_L": 0.936, "Kidney_R": 0.895}
SYNTHETIC = {
    "External": 0.999,
    "Lung_L": 0.990,
    "Lung_R": 0.992,
    "SpinalCanal": 0.985,
    "Kidney_L": 0.96,
    "Kidney_R": 0.96,
}


def _table(
    case: Case, truth: Mapping[str, Structure], names: Mapping[str, float]
) -> dict[str, float]:
    return {n: _overlap(case.structure(n), truth[n], case.image.grid) for n in names}


def test_real_labels_without_contrast_agree(shared: Path) -> None:
    folder = shared / "data/totalseg_abdomen"
    labels = (folder / "example_seg.nii.gz",)
    request = ImportRequest((folder,), label_files=labels, label_map="totalsegmentator_total")
    labelled = import_case(request)
    truth = dict(labelled.structures)
    truth["Lung_L"] = (truth["Lung_LUL"] | truth["Lung_LLL"]).named("Lung_L")
    truth["Lung_R"] = (truth["Lung_RML"] | truth["Lung_RLL"]).named("Lung_R")
    result = derive_anatomy(_only(labelled, "Liver"))
    found = _table(result.case, truth, LABELS_SMALL)
    assert found == pytest.approx(LABELS_SMALL, abs=0.015)
    canal = result.case.structure("SpinalCanal")
    assert _share_of(truth[CORD], canal, labelled.image.grid) > 0.99
    assert "cut by the end of the image" in result.found["Kidney_R"]


@pytest.mark.slow
def test_the_whole_real_scan_without_labels_finds_whole_kidneys(shared: Path) -> None:
    case = import_case(ImportRequest((shared / "data/totalseg_abdomen/example_ct.nii.gz",)))
    result = derive_anatomy(case)
    assert set(result.found) >= {"External", "SpinalCanal", "Kidney_L", "Lung_L", "Lung_R"}
    assert "cuts the patient" in result.found["External"]
    assert "Kidney_L: 14" in result.found["Kidney_L"]
    # Without the liver's contour the right kidney, which touches it, is refused.
    assert "with the liver contoured it may be found" in result.not_found["Kidney_R"]


@pytest.mark.slow
def test_the_real_patient_gets_body_lungs_canal_and_kidneys(ircad17: Path) -> None:
    case = import_case(ImportRequest((ircad17,), case_id="ircad17"))
    result = derive_anatomy(_only(case, "Liver"))
    assert set(result.found) == set(DERIVABLE)
    grid = case.image.grid
    assert _overlap(result.case.structure("External"), case.structure("External"), grid) > 0.995
    volumes = {n: result.case.structure(n).volume_cc for n in DERIVABLE[1:]}
    looked_at = {"Lung_L": 706, "Lung_R": 822, "SpinalCanal": 70, "Kidney_L": 227, "Kidney_R": 214}
    assert volumes == pytest.approx(looked_at, rel=0.05)
    for name in ("Lung_L", "Lung_R", "SpinalCanal", "Kidney_L", "Kidney_R"):
        organ = result.case.structure(name)
        assert (organ & case.structure("Liver")).volume_cc < 0.01 * organ.volume_cc
        assert (organ & case.structure("External")).volume_cc > 0.999 * organ.volume_cc


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 6])
def test_synthetic_patients_of_many_builds_agree(seed: int) -> None:
    truth = synthetic_patient(seed).case
    result = derive_anatomy(_only(truth, "Liver"))
    found = _table(result.case, truth.structures, SYNTHETIC)
    for name, least in SYNTHETIC.items():
        assert found[name] > least - 0.02, name
