"""The liver of a wished volume: two lobes under the diaphragm, cut off by the organs below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hepatica.synthetic.data import hounsfield, shapes
from hepatica.synthetic.lattice import Array, Region
from hepatica.synthetic.layers import Layer
from hepatica.synthetic.solids import blend, carve, ellipsoid, filled, tube
from hepatica.synthetic.trunk import Frame

_SMALLEST, _LARGEST = 0.70, 1.45
_GAP_MM = 2.5
_LOW, _HIGH = np.array([-150.0, -100.0, -150.0]), np.array([125.0, 100.0, 110.0])


@dataclass(frozen=True)
class LiverShape:
    """The liver on the box of voxels around it: distance to its surface, in reference mm."""

    region: Region
    surface: Array

    @property
    def filled(self) -> Array:
        """Share of each voxel, before the organs that press into it."""
        return filled(self.surface, self.region.voxel_mm)


def liver_shape(around: Frame, size: float) -> LiverShape:
    """The liver, grown about its upper right corner by a factor."""
    table: dict[str, Any] = shapes()["liver"]
    region = around.region.box(_LOW, _HIGH) or around.region
    anchor = np.array(table["anchor"], dtype=float)

    def moved(point: Any) -> Any:
        return anchor + size * (np.asarray(point, dtype=float) - anchor)

    lobes = [
        ellipsoid(region, moved(lobe["centre"]), size * np.array(lobe["radii"]))
        for lobe in (table["right"], table["left"])
    ]
    point = moved(table["visceral"]["point"])
    normal = np.array(table["visceral"]["normal"])
    normal /= np.linalg.norm(normal)
    beyond = sum(
        np.float32(n) * (axis - np.float32(p))
        for n, axis, p in zip(normal, (region.x, region.y, region.z), point, strict=True)
    )
    hollow = np.asarray(beyond, np.float32)
    body = carve(blend(lobes[0], lobes[1], 16.0), hollow, 16.0)
    return LiverShape(region, carve(body, around.inside(region, _GAP_MM), 3.0))


def fitting_size(around: Frame, clear: Array, voxel_cc: float, wished_cc: float) -> float:
    """The growth factor at which the liver has the wished volume.

    Parameters
    ----------
    clear : share of each voxel that organs pressing into the liver leave to it
    """
    low, high = _SMALLEST, _LARGEST
    for _ in range(12):
        size = 0.5 * (low + high)
        volume = float((liver_shape(around, size).filled * clear).sum()) * voxel_cc
        low, high = (size, high) if volume < wished_cc else (low, size)
    return 0.5 * (low + high)


def liver_layers(liver: LiverShape) -> list[Layer]:
    """Liver and the vessels in it, which belong to it."""
    region, whole = liver.region, liver.filled
    table = shapes()["hepatic_vessels"]
    layers = [Layer("Liver", region.window, whole, hounsfield("liver"))]
    for branches, tissue in (("portal", "portal_vein"), ("hepatic", "hepatic_vein")):
        surface = np.minimum.reduce([tube(region, points) for points in table[branches]])
        inside = np.minimum(filled(surface, region.voxel_mm), whole)
        layers.append(Layer("", region.window, inside, hounsfield(tissue), "Liver"))
    return layers


def segments(region: Region, liver: Array) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Label 1-8 of each liver voxel: sectors between the hepatic veins, halved at the portal vein.

    The planes stand upright around the vena cava, as Couinaud (1957) drew them; segment 1 is what
    lies between the cava and the portal bifurcation.
    """
    # Angle at the cava: 0 to the back on the right, growing through the front to the left.
    angle = np.rad2deg(np.arctan2(-(region.y - 6.0), -(region.x + 21.0)))
    upper = region.z > 14.0
    left_upper = region.z > 48.0
    label = np.where(upper, 7, 6)
    label = np.where(angle > 10, np.where(upper, 8, 5), label)
    label = np.where(angle > 52, 4, label)
    label = np.where(angle > 100, np.where(left_upper, 2, 3), label)
    caudate = (np.abs(region.x + 16.0) < 18) & (np.abs(region.y - 5) < 20)
    caudate &= np.abs(region.z - 26.0) < 30
    label = np.where(caudate, 1, label)
    return np.asarray(np.where(liver > 0.5, label, 0), np.uint8)
