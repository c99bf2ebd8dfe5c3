"""The outline of the patient: everything under the skin, without couch, clothes and air around.

Tissue is what is brighter than air by far. Lungs and gas inside count as body. What is thin (couch
shells, blankets, cables) goes when a few millimetres are taken off every surface; the largest
piece that remains is the trunk, and other pieces stay if they are thick and hold bone (arms).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hepatica.physics.anatomy.level import edge_level
from hepatica.physics.anatomy.rules import rule
from hepatica.physics.anatomy.scan import Bools, Finding, NotFound, Scan
from hepatica.physics.anatomy.shapes import (
    boxes,
    depth_mm,
    means,
    pieces,
    pieces_by_slice,
    regrown,
    sizes,
    within_mm,
)

_SKIN_STEP_HU = 950.0
_TEXTURE_HU = 60.0
_HOLE_CM2 = 5.0
_LUNG_HU = -880.0
_WALL_MM = 12.0
_RIB_SHARE = 0.02
_LIMB_CC = 50.0
_LIMB_BONE = 0.01


def body_outline(scan: Scan) -> Finding | NotFound:
    """The body of the patient.

    Parameters
    ----------
    scan : Scan

    Returns
    -------
    found : Finding, or NotFound with the reason
    """
    tissue = np.asarray(scan.hu > rule("skin_hu"))
    if not tissue.any():
        return NotFound("no voxel is brighter than air")
    if not _room_around(tissue):
        return NotFound(
            "no air is seen around the patient: the image is cut on all sides, or not in HU"
        )
    inner = _lungs_in_walls(scan, tissue)
    kept = _patient_pieces(scan, tissue | inner)
    body = _filled(kept)
    body &= ~_air_between_limbs(scan, body)
    areas = body.sum(axis=(1, 2)) * scan.pitch_mm[1] * scan.pitch_mm[2] / 100.0
    median = float(np.median(areas))
    low, high = rule("trunk_area_low_cm2"), rule("trunk_area_high_cm2")
    if not low <= median <= high:
        return NotFound(
            f"the largest connected tissue has a median cross-section of {median:.0f} cm2; a trunk "
            f"has {low:.0f} to {high:.0f} cm2"
        )
    level = edge_level(scan, body, rule("skin_hu"), _SKIN_STEP_HU)
    return Finding(level, _quality(body, areas))


def _room_around(tissue: Bools) -> bool:
    """Whether most slices show something dark at a side of the image."""
    sides = (tissue[:, 0], tissue[:, -1], tissue[:, :, 0], tissue[:, :, -1])
    dark = np.any([(~side).any(axis=1) for side in sides], axis=0)
    return bool(dark.mean() > 0.5)


def _lungs_in_walls(scan: Scan, tissue: Bools) -> Bools:
    """Dark regions that hold lung and have ribs around them; not couch foam, not room air.

    A chest wall can be as thin as a couch shell. With the lungs filled in it is not lost.
    """
    labels, count = pieces_by_slice(~tissue)
    mean = means(labels, count, scan.hu)
    spread = np.sqrt(np.maximum(means(labels, count, scan.hu**2) - mean**2, 0))
    area = sizes(labels, count) * scan.pitch_mm[1] * scan.pitch_mm[2] / 100.0
    closed = ~_touching_sides(labels, count)
    held = (mean > _LUNG_HU) | (closed & (spread > _TEXTURE_HU))
    lung = (area > _HOLE_CM2) & (mean > rule("air_level_hu")) & held
    lung[0] = False
    return _with_ribs(scan, np.asarray(lung[labels]))


def _with_ribs(scan: Scan, dark: Bools) -> Bools:
    """Those pieces whose walls hold bone."""
    labels, count = pieces(dark)
    wall = within_mm(dark, _WALL_MM, scan.pitch_mm) & ~dark
    bone = wall & (scan.hu > rule("bone_hu"))
    ribs = np.zeros(count + 1, bool)
    for n, box in enumerate(boxes(labels, _WALL_MM, scan.pitch_mm), start=1):
        near = within_mm(labels[box] == n, _WALL_MM, scan.pitch_mm) & wall[box]
        ribs[n] = bool(near.any()) and float(bone[box][near].mean()) > _RIB_SHARE
    return np.asarray(ribs[labels])


def _touching_sides(labels: NDArray[np.generic], count: int) -> Bools:
    touching = np.zeros(count + 1, bool)
    for side in (labels[:, 0], labels[:, -1], labels[:, :, 0], labels[:, :, -1]):
        touching[np.unique(side)] = True
    return touching


def _patient_pieces(scan: Scan, tissue: Bools) -> Bools:
    half = rule("couch_half_thickness_mm")
    depth = depth_mm(tissue, rule("limb_half_thickness_mm") + 1, scan.pitch_mm)
    labels, count = pieces(depth > half)
    if count == 0:
        return tissue
    size = sizes(labels, count)
    size[0] = 0
    keep = np.zeros(count + 1, bool)
    keep[int(size.argmax())] = True
    bone = means(labels, count, (scan.hu > rule("bone_hu")).astype(np.float32))
    thickest = np.zeros(count + 1, np.float32)
    np.maximum.at(thickest, labels.ravel(), depth.ravel())
    limb = (size * scan.voxel_cc > _LIMB_CC) & (bone > _LIMB_BONE)
    keep |= limb & (thickest > rule("limb_half_thickness_mm"))
    keep[0] = False
    return regrown(keep[labels], tissue, half, scan.pitch_mm)


def _filled(body: Bools) -> Bools:
    """The body with everything that it encloses in a slice."""
    labels, count = pieces_by_slice(~body)
    outside = _touching_sides(labels, count)
    outside[0] = False
    return np.asarray(~outside[labels])


def _air_between_limbs(scan: Scan, body: Bools) -> Bools:
    """Room air that arm and trunk enclose in a slice: it joins the room in other slices."""
    gas = np.asarray(scan.hu < rule("skin_hu"))
    labels, count = pieces(gas)
    room = _touching_sides(labels, count)
    room[0] = False
    caught = np.asarray(body & room[labels])
    slots, number = pieces_by_slice(caught)
    area = sizes(slots, number) * scan.pitch_mm[1] * scan.pitch_mm[2] / 100.0
    empty = (means(slots, number, scan.hu) < rule("air_level_hu") - 20) & (area > _HOLE_CM2)
    empty[0] = False
    return np.asarray(empty[slots])


def _quality(body: Bools, areas: NDArray[np.generic]) -> str:
    sides = (body[:, 0], body[:, -1], body[:, :, 0], body[:, :, -1])
    cut = np.any([side.sum(axis=1) > 2 for side in sides], axis=0)
    text = f"cross-sections of {areas.min():.0f} to {areas.max():.0f} cm2"
    if cut.any():
        text += f"; the image field cuts the patient on {cut.mean():.0%} of the slices"
    return text
