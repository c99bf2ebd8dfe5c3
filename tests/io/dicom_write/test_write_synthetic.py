"""A synthetic patient goes through DICOM like a clinical one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from hepatica.case import Case
from hepatica.io.dicom.read import read_dicom
from hepatica.io.dicom.write import WriteOptions, write_case
from hepatica.synthetic import Anatomy, breathing_phase, synthetic_patient

KEPT = ("GTV1", "Liver", "Kidney_L", "SpinalCord", "Chestwall", "Lung_R")


def some(case: Case) -> Case:
    return replace(case, structures={name: case.structures[name] for name in KEPT})


@pytest.fixture(scope="module")
def original() -> Case:
    wished = Anatomy(spacing_mm=(4.0, 4.0, 5.0), lesions=1, gtv_cc=40.0)
    return some(synthetic_patient(12, wished).case)


@pytest.fixture(scope="module")
def back(original: Case, tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp("synthetic")
    write_case(original, folder, WriteOptions())
    return read_dicom([folder], case_id=original.case_id)


def test_the_image_comes_back(original: Case, back: Case) -> None:
    np.testing.assert_array_equal(back.image.values, original.image.values)
    assert back.image.grid.same_lattice(original.image.grid)
    assert back.frame_of_reference_uid == original.frame_of_reference_uid


@pytest.mark.parametrize("name", KEPT)
def test_structures_come_back_within_half_a_voxel(original: Case, back: Case, name: str) -> None:
    before, after = original.structures[name], back.structures[name]
    assert after.role == before.role
    assert after.volume_cc == pytest.approx(before.volume_cc, rel=0.01)
    np.testing.assert_allclose(after.centroid_mm, before.centroid_mm, atol=0.4)
    grid = original.image.grid
    away = np.abs(after.mask_on(grid) - before.mask_on(grid))
    assert np.count_nonzero(away > 0.5) <= 0.002 * np.count_nonzero(before.mask_on(grid))


def test_the_chest_wall_comes_back_hollow(original: Case, back: Case) -> None:
    middle = original.structures["Liver"].centroid_mm[None]
    assert back.structures["Chestwall"].coverage.sample(middle, outside=0.0)[0] == 0.0


def test_moments_of_a_breath_share_study_and_frame_but_no_image(tmp_path: Path) -> None:
    patient = synthetic_patient(12, Anatomy(spacing_mm=(5.0, 5.0, 6.0)))
    found = []
    for phase in (0, 5):
        case = replace(breathing_phase(patient, phase), structures={})
        summary = write_case(case, tmp_path / str(phase))
        found.append(pydicom.dcmread(summary.ct[0]))
    one, two = found
    assert one.StudyInstanceUID == two.StudyInstanceUID
    assert one.FrameOfReferenceUID == two.FrameOfReferenceUID
    assert one.SeriesInstanceUID != two.SeriesInstanceUID
    assert one.SOPInstanceUID != two.SOPInstanceUID
