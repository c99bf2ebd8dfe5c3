"""A flat patient of a few hundred points with five beams: large enough to be a real trade-off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hepatica.physics.optimise import MatrixDose, Region


@dataclass(frozen=True, eq=False)
class Patient:
    """A disc with a target beside an organ and a larger organ around both."""

    dose: MatrixDose
    target: Region
    cord: Region
    liver: Region
    body: Region
    voxels: np.ndarray
    shape: tuple[int, int, int]


def flat_patient(side: int = 36, bixels_per_beam: int = 13) -> Patient:
    """Points in a disc of 130 mm radius; each bixel is a pencil that weakens with depth."""
    axis = np.linspace(-130.0, 130.0, side)
    x, y = (grid.ravel() for grid in np.meshgrid(axis, axis))
    inside = x**2 + y**2 <= 130.0**2
    points = np.column_stack([x, y])[inside]
    columns = []
    for angle in np.deg2rad([0.0, 72.0, 144.0, 216.0, 288.0]):
        along = points @ [np.cos(angle), np.sin(angle)]
        across = (points - _CENTRE) @ [-np.sin(angle), np.cos(angle)]
        for offset in np.linspace(-36.0, 36.0, bixels_per_beam):
            pencil = np.exp(-0.5 * ((across - offset) / 7.0) ** 2)
            scatter = 0.04 * np.exp(-0.5 * ((across - offset) / 30.0) ** 2)
            columns.append((pencil + scatter) * np.exp(-0.005 * (130.0 - along)))
    target = _disc(points, _CENTRE, 28.0)
    cord = _disc(points, (25.0, 10.0), 14.0) & ~target
    liver = _disc(points, (-30.0, 10.0), 75.0) & ~target & ~cord
    rest = ~(target | cord | liver)
    return Patient(
        MatrixDose(np.column_stack(columns)),
        *(
            Region(name, np.flatnonzero(mask), 0.25)
            for name, mask in (("TARGET", target), ("CORD", cord), ("LIVER", liver), ("BODY", rest))
        ),
        np.flatnonzero(inside),
        (1, side, side),
    )


_CENTRE = (-20.0, 5.0)


def _disc(points: np.ndarray, centre: tuple[float, float], radius: float) -> np.ndarray:
    return ((points - centre) ** 2).sum(axis=1) <= radius**2
