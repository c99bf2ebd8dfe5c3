"""Reads rigid registrations (REG) and finds the way from one frame of reference to another."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from hepatica.case.grid import Grid
from hepatica.errors import Inconsistent, InvalidInput
from hepatica.io.dicom.files import read_dataset, reading, short_uid, text

_DEFORMABLE = "1.2.840.10008.5.1.4.1.1.66.3"
_RIGID_TOLERANCE = 1e-4
_SAME_PLACE_MM = 0.1
_REACH_MM = 300.0


@dataclass(frozen=True, eq=False)
class Registration:
    """How points of one frame of reference are found in another.

    Parameters
    ----------
    source_uid, target_uid : frame of reference UIDs
    matrix : (4, 4) array, mm
        Takes ``(x, y, z, 1)`` of the source frame to the target frame; rotation and translation.
    origin : the file it comes from, for messages
    called : the end of its UID, for what is stored
    """

    source_uid: str
    target_uid: str
    matrix: NDArray[np.float64]
    origin: str
    called: str = ""

    def points(self, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """(points, 3) array in the target frame, mm."""
        return np.asarray(points_mm @ self.matrix[:3, :3].T + self.matrix[:3, 3])

    def grid(self, grid: Grid) -> Grid:
        """The same lattice seen from the target frame: turned and moved, never resampled."""
        axes = self.matrix[:3, :3] @ grid.axes
        origin = self.points(np.array([grid.origin_mm]))[0]
        return Grid(
            shape=grid.shape,
            spacing_mm=grid.spacing_mm,
            origin_mm=(float(origin[0]), float(origin[1]), float(origin[2])),
            direction=tuple(map(tuple, axes)),
        )

    def reversed(self) -> Registration:
        """The way back."""
        back = np.asarray(np.linalg.inv(self.matrix), dtype=np.float64)
        return Registration(self.target_uid, self.source_uid, back, self.origin, self.called)


def read_registrations(path: Path) -> tuple[Registration, ...]:
    """The rigid transformations of one REG file.

    Each item of the RegistrationSequence maps points of its own frame *into the frame of the REG
    file* (PS3.3 C.20.2.1.1): that direction is kept.

    Raises
    ------
    InvalidInput
        If the registration is deformable or not rigid, or an item names no frame of reference.
    """
    with reading(path):
        dataset = read_dataset(path)
        if text(dataset, "SOPClassUID") == _DEFORMABLE:
            raise InvalidInput(
                f"REG {path.name}: it is deformable; Hepatica follows rigid registrations only. "
                "Transfer structures and dose in the planning system and export the result."
            )
        target = text(dataset, "FrameOfReferenceUID")
        if not target:
            raise InvalidInput(
                f"REG {path.name}: it has no FrameOfReferenceUID, so nobody knows where it leads."
            )
        items = dataset.get("RegistrationSequence") or []
        names = (path.name, short_uid(text(dataset, "SOPInstanceUID")))
        return tuple(
            Registration(_source(item, target, path), target, _matrix(item, path), *names)
            for item in items
        )


def way_between(
    registrations: Sequence[Registration], source_uid: str, target_uid: str
) -> Registration | None:
    """The registration from one frame to the other, through others and backwards if need be.

    Raises
    ------
    Inconsistent
        If two registrations of the same pair of frames disagree by more than 0.1 mm within 30 cm.
    """
    steps = [s for r in registrations for s in (r, r.reversed()) if r.source_uid != r.target_uid]
    _require_agreement(steps)
    queue: deque[tuple[str, tuple[Registration, ...]]] = deque([(source_uid, ())])
    seen = {source_uid}
    while queue:
        here, way = queue.popleft()
        if here == target_uid and way:
            return _chained(way)
        for step in steps:
            if step.source_uid == here and step.target_uid not in seen:
                seen.add(step.target_uid)
                queue.append((step.target_uid, (*way, step)))
    return None


def _chained(way: Sequence[Registration]) -> Registration:
    matrix = reduce(lambda done, step: step.matrix @ done, way, np.eye(4))
    origin = ", ".join(dict.fromkeys(step.origin for step in way))
    called = ", ".join(dict.fromkeys(step.called for step in way))
    return Registration(way[0].source_uid, way[-1].target_uid, matrix, origin, called)


def _require_agreement(steps: Sequence[Registration]) -> None:
    corners = _REACH_MM * np.array([[i, j, k] for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)])
    first: dict[tuple[str, str], Registration] = {}
    for step in steps:
        known = first.setdefault((step.source_uid, step.target_uid), step)
        apart = float(np.abs(known.points(corners) - step.points(corners)).max())
        if apart > _SAME_PLACE_MM:
            raise Inconsistent(
                f"REG {known.origin} and REG {step.origin} join the same two frames of reference "
                f"but disagree by {apart:.1f} mm. Remove the one that is not valid."
            )


def _source(item: Dataset, target: str, path: Path) -> str:
    source = text(item, "FrameOfReferenceUID")
    if source:
        return source
    matrix = _matrix(item, path)
    if np.allclose(matrix, np.eye(4)):
        return target
    raise InvalidInput(
        f"REG {path.name}: a registration names images but no FrameOfReferenceUID; Hepatica links "
        "by frame of reference. Export the registration with frames of reference."
    )


def _matrix(item: Dataset, path: Path) -> NDArray[np.float64]:
    found = [
        _rigid(entry, path)
        for registration in item.get("MatrixRegistrationSequence") or []
        for entry in registration.get("MatrixSequence") or []
    ]
    if not found:
        raise InvalidInput(f"REG {path.name}: a registration holds no transformation matrix.")
    forward = reduce(lambda done, one: done @ one, found, np.eye(4))
    backward = reduce(lambda done, one: done @ one, reversed(found), np.eye(4))
    if not np.allclose(forward, backward, atol=_SAME_PLACE_MM / _REACH_MM):
        # Systems disagree on which of several matrices comes first; a wrong guess moves a target.
        raise InvalidInput(
            f"REG {path.name}: one registration holds {len(found)} matrices whose order matters. "
            "Export it as a single matrix."
        )
    return forward


def _rigid(entry: Dataset, path: Path) -> NDArray[np.float64]:
    values = entry.get("FrameOfReferenceTransformationMatrix") or []
    kind = text(entry, "FrameOfReferenceTransformationMatrixType") or "of unknown type"
    if len(values) != 16:
        raise InvalidInput(f"REG {path.name}: a matrix has {len(values)} numbers; 16 are needed.")
    matrix = np.array([float(v) for v in values]).reshape(4, 4)
    turn = matrix[:3, :3]
    proper = np.allclose(turn.T @ turn, np.eye(3), atol=_RIGID_TOLERANCE)
    if not proper or np.linalg.det(turn) < 0 or not np.allclose(matrix[3], (0, 0, 0, 1)):
        raise InvalidInput(
            f"REG {path.name}: its matrix ({kind}) is not a rotation and a translation. Hepatica "
            "follows rigid registrations only: scaling or shearing would change volumes and doses."
        )
    return matrix
