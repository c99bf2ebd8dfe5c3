"""The trunk that the organs lie in: skin, fat, chest wall, ribs, spine, lungs, diaphragm."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hepatica.synthetic.data import hounsfield, shapes
from hepatica.synthetic.lattice import Array, Body, Region
from hepatica.synthetic.layers import Layer
from hepatica.synthetic.solids import blend, carve, column, dome, ellipsoid, filled, tube

_SKIN_MM = 3.0
_TAPER_ABOVE_MM = -20.0


@dataclass(frozen=True)
class Frame:
    """The two surfaces that everything else is measured from, as distances in reference mm.

    ``cavity`` is negative inside the wall, ``abdomen`` negative beneath the diaphragm, ``skin``
    negative inside the body. ``angle`` goes around the trunk: 0 at the spine, pi in front.
    """

    region: Region
    cavity: Array
    abdomen: Array
    skin: Array
    angle: Array

    def inside(self, part: Region, gap_mm: float) -> Array:
        """Distance to the abdominal cavity, kept a gap away from wall and diaphragm."""
        window = part.within(self.region)
        return np.maximum(self.cavity[window], self.abdomen[window]) + np.float32(gap_mm)


def frame(region: Region, body: Body) -> Frame:
    """Wall and diaphragm of this patient."""
    table = shapes()
    taper = 1 - 0.11 * (np.maximum(region.z - _TAPER_ABOVE_MM, 0) / 170) ** 2
    narrowed = replace(region, x=(region.x / taper).astype(np.float32))
    cavity = column(narrowed, **table["cavity"])
    first, *others = [dome(region, d["centre"], d["radii"]) for d in table["domes"]]
    for other in others:
        first = blend(first, other, 18.0)
    recess = table["recess"]
    below = region.z - np.float32(recess["height"]) - np.float32(recess["slope"]) * region.y
    around = 1 + 0.35 * np.clip(-region.y / 110, -0.3, 1)
    fat = np.float32(body.fat_mm) * around.astype(np.float32)
    skin = cavity - np.float32(table["wall_mm"]) - fat
    angle = np.arctan2(np.abs(region.x), region.y)
    return Frame(region, cavity, blend(first, below.astype(np.float32), 14.0), skin, angle)


def wall_layers(around: Frame) -> list[Layer]:
    """From the skin inward: skin, fat under it, wall, ribs, fat of the cavity."""
    region, table = around.region, shapes()
    whole, voxel = region.window, region.voxel_mm
    body = filled(around.skin, voxel)
    within_skin = filled(around.skin + np.float32(_SKIN_MM), voxel)
    wall = filled(around.cavity - np.float32(table["wall_mm"]), voxel)
    chest = wall * filled(_costal_arch(around) - region.z, voxel)
    rib, cartilage = _ribs(around)
    layers = [
        Layer("External", whole, body, hounsfield("skin")),
        Layer("Skin", whole, body, hounsfield("skin")),
        Layer("", whole, within_skin, hounsfield("fat")),
        Layer("", whole, wall, hounsfield("muscle")),
        Layer("Chestwall", whole, chest, hounsfield("muscle")),
        Layer("", whole, cartilage, hounsfield("cartilage"), "Chestwall"),
        Layer("Rib", whole, rib, hounsfield("rib"), "Chestwall"),
        Layer("", whole, filled(around.cavity, voxel), hounsfield("visceral_fat")),
    ]
    return layers


def chest_layers(around: Frame) -> list[Layer]:
    """Lungs, fat of the mediastinum and the diaphragm; the heart is an organ."""
    region = around.region
    voxel, whole = region.voxel_mm, region.window
    heart = shapes()["organs"]["Heart"]
    pericardium = ellipsoid(region, heart["centre"], [r + 5 for r in heart["radii"]], heart["tilt"])
    middle = blend(pericardium, column(region, (4, 0), (20, 84)), 16.0)
    space = carve(carve(around.cavity + 2, -around.abdomen + 2, 5.0), -middle, 8.0)
    both = filled(space, voxel)
    left = filled(4 - region.x, voxel)
    diaphragm = filled(np.maximum(np.abs(around.abdomen) - 1.6, around.cavity), voxel)
    hu = hounsfield("lung")
    return [
        Layer("", whole, diaphragm, hounsfield("muscle")),
        Layer("Lung_L", whole, both * left, hu),
        Layer("Lung_R", whole, both * (1 - left), hu),
    ]


def spine_layers(around: Frame) -> list[Layer]:
    """Back muscles, psoas, vertebrae with discs, canal and cord."""
    region, table = around.region, shapes()
    voxel, spine = region.voxel_mm, table["spine"]
    near = region.box(np.array([-75.0, 10.0, -400.0]), np.array([75.0, 130.0, 400.0])) or region
    window = near.window
    flesh = [column(near, **shape) for shape in table["muscles"]]
    flesh += [tube(near, points) for points in table["psoas"]]
    muscle = np.minimum(np.minimum.reduce(flesh), 1e3).astype(np.float32)
    muscle = np.maximum(muscle, around.skin[near.within(region)] + 6)
    body = column(near, **spine["body"])
    process, arch = _levels(near, spine)
    bone = blend(body, np.minimum(process, arch), 4.0)
    hu = _bone_of_vertebra(near, body, spine)
    canal, cord = column(near, **spine["canal"]), column(near, **spine["cord"])
    return [
        Layer("", window, filled(muscle, voxel), hounsfield("muscle")),
        Layer("", window, filled(bone, voxel), hu),
        Layer("SpinalCanal", window, filled(canal, voxel), hounsfield("canal")),
        Layer("SpinalCord", window, filled(cord, voxel), hounsfield("cord"), "SpinalCanal"),
    ]


def _levels(region: Region, spine: dict[str, Any]) -> tuple[Array, Array]:
    """Spinous and transverse processes once a vertebra, the arch all along."""
    height = spine["level_mm"]
    at = np.abs((region.z + height / 2) % height - height / 2) - np.float32(0.33 * height)
    process = np.maximum(column(region, **spine["process"]), at).astype(np.float32)
    transverse = np.maximum(column(region, **spine["transverse"]), at + 5).astype(np.float32)
    return np.minimum(process, transverse), column(region, **spine["arch"])


def _bone_of_vertebra(region: Region, body: Array, spine: dict[str, Any]) -> Array:
    height, disc = spine["level_mm"], spine["disc_mm"]
    to_disc = np.abs(region.z % height - height / 2) - np.float32(height / 2 - disc / 2)
    hard, soft = hounsfield("cortex"), hounsfield("vertebra")
    hu = soft + (hard - soft) * np.exp(-((np.minimum(body, 0) / 2.5) ** 2))
    hu = hu + (hard - soft) * 0.5 * np.exp(-((to_disc / 2.5) ** 2))
    is_disc = np.clip(0.5 + to_disc / region.voxel_mm, 0, 1) * (body < 1)
    return np.asarray(hu + (hounsfield("disc") - hu) * is_disc, np.float32)


def _costal_arch(around: Frame) -> Array:
    """Height of the lower rim of the rib cage, which rises toward the front."""
    rise = np.clip((around.angle - 1.75) / 1.3, 0, 1)
    return np.asarray(-72 + 112 * rise * rise * (3 - 2 * rise), np.float32)


def _ribs(around: Frame) -> tuple[Array, Array]:
    """Bone of ribs and sternum, and the cartilage between them in front."""
    region, shape = around.region, shapes()["ribs"]
    angle = around.angle
    bend = np.minimum(angle, 2.05)
    descent = shape["drop"] * (1 - np.cos(bend)) / 2 - 62 * np.maximum(angle - 2.05, 0)
    along = (region.z + descent - shape["lowest"]) / np.float32(shape["spacing"])
    number = np.rint(along)
    off = np.abs(along - number) * np.float32(shape["spacing"]) * 0.88
    thick, high = shape["half"]
    depth = np.abs(around.cavity - np.float32(shape["depth"]))
    level = np.sqrt((depth / thick) ** 2 + (off / high) ** 2)
    rib = ((level - 1) * thick).astype(np.float32)
    reach = np.choose(np.clip(number, 0, 2).astype(int), [1.0, 1.45, 2.3])
    present = (number >= 0) & (angle > 0.3)
    bone = filled(rib, region.voxel_mm) * (present & (angle <= reach))
    above_arch = region.z > _costal_arch(around) - 6
    cartilage = filled(rib, region.voxel_mm) * (present & (number >= 2) & (angle > reach))
    sternum = ellipsoid(region, **shapes()["sternum"])
    bone = np.maximum(bone, filled(sternum, region.voxel_mm))
    return bone.astype(np.float32), (cartilage * above_arch).astype(np.float32)
