"""The organs of the upper abdomen beside the liver, and the heart above it."""

from __future__ import annotations

from typing import Any

import numpy as np

from hepatica.synthetic.data import hounsfield, shapes
from hepatica.synthetic.lattice import Array, Region
from hepatica.synthetic.layers import Layer
from hepatica.synthetic.solids import bounds, carve, ellipsoid, filled, tube
from hepatica.synthetic.trunk import Frame

BENEATH_LIVER = (
    "Esophagus",
    "Bowel_Small",
    "Bowel_Large",
    "Pancreas",
    "Stomach",
    "Duodenum",
    "Spleen",
)
"""Painted before the liver: where both claim a voxel, the liver has it."""

OVER_LIVER = ("Gallbladder", "V_Portal", "Kidney_R", "Kidney_L", "V_Venacava_I", "A_Aorta", "Heart")

_GAP_MM = 3.0
_LUMEN_MM = 3.5


def jittered(rng: np.random.Generator) -> dict[str, dict[str, Any]]:
    """The organ shapes of one patient: each shifted a little, tubes wider or narrower."""
    drawn = {}
    for name, shape in {**shapes()["organs"], "Bowel_Small": _small_bowel(rng)}.items():
        shift = np.clip(rng.normal(0, 1, 3), -2, 2) * shape["wobble"]
        factor = float(np.exp(np.clip(rng.normal(0, 0.04), -0.08, 0.08)))
        if "tube" in shape:
            knots = np.array(shape["tube"], dtype=float)
            knots[:, :3] += shift
            knots[:, 3] *= factor
            drawn[name] = {"tube": knots}
        else:
            drawn[name] = {
                "centre": np.array(shape["centre"]) + shift,
                "radii": np.array(shape["radii"]) * factor,
                "tilt": shape["tilt"],
            }
    return drawn


def organ_layer(name: str, around: Frame, drawn: dict[str, dict[str, Any]]) -> Layer | None:
    """One organ; None when it lies outside the image."""
    shape = drawn[name]
    if "tube" in shape:
        low, high = bounds(shape["tube"])
    else:
        reach = float(np.max(shape["radii"]))
        low, high = shape["centre"] - reach, shape["centre"] + reach
    region = around.region.box(low - 4, high + 4)
    if region is None:
        return None
    surface = _surface(name, region, shape)
    if name in ("Heart", "Esophagus", "A_Aorta", "V_Venacava_I"):
        window = region.within(around.region)
        surface = np.maximum(surface, around.cavity[window] + _GAP_MM)
        if name == "Heart":
            surface = carve(surface, -around.abdomen[window] + _GAP_MM, 8.0)
    else:
        surface = carve(surface, around.inside(region, _GAP_MM), 4.0)
    share = filled(surface, region.voxel_mm)
    return Layer(name, region.window, share, _tissue(name, region, surface))


def _surface(name: str, region: Region, shape: dict[str, Any]) -> Array:
    if "tube" in shape:
        surface = tube(region, shape["tube"])
        if name == "Bowel_Large":
            path = region.x - region.y + np.float32(1.2) * region.z
            surface += np.float32(1.4) * np.sin(path * np.float32(0.25))
        return surface
    body = ellipsoid(region, shape["centre"], shape["radii"], shape["tilt"])
    if name.startswith("Kidney"):
        return carve(body, -_hilum(region, shape), 5.0)
    if name == "Spleen":
        inward = shape["centre"] + np.array([-34.0, -16.0, 0.0])
        return carve(body, -ellipsoid(region, inward, (24, 34, 70)), 6.0)
    return body


def _hilum(region: Region, shape: dict[str, Any]) -> Array:
    side = np.sign(shape["centre"][0])
    mouth = shape["centre"] + np.array([-side * 22.0, -13.0, 0.0])
    return ellipsoid(region, mouth, (13, 12, 17))


def _tissue(name: str, region: Region, surface: Array) -> float | Array:
    if name.startswith("Kidney"):
        inner = np.clip((-surface - 9) / 5, 0, 1)
        cortex, medulla = hounsfield("kidney_cortex"), hounsfield("kidney_medulla")
        return np.asarray(cortex + (medulla - cortex) * inner, np.float32)
    if name == "Stomach":
        return _hollow(region, surface, hounsfield("bowel_fluid"), level_mm=-30.0)
    if name in ("Duodenum", "Bowel_Small"):
        return _hollow(region, surface, hounsfield("bowel_fluid"), level_mm=-1e3)
    if name == "Bowel_Large":
        return _hollow(region, surface, hounsfield("stool"), level_mm=-66.0)
    if name == "Heart":
        return _heart(region)
    return hounsfield(_TISSUE[name])


_TISSUE = {
    "Spleen": "spleen",
    "Esophagus": "oesophagus",
    "Pancreas": "pancreas",
    "Gallbladder": "gallbladder",
    "A_Aorta": "aorta",
    "V_Venacava_I": "cava",
    "V_Portal": "portal_vein",
}


def _heart(region: Region) -> Array:
    chambers = [ellipsoid(region, **chamber) for chamber in shapes()["heart_chambers"]]
    blood = filled(np.minimum.reduce(chambers), 2 * region.voxel_mm)
    muscle = hounsfield("myocardium")
    return np.asarray(muscle + blood * (hounsfield("heart_blood") - muscle), np.float32)


def _hollow(region: Region, surface: Array, content_hu: float, level_mm: float) -> Array:
    """A wall around content, with gas above a level: the patient lies on the back."""
    lumen = filled(surface + np.float32(_LUMEN_MM), region.voxel_mm)
    gas = filled(region.y - np.float32(level_mm), region.voxel_mm)
    inside = content_hu + gas * (hounsfield("gas") - content_hu)
    wall = hounsfield("bowel_wall")
    return np.asarray(wall + lumen * (inside - wall), np.float32)


def _small_bowel(rng: np.random.Generator) -> dict[str, Any]:
    """Loops that wind through the lower half of the image."""
    points = []
    for level, height in enumerate(range(-92, -210, -30)):
        rows = (-58.0, -34.0, -10.0, 12.0)
        for row, depth in enumerate(rows if level % 2 == 0 else rows[::-1]):
            across = np.linspace(-74, 74, 9)
            for k, x in enumerate(across if (level + row) % 2 == 0 else across[::-1]):
                bend = 8.0 * (-1) ** k
                shift = rng.normal(0, 3.5, 3) + np.array([0.0, 0.4 * bend, bend])
                radius = float(rng.uniform(10.5, 13.5))
                points.append([x + shift[0], depth + shift[1], height + shift[2], radius])
    return {"tube": points, "wobble": 0}
