"""Registrations lead from one frame of reference to another, the right way round."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from hepatica.case.grid import Grid
from hepatica.errors import Inconsistent, InvalidInput
from hepatica.io.dicom.registration import read_registrations, way_between
from tests.io.dicom.builders import DEFORMABLE, FRAME, registration, turned, uid

OTHER = uid("other")
THIRD = uid("third")


def test_the_matrix_maps_into_the_frame_of_the_reg_file(tmp_path: Path) -> None:
    path = registration(tmp_path / "reg.dcm", OTHER, turned(90.0, (10.0, 0.0, 0.0)))
    way = way_between(read_registrations(path), OTHER, FRAME)
    assert way is not None
    assert way.points(np.array([[1.0, 0.0, 5.0]]))[0] == pytest.approx([10.0, 1.0, 5.0])


def test_the_way_back_undoes_the_way_there(tmp_path: Path) -> None:
    path = registration(tmp_path / "reg.dcm", OTHER, turned(30.0, (10.0, -4.0, 2.0)))
    there = way_between(read_registrations(path), OTHER, FRAME)
    back = way_between(read_registrations(path), FRAME, OTHER)
    assert there is not None
    assert back is not None
    points = np.array([[1.0, 2.0, 3.0], [-40.0, 5.0, 70.0]])
    assert back.points(there.points(points)) == pytest.approx(points)


def test_two_registrations_are_chained(tmp_path: Path) -> None:
    one = registration(tmp_path / "a.dcm", THIRD, turned(0.0, (5.0, 0.0, 0.0)), target_frame=OTHER)
    two = registration(tmp_path / "b.dcm", OTHER, turned(90.0))
    way = way_between([*read_registrations(one), *read_registrations(two)], THIRD, FRAME)
    assert way is not None
    assert way.points(np.array([[1.0, 0.0, 0.0]]))[0] == pytest.approx([0.0, 6.0, 0.0])
    assert way.origin == "a.dcm, b.dcm"


def test_without_a_connection_there_is_no_way(tmp_path: Path) -> None:
    path = registration(tmp_path / "reg.dcm", OTHER, np.eye(4))
    assert way_between(read_registrations(path), THIRD, FRAME) is None


def test_a_moved_grid_keeps_its_voxels_where_they_were(tmp_path: Path) -> None:
    path = registration(tmp_path / "reg.dcm", OTHER, turned(25.0, (10.0, -4.0, 2.0)))
    way = way_between(read_registrations(path), OTHER, FRAME)
    assert way is not None
    grid = Grid((3, 4, 5), (1.0, 2.0, 3.0), (7.0, 8.0, 9.0))
    index = np.array([[4.0, 1.0, 2.0]])
    assert way.grid(grid).point_at(index) == pytest.approx(way.points(grid.point_at(index)))


def test_registrations_that_disagree_are_refused(tmp_path: Path) -> None:
    one = registration(tmp_path / "a.dcm", OTHER, turned(0.0, (5.0, 0.0, 0.0)))
    two = registration(tmp_path / "b.dcm", OTHER, turned(0.0, (0.0, 5.0, 0.0)))
    both = [*read_registrations(one), *read_registrations(two)]
    with pytest.raises(Inconsistent, match=r"REG a.dcm and REG b.dcm .* disagree by 5\.0 mm"):
        way_between(both, OTHER, FRAME)


def test_a_scaling_matrix_is_refused(tmp_path: Path) -> None:
    path = registration(tmp_path / "reg.dcm", OTHER, np.diag([1.1, 1.0, 1.0, 1.0]))
    with pytest.raises(InvalidInput, match=r"\(RIGID\) is not a rotation and a translation"):
        read_registrations(path)


def test_a_mirror_is_refused(tmp_path: Path) -> None:
    path = registration(tmp_path / "reg.dcm", OTHER, np.diag([-1.0, 1.0, 1.0, 1.0]))
    with pytest.raises(InvalidInput, match="not a rotation and a translation"):
        read_registrations(path)


def test_several_matrices_whose_order_matters_are_refused(tmp_path: Path) -> None:
    path = registration(
        tmp_path / "reg.dcm", OTHER, turned(90.0), more=[turned(0.0, (5.0, 0.0, 0.0))]
    )
    with pytest.raises(InvalidInput, match="2 matrices whose order matters"):
        read_registrations(path)


def test_several_matrices_whose_order_does_not_matter_are_multiplied(tmp_path: Path) -> None:
    path = registration(tmp_path / "reg.dcm", OTHER, turned(30.0), more=[turned(60.0)])
    way = way_between(read_registrations(path), OTHER, FRAME)
    assert way is not None
    assert way.matrix == pytest.approx(turned(90.0))


def test_a_deformable_registration_is_refused(tmp_path: Path) -> None:
    def deformable(ds: Dataset) -> None:
        ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = DEFORMABLE

    path = registration(tmp_path / "reg.dcm", OTHER, np.eye(4), change=deformable)
    with pytest.raises(InvalidInput, match="it is deformable; Hepatica follows rigid"):
        read_registrations(path)


def test_a_registration_without_frames_is_refused(tmp_path: Path) -> None:
    def frameless(ds: Dataset) -> None:
        del ds.RegistrationSequence[1].FrameOfReferenceUID

    path = registration(tmp_path / "reg.dcm", OTHER, turned(10.0), change=frameless)
    with pytest.raises(InvalidInput, match="names images but no FrameOfReferenceUID"):
        read_registrations(path)


def test_a_registration_without_its_own_frame_is_refused(tmp_path: Path) -> None:
    def frameless(ds: Dataset) -> None:
        del ds.FrameOfReferenceUID

    path = registration(tmp_path / "reg.dcm", OTHER, turned(10.0), change=frameless)
    with pytest.raises(InvalidInput, match="nobody knows where it leads"):
        read_registrations(path)


def test_a_matrix_of_the_wrong_size_is_refused(tmp_path: Path) -> None:
    def short(ds: Dataset) -> None:
        one = ds.RegistrationSequence[1].MatrixRegistrationSequence[0].MatrixSequence[0]
        one.FrameOfReferenceTransformationMatrix = ["1"] * 9

    path = registration(tmp_path / "reg.dcm", OTHER, turned(10.0), change=short)
    with pytest.raises(InvalidInput, match="has 9 numbers; 16 are needed"):
        read_registrations(path)


def test_a_registration_without_matrix_is_refused(tmp_path: Path) -> None:
    def none(ds: Dataset) -> None:
        del ds.RegistrationSequence[1].MatrixRegistrationSequence

    path = registration(tmp_path / "reg.dcm", OTHER, turned(10.0), change=none)
    with pytest.raises(InvalidInput, match="holds no transformation matrix"):
        read_registrations(path)
