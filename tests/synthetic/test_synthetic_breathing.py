"""Breathing moves the organs and leaves the wall where it is."""

from __future__ import annotations

import numpy as np
import pytest

from hepatica.case import Case
from hepatica.errors import InvalidInput
from hepatica.synthetic import (
    Anatomy,
    SyntheticPatient,
    breathing_phase,
    synthetic_patient,
    tumour_motion,
)
from hepatica.synthetic.breathing import EXHALE, PHASES, displacement_field, inhaled


@pytest.fixture(scope="module")
def patient() -> SyntheticPatient:
    return synthetic_patient(7, Anatomy(spacing_mm=(4.0, 4.0, 4.0), lesions=2, gtv_cc=50.0))


@pytest.fixture(scope="module")
def inhale(patient: SyntheticPatient) -> Case:
    return breathing_phase(patient, 0)


def test_exhale_is_the_patient_as_made(patient: SyntheticPatient) -> None:
    assert breathing_phase(patient, EXHALE) is patient.case


def test_the_trace_is_lujans_and_stays_long_at_exhale(patient: SyntheticPatient) -> None:
    breathing = patient.draw.breathing
    trace = [inhaled(phase, breathing) for phase in range(PHASES)]
    assert trace[0] == pytest.approx(1.0)
    assert trace[EXHALE] == pytest.approx(0.0, abs=1e-12)
    assert trace[1] == pytest.approx(np.cos(np.pi / 10) ** 6)
    assert np.allclose(trace[1:], trace[:0:-1])
    assert np.mean(np.array(trace) < 0.3) == 0.7


def test_tumours_move_by_the_drawn_amplitude(patient: SyntheticPatient, inhale: Case) -> None:
    breathing = patient.draw.breathing
    wished = np.array(
        [breathing.leftright_mm, -breathing.anteroposterior_mm, -breathing.craniocaudal_mm]
    )
    for gtv in patient.case.gtvs:
        moved = inhale.structures[gtv.name]
        np.testing.assert_allclose(moved.centroid_mm - gtv.centroid_mm, wished, atol=0.3)
        assert moved.volume_cc == pytest.approx(gtv.volume_cc, rel=0.02)


def test_the_image_moves_with_the_structures(inhale: Case) -> None:
    grid = inhale.image.grid
    tumour = np.maximum.reduce([g.mask_on(grid) for g in inhale.gtvs]) > 0.99
    liver = (inhale.structures["Liver"].mask_on(grid) > 0.99) & ~tumour
    assert inhale.image.values[tumour].mean() + 25 < inhale.image.values[liver].mean()


@pytest.mark.parametrize("name", ["External", "Skin", "Rib", "SpinalCord", "SpinalCanal"])
def test_wall_and_spine_stay(patient: SyntheticPatient, inhale: Case, name: str) -> None:
    grid = patient.case.image.grid
    before = patient.case.structures[name].mask_on(grid)
    after = inhale.structures[name].mask_on(grid)
    assert np.abs(after - before).max() < 0.05


def test_organs_still_do_not_overlap(patient: SyntheticPatient, inhale: Case) -> None:
    grid = inhale.image.grid
    parts = {"SpinalCord", "Rib", "External", *(g.name for g in inhale.gtvs)}
    total = sum(s.mask_on(grid) for name, s in inhale.structures.items() if name not in parts)
    assert np.max(total) <= 1.02
    liver = inhale.structures["Liver"].mask_on(grid)
    assert all((g.mask_on(grid) <= liver + 0.02).all() for g in inhale.gtvs)


def test_the_liver_keeps_its_volume(patient: SyntheticPatient, inhale: Case) -> None:
    before = patient.case.structures["Liver"].volume_cc
    assert inhale.structures["Liver"].volume_cc == pytest.approx(before, rel=0.04)


def test_the_field_says_where_tissue_came_from(patient: SyntheticPatient) -> None:
    field = displacement_field(patient, 0)
    assert field.shape == (*patient.case.image.grid.shape, 3)
    breathing = patient.draw.breathing
    assert field[..., 2].min() == pytest.approx(-breathing.craniocaudal_mm, rel=1e-5)
    assert not displacement_field(patient, 0)[0, 0, 0].any()


def test_the_summary_gives_each_tumour_its_motion(patient: SyntheticPatient) -> None:
    rows = tumour_motion(patient)
    assert [row.name for row in rows] == ["GTV1", "GTV2"]
    for row in rows:
        whole, mean = row.peak_to_peak_mm[2], row.mean_mm[2]
        assert whole == pytest.approx(patient.draw.breathing.craniocaudal_mm, rel=0.05)
        # The mean of cos^6 over a period is 5/16.
        assert mean / whole == pytest.approx(5 / 16, abs=1e-3)


@pytest.mark.parametrize("phase", [-1, 10])
def test_a_moment_that_is_not_there_is_refused(patient: SyntheticPatient, phase: int) -> None:
    with pytest.raises(InvalidInput, match=r"0 \(end inhale\) to 9 is allowed"):
        breathing_phase(patient, phase)
