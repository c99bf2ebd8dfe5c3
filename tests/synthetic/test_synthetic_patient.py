"""A synthetic patient has an upper abdomen in which everything lies in its place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hepatica.case.names import canonical_names
from hepatica.errors import InvalidInput
from hepatica.synthetic import Anatomy, SyntheticPatient, synthetic_patient
from hepatica.synthetic.data import anchors

COARSE = Anatomy(spacing_mm=(4.0, 4.0, 5.0))
SEVERAL = replace(COARSE, lesions=4, gtv_cc=60.0)
PARENTS = {"SpinalCord": "SpinalCanal", "Rib": "Chestwall"}
ORGANS = [
    *("Liver", "Stomach", "Duodenum", "Bowel_Small", "Bowel_Large", "Kidney_L", "Kidney_R"),
    *("SpinalCord", "SpinalCanal", "Heart", "Lung_L", "Lung_R", "Rib", "Chestwall", "External"),
    *("Skin", "Spleen", "Gallbladder", "Esophagus", "Pancreas", "A_Aorta", "V_Venacava_I"),
    "V_Portal",
]


@pytest.fixture(scope="module", params=[1, 2, 14])
def patient(request: pytest.FixtureRequest) -> SyntheticPatient:
    return synthetic_patient(request.param, COARSE)


@pytest.fixture(scope="module")
def several() -> SyntheticPatient:
    return synthetic_patient(21, SEVERAL)


def same(one: SyntheticPatient, two: SyntheticPatient) -> bool:
    a, b = one.case, two.case
    return (
        a.image.values.tobytes() == b.image.values.tobytes()
        and a.image.grid == b.image.grid
        and list(a.structures) == list(b.structures)
        and all(
            s.coverage.values.tobytes() == b.structures[name].coverage.values.tobytes()
            for name, s in a.structures.items()
        )
    )


def test_the_same_seed_gives_the_same_bytes(several: SyntheticPatient) -> None:
    assert same(several, synthetic_patient(21, SEVERAL))


def test_another_seed_gives_another_patient(several: SyntheticPatient) -> None:
    other = synthetic_patient(22, SEVERAL)
    assert not same(several, other)
    assert other.case.frame_of_reference_uid != several.case.frame_of_reference_uid


def test_every_organ_is_there(patient: SyntheticPatient) -> None:
    assert set(ORGANS) <= set(patient.case.structures)
    assert {s.name for s in patient.case.gtvs} == set(patient.case.structures) - set(ORGANS)
    assert patient.case.structures["External"].role == "EXTERNAL"


def test_organs_are_named_as_in_tg_263() -> None:
    assert set(ORGANS) <= set(canonical_names())


def test_volumes_are_those_of_adults(patient: SyntheticPatient) -> None:
    ranges = anchors()["volumes_cc"]
    assert set(ORGANS) <= set(ranges)
    for name in ORGANS:
        low, high = ranges[name]
        assert low <= patient.case.structures[name].volume_cc <= high, name


def test_tumours_and_liver_have_the_volumes_drawn(
    patient: SyntheticPatient, several: SyntheticPatient
) -> None:
    for one in (patient, several):
        gtvs = one.case.gtvs
        for gtv, volume in zip(gtvs, one.draw.tumours.volumes_cc, strict=True):
            assert gtv.volume_cc == pytest.approx(volume, rel=0.03, abs=0.05)
        normal = one.case.structures["Liver"].volume_cc - sum(g.volume_cc for g in gtvs)
        assert normal == pytest.approx(one.draw.normal_liver_cc, rel=0.02)


def test_tumours_lie_inside_the_liver_and_apart(several: SyntheticPatient) -> None:
    grid = several.case.image.grid
    liver = several.case.structures["Liver"].mask_on(grid)
    together = np.zeros(grid.shape, np.float32)
    for gtv in several.case.gtvs:
        inside = gtv.mask_on(grid)
        assert (inside <= liver + 0.01).all()
        assert not np.minimum(inside, together).any()
        together += inside
    assert len(several.case.gtvs) == 4


def test_no_two_organs_claim_the_same_place(patient: SyntheticPatient) -> None:
    case, grid = patient.case, patient.case.image.grid
    parts = {*PARENTS, "External", *(gtv.name for gtv in case.gtvs)}
    total = np.zeros(grid.shape, np.float32)
    for name, structure in case.structures.items():
        if name not in parts:
            total += structure.mask_on(grid)
    assert total.max() <= 1 + 1e-4
    external = case.structures["External"].mask_on(grid)
    assert (total <= external + 0.02).all()
    for part, whole in PARENTS.items():
        inside = case.structures[part].mask_on(grid)
        assert (inside <= case.structures[whole].mask_on(grid) + 0.01).all()


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("Liver", 100, 125),
        ("Spleen", 112, 132),
        ("A_Aorta", 140, 160),
        ("Gallbladder", 0, 22),
        ("Lung_R", -810, -640),
        ("Kidney_L", 160, 195),
        ("SpinalCord", 30, 55),
        ("Heart", 95, 155),
        ("V_Venacava_I", 132, 158),
    ],
)
def test_tissues_have_their_hounsfield_units(
    several: SyntheticPatient, name: str, low: float, high: float
) -> None:
    grid = several.case.image.grid
    inside = several.case.structures[name].mask_on(grid) > 0.98
    assert low <= float(np.median(several.case.image.values[inside])) <= high


def test_tumours_are_darker_than_the_liver(several: SyntheticPatient) -> None:
    case, grid = several.case, several.case.image.grid
    tumour = np.maximum.reduce([g.mask_on(grid) for g in case.gtvs])
    liver = (case.structures["Liver"].mask_on(grid) > 0.98) & (tumour == 0)
    image = case.image.values
    assert image[tumour > 0.98].mean() + 30 < image[liver].mean()
    assert (image.min(), image.max()) >= (-1100, 0)


def test_organs_lie_on_their_sides(patient: SyntheticPatient) -> None:
    at = {name: s.centroid_mm for name, s in patient.case.structures.items()}
    for right in ("Liver", "Kidney_R", "Lung_R", "Gallbladder", "Duodenum", "V_Venacava_I"):
        assert at[right][0] < -5, right
    for left in ("Spleen", "Stomach", "Kidney_L", "Lung_L", "Heart", "A_Aorta"):
        assert at[left][0] > 3, left
    assert at["SpinalCord"][1] > at["A_Aorta"][1] > at["Stomach"][1]
    assert at["Heart"][2] > at["Liver"][2] > at["Bowel_Small"][2]
    assert at["Lung_L"][2] > at["Spleen"][2] > at["Kidney_L"][2]


def test_segments_divide_the_liver_into_eight(patient: SyntheticPatient) -> None:
    labels = patient.segments.values
    liver = patient.case.structures["Liver"].mask_on(patient.case.image.grid)
    assert set(np.unique(labels)) == set(range(9))
    assert ((labels > 0) == (liver > 0.5)).all()


def test_a_finer_grid_shows_the_same_organs(several: SyntheticPatient) -> None:
    fine = synthetic_patient(21, replace(SEVERAL, spacing_mm=(3.0, 3.0, 3.0)))
    for name in ("Liver", "Spleen", "Kidney_R", "Stomach", "External", "Lung_L"):
        a, b = fine.case.structures[name], several.case.structures[name]
        assert a.volume_cc == pytest.approx(b.volume_cc, rel=0.03), name
        np.testing.assert_allclose(a.centroid_mm, b.centroid_mm, atol=2.0)


def test_without_noise_the_image_is_smooth_and_the_organs_equal(
    several: SyntheticPatient,
) -> None:
    quiet = synthetic_patient(21, replace(SEVERAL, noise=False))
    liver = several.case.structures["Liver"]
    again = quiet.case.structures["Liver"]
    assert liver.coverage.values.tobytes() == again.coverage.values.tobytes()
    grid = quiet.case.image.grid
    spleen = quiet.case.structures["Spleen"].mask_on(grid) > 0.999
    assert float(quiet.case.image.values[spleen].std()) < 1.0
    assert float(several.case.image.values[spleen].std()) > 4.0


def test_the_couch_lies_behind_the_patient() -> None:
    lying = synthetic_patient(21, replace(SEVERAL, table=True)).case
    couch, body = lying.structures["CouchSurface"], lying.structures["External"]
    assert couch.role == "SUPPORT"
    assert couch.centroid_mm[1] > body.centroid_mm[1] + 90
    both = np.minimum(couch.mask_on(lying.image.grid), body.mask_on(lying.image.grid))
    assert both.max() < 0.1


def test_redrawn_tumours_are_said() -> None:
    patient = synthetic_patient(19, COARSE)
    assert patient.draw.redraws == 1
    assert any("did not fit" in note.text for note in patient.case.notes)


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"Seed is -1; 0 or more"):
        synthetic_patient(-1)
