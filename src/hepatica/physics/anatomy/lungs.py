"""Left and right lung: the gas in the body that is not bowel gas and not windpipe.

Lung holds some tissue, so its gas is never as dark as that of the bowel or the windpipe. A lung
reaches the back of the chest beside the spine, and either the upper end of the image or its full
size. Vessels in it are filled in.
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
    pieces,
    pieces_by_slice,
    regrown,
    sizes,
    thick_parts,
    within_mm,
)

_GAS_POCKET_CC = 2.0
_WALL_HU = -700.0
_WALL_SHARE = 0.5
_BEHIND_MM = -45.0
_BEHIND_SHARE = 0.10
_DARK_SHARE = 0.15
_VESSEL_MM = 6.0
_STEP_HU = -850.0
_AIRWAY_CM2 = (0.6, 7.0)
_AIRWAY_ASIDE_MM = 45.0


def lungs(
    scan: Scan, body: Bools, spine: NDArray[np.float64]
) -> tuple[Finding | NotFound, Finding | NotFound]:
    """The left and the right lung, as far as they hold air.

    Parameters
    ----------
    scan : Scan
    body : (z, y, x) array of bool
    spine : (z, 2) array
        Row and column of the middle of the spine in each slice.

    Returns
    -------
    left, right : Finding or NotFound each
    """
    gas = np.asarray(body & (scan.hu < rule("lung_gas_hu")))
    airway = _airway(scan, gas, spine)
    pocket = _gas_pockets(scan, gas) & ~airway
    kept = _lung_pieces(scan, gas & ~pocket & ~airway, spine)
    if not kept.any():
        reason = "no gas with the density of lung reaches the back of the chest"
        return NotFound(reason), NotFound(reason)
    left, right = _sides(kept, spine, scan)
    lost = pocket & within_mm(kept, 1.5 * max(scan.pitch_mm), scan.pitch_mm)
    return (_judged(scan, left, lost, "left"), _judged(scan, right, lost, "right"))


def _airway(scan: Scan, gas: Bools, spine: NDArray[np.float64]) -> Bools:
    """The windpipe, followed downward from the top of the image until it divides."""
    found = np.zeros(gas.shape, bool)
    dark = gas & (scan.hu < rule("air_level_hu") + 30)
    previous: Bools | None = None
    for z in range(gas.shape[0] - 1, -1, -1):
        labels, count = pieces(dark[z : z + 1])
        fits = [
            labels == n
            for n in range(1, count + 1)
            if _like_a_windpipe(labels == n, scan, z, spine[z])
            and (previous is None or bool((previous & (labels == n)).any()))
        ]
        if not fits:
            break
        previous = max(fits, key=np.count_nonzero)
        found[z] = previous[0]
    if found.sum() * scan.voxel_cc < _GAS_POCKET_CC:
        return np.zeros(gas.shape, bool)
    return np.asarray(within_mm(found, 1.1 * max(scan.pitch_mm), scan.pitch_mm) & gas)


def _like_a_windpipe(piece: Bools, scan: Scan, z: int, spine: NDArray[np.float64]) -> bool:
    """A dark spot of the right size in front of the spine, with a wall around it."""
    area = piece.sum() * scan.pitch_mm[1] * scan.pitch_mm[2] / 100.0
    _, rows, columns = np.nonzero(piece)
    aside = abs(float(columns.mean()) - spine[1]) * scan.pitch_mm[2]
    if not _AIRWAY_CM2[0] <= area <= _AIRWAY_CM2[1] or aside > _AIRWAY_ASIDE_MM:
        return False
    shell = within_mm(piece, 1.5 * max(scan.pitch_mm), scan.pitch_mm) & ~piece
    walled = (scan.hu[z : z + 1][shell] > _WALL_HU).mean() > _WALL_SHARE
    return bool(rows.mean() < spine[0] and walled)


def _gas_pockets(scan: Scan, gas: Bools) -> Bools:
    """Gas without tissue in it and with a wall around it: bowel and stomach.

    Hyperinflated lung can be as dark, but what lies around its darkest part is lung.
    """
    pitch = max(scan.pitch_mm)
    pure = gas & (scan.hu < rule("bowel_gas_hu"))
    core = thick_parts(pure, 1.1 * pitch, scan.pitch_mm)[0] > 0
    labels, count = pieces(regrown(core, pure, 1.1 * pitch, scan.pitch_mm))
    large = sizes(labels, count) * scan.voxel_cc > _GAS_POCKET_CC
    for n, box in enumerate(boxes(labels, 2 * pitch, scan.pitch_mm), start=1):
        if large[n]:
            piece = labels[box] == n
            shell = within_mm(piece, 1.5 * pitch, scan.pitch_mm) & ~piece
            large[n] = (scan.hu[box][shell] > _WALL_HU).mean() > _WALL_SHARE
    large[0] = False
    rim = within_mm(large[labels], 1.5 * pitch, scan.pitch_mm)
    return np.asarray(rim & gas)


def _lung_pieces(scan: Scan, gas: Bools, spine: NDArray[np.float64]) -> Bools:
    labels, count = pieces(gas)
    size = sizes(labels, count) * scan.voxel_cc
    rows = np.arange(gas.shape[1])[None, :, None]
    behind = rows > (spine[:, 0] + _BEHIND_MM / scan.pitch_mm[1])[:, None, None]
    share = sizes(np.where(behind, labels, 0), count) / np.maximum(sizes(labels, count), 1)
    at_top = np.zeros(count + 1, bool)
    at_top[np.unique(labels[-1])] = True
    keep = (size >= rule("lung_least_cc")) & (share > _BEHIND_SHARE)
    keep &= at_top | (size > rule("lung_whole_cc"))
    keep[0] = False
    for n in np.flatnonzero(keep):
        median = float(np.median(scan.hu[labels == n]))
        keep[n] = rule("lung_median_low_hu") <= median <= rule("lung_median_high_hu")
    return np.asarray(keep[labels])


def _sides(kept: Bools, spine: NDArray[np.float64], scan: Scan) -> tuple[Bools, Bools]:
    """Pieces by the side on which they lie; a piece on both sides is parted at its waist."""
    left = np.zeros(kept.shape, bool)
    columns = np.arange(kept.shape[2])[None, None, :]
    is_left = np.broadcast_to(columns > spine[:, 1][:, None, None], kept.shape)
    labels, count = pieces(kept)
    for n in range(1, count + 1):
        piece = labels == n
        share = float(is_left[piece].mean())
        if 0.08 < share < 0.92:
            left |= _left_part(piece, is_left, scan)
        elif share >= 0.5:
            left |= piece
    return left, np.asarray(kept & ~left)


def _left_part(piece: Bools, is_left: Bools, scan: Scan) -> Bools:
    from scipy.ndimage import distance_transform_edt

    halves = np.arange(1.0, 8.0) * max(scan.pitch_mm)
    depth = depth_mm(piece, halves[-1], scan.pitch_mm)
    for half in halves:
        labels, count = pieces(depth > half)
        size = sizes(labels, count)
        lefts = sizes(np.where(is_left, labels, 0), count) / np.maximum(size, 1)
        lefts[0] = 0.5
        one_sided = (np.minimum(lefts, 1 - lefts) < 0.08) | (size < 0.02 * size[1:].sum())
        if one_sided[1:].all() and (lefts > 0.5).any() and (lefts < 0.5).any():
            seeds = np.where(labels > 0, np.where(lefts[labels] > 0.5, 1, 2), 0)
            nearest = distance_transform_edt(
                seeds == 0, sampling=scan.pitch_mm, return_distances=False, return_indices=True
            )
            return np.asarray(piece & (seeds[tuple(nearest)] == 1))
    return np.asarray(piece & is_left)


def _judged(scan: Scan, lung: Bools, pocket: Bools, side: str) -> Finding | NotFound:
    if not lung.any():
        return NotFound(f"no gas with the density of lung lies {side} of the spine")
    full = _with_vessels(lung, scan)
    size = float(full.sum()) * scan.voxel_cc
    if size > rule("lung_most_cc"):
        return NotFound(
            f"the gas {side} of the spine measures {size:.0f} cc; one lung has at most "
            f"{rule('lung_most_cc'):.0f} cc"
        )
    near = pocket & within_mm(lung, 1.5 * max(scan.pitch_mm), scan.pitch_mm)
    dark = float(near.sum()) * scan.voxel_cc / size
    if dark > _DARK_SHARE:
        return NotFound(
            f"{dark:.0%} of the gas {side} of the spine is darker than lung (emphysema, free gas "
            "or bowel in the chest)"
        )
    median = float(np.median(scan.hu[lung]))
    cut = ", cut by the end of the image" if full[-1].any() else ""
    words = f"{size:.0f} cc{cut}, median {median:.0f} HU; parts without air are not in it"
    level = edge_level(scan, full, rule("lung_gas_hu"), _STEP_HU)
    return Finding(level, words)


def _with_vessels(lung: Bools, scan: Scan) -> Bools:
    reach = int(np.ceil(_VESSEL_MM / min(scan.pitch_mm))) + 1
    padded = np.pad(lung, reach, mode="edge")
    grown = within_mm(padded, _VESSEL_MM, scan.pitch_mm)
    closed = depth_mm(grown, _VESSEL_MM, scan.pitch_mm) > _VESSEL_MM
    inner = tuple(slice(reach, -reach) for _ in range(3))
    full = lung | closed[inner]
    labels, count = pieces_by_slice(~full)
    size = sizes(labels, count) * scan.pitch_mm[1] * scan.pitch_mm[2] / 100.0
    holes = size < 3.0
    holes[0] = False
    return np.asarray(full | holes[labels])
