"""A flat patient: one slice with a round liver, a round tumour and a stomach beside it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import erf

from hepatica.engine.isotoxic_plan import IsotoxicProblem
from hepatica.physics.optimise import MatrixDose, Region
from hepatica.protocol import Protocol, load_protocol

PIXEL_MM = 5.0
PIXEL_CC = 0.5


def points_mm(half_mm: float = 70.0) -> np.ndarray:
    """(points, 2) centres of the slice's pixels."""
    at = np.arange(-half_mm + PIXEL_MM / 2, half_mm, PIXEL_MM)
    x, y = np.meshgrid(at, at)
    found = np.c_[x.ravel(), y.ravel()]
    return found[np.hypot(*found.T) <= half_mm]


def matrix(
    points: np.ndarray, centre_mm: tuple[float, float], reach_mm: float, beams: int = 6
) -> np.ndarray:
    """(points, bixels) dose per weight of parallel pencils, with attenuation and a wide tail."""
    columns = []
    for angle in np.arange(beams) * 2 * np.pi / beams + 0.2:
        along, across = (
            np.array([np.cos(angle), np.sin(angle)]),
            np.array([-np.sin(angle), np.cos(angle)]),
        )
        depth = 70.0 + points @ along
        u = (points - centre_mm) @ across
        for middle in np.arange(-reach_mm, reach_mm + 1, PIXEL_MM):
            narrow = _edge(u, middle, 3.0)
            wide = _edge(u, middle, 14.0)
            columns.append(np.exp(-0.005 * depth) * (0.85 * narrow + 0.15 * wide))
    return np.array(columns).T / beams


def _edge(u: np.ndarray, middle: float, sigma: float) -> np.ndarray:
    root = np.sqrt(2) * sigma
    return 0.5 * (erf((u - middle + PIXEL_MM / 2) / root) - erf((u - middle - PIXEL_MM / 2) / root))


def regions(
    points: np.ndarray, tumour_mm: tuple[float, float], radius_mm: float, stomach: bool
) -> dict[str, Region]:
    """Liver, targets and, if wanted, a stomach that touches the planning target."""
    away = np.hypot(*(points - tumour_mm).T) - radius_mm
    liver = np.hypot(points[:, 0] + 10, points[:, 1]) <= 55
    found = {
        "GTV": away <= 0,
        "PTV_GTV": away <= 5,
        "PTV_CTV": away <= 10,
        "Liver-GTV": liver & (away > 0),
    }
    if stomach:
        found["Stomach"] = (points[:, 0] > tumour_mm[0] + radius_mm + 4) & (points[:, 1] > 0)
    return {
        name: Region(name, np.flatnonzero(inside), np.full(int(inside.sum()), PIXEL_CC))
        for name, inside in found.items()
    }


def problem(
    tumour_mm: tuple[float, float] = (5.0, 4.0),
    radius_mm: float = 12.0,
    stomach: bool = False,
    protocol: Protocol | None = None,
    bare: bool = True,
) -> IsotoxicProblem:
    """The six-fraction protocol's problem for this patient; ``bare`` without further wishes."""
    points = points_mm()
    operator = MatrixDose(matrix(points, tumour_mm, radius_mm + 10))
    found = IsotoxicProblem.of(
        protocol or load_protocol("sbrt-six-fraction"),
        operator,
        regions(points, tumour_mm, radius_mm, stomach),
    )
    if bare:
        return found.with_wishes(conformity=0.0, smoothness=0.0, reserve=0.0)
    return found


def with_exponent(found: IsotoxicProblem, n: float) -> IsotoxicProblem:
    """The same problem with another volume exponent of the risk model."""
    return replace(found, model=replace(found.model, n=n))
