"""A small case on any grid, with a ring, a tumour and a dose, to be written and read back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hepatica.case import Case, Contours, Dose, Grid, Plan, Structure, Volume

FRAME = "1.2.826.0.1.3680043.8.498.77"
SHAPE = (9, 40, 50)
SPACING_MM = (1.7, 2.3, 3.1)
ORIGIN_MM = (-42.123456, -30.5, 12.25)

AXIAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
PRONE = ((-1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, 1.0))
CORONAL = ((1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.0, -1.0, 0.0))
LEFT_HANDED = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, -1.0))


def oblique() -> tuple[tuple[float, float, float], ...]:
    """Axes turned about two directions."""
    a, b = 0.31, -0.22
    about_z = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    return tuple(tuple(float(v) for v in row) for row in about_z @ about_x)


DIRECTIONS = {
    "axial": AXIAL,
    "prone": PRONE,
    "coronal": CORONAL,
    "left-handed": LEFT_HANDED,
    "oblique": oblique(),
}


def grid(direction: tuple[tuple[float, float, float], ...] = AXIAL) -> Grid:
    return Grid(SHAPE, SPACING_MM, ORIGIN_MM, direction)


def circle(on: Grid, plane: int, radius_mm: float) -> NDArray[np.float64]:
    """A loop around the middle of one slice."""
    turn = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    columns = 24.3 + radius_mm / on.spacing_mm[0] * np.cos(turn)
    rows = 19.6 + radius_mm / on.spacing_mm[1] * np.sin(turn)
    return on.point_at(np.stack([columns, rows, np.full(72, float(plane))], axis=1))


def ring(on: Grid) -> Contours:
    """A tube with a hole and, in the hole, an island."""
    return Contours(tuple(circle(on, k, r) for k in range(2, 7) for r in (30.0, 18.0, 7.0)))


def dose_values() -> NDArray[np.float32]:
    z, y, x = np.indices(SHAPE)
    bell = np.exp(-((x - 24) ** 2 / 200 + (y - 19) ** 2 / 150 + (z - 4) ** 2 / 9))
    return (51.234 * bell).astype(np.float32)


def case(direction: tuple[tuple[float, float, float], ...] = AXIAL) -> Case:
    on = grid(direction)
    rng = np.random.default_rng(3)
    image = Volume(rng.integers(-1000, 3000, SHAPE).astype(np.int16), on, "HU")
    tumour = Contours(tuple(circle(on, k, 5.0) for k in (3, 4, 5)))
    structures = (
        Structure.from_contours("Liver", ring(on), on, "ORGAN", "drawn"),
        Structure.from_contours("GTV1", tumour, on, "GTV", "drawn"),
    )
    dose = Dose("1.2.3.7", "total", Volume(dose_values(), on, "Gy"), "PLAN", "1.2.3.9", FRAME)
    plan = Plan("1.2.3.9", "SBRT liver", 6, 42.7, (), FRAME, None)
    return Case(
        "HEP-001", image, FRAME, {s.name: s for s in structures}, plans=(plan,), doses=(dose,)
    )
