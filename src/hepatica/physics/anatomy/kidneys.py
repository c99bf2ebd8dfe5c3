"""Left and right kidney: a bean of soft tissue in the fat beside the spine.

Whether contrast was given is not asked: the image is cut at several brightnesses, bridges of
several widths to the neighbours are severed, and every piece beside the spine is judged by place,
size, shape and how much fat lies around it. The best one is taken if it is good enough.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hepatica.physics.anatomy.bean import Bean, Fossa, bean_of
from hepatica.physics.anatomy.level import smooth_level
from hepatica.physics.anatomy.rules import rule
from hepatica.physics.anatomy.scan import Bools, Finding, NotFound, Scan, Singles
from hepatica.physics.anatomy.shapes import depth_mm, pieces, sizes, within_mm

_BRIDGES_MM = (4.0, 5.5, 7.0, 8.5, 10.0, 12.0)
_BRIGHTER_HU = (25.0, 50.0, 80.0)
_DARKER_HU = 15.0
_EDGE_BLUR_MM = 1.25
_BAND_BLUR_MM = 2.5
_GAS_HU = -250.0
_FAT_HU = -100.0
_MUSCLE_HU = 55.0

Finds = tuple[Finding | NotFound, Finding | NotFound]


def kidneys(
    scan: Scan, body: Bools, spine: NDArray[np.float64], liver: Bools | None = None
) -> Finds:
    """The left and the right kidney.

    Parameters
    ----------
    scan : Scan
    body : (z, y, x) array of bool
    spine : (z, 2) array
        Row and column of the spinal canal in each slice.
    liver : (z, y, x) array of bool, optional
        Without it, a right kidney that touches the liver may not be found.

    Returns
    -------
    left, right : Finding or NotFound each
    """
    from scipy.ndimage import gaussian_filter

    pitch = np.array(scan.pitch_mm)
    edges = gaussian_filter(scan.hu, _EDGE_BLUR_MM / pitch)
    bands = gaussian_filter(scan.hu, _BAND_BLUR_MM / pitch)
    muscle = _muscle_hu(scan, body, spine)
    allowed = body & ~_beside_gas(scan, body) & (bands < rule("kidney_highest_hu"))
    known = np.zeros(body.shape, bool) if liver is None else liver
    allowed &= ~known
    found = []
    for side in (1, -1):
        fossa = Fossa.beside(scan, spine, side, known)
        soft = allowed & (edges > rule("kidney_fat_edge_hu"))
        best = _best(fossa, fossa.part(soft), fossa.part(bands), muscle)
        if best is not None:
            best = _to_the_fat(fossa, best, fossa.part(allowed), fossa.part(edges))
        found.append(best)
    return _judged(scan, found, liver is not None)


def _muscle_hu(scan: Scan, body: Bools, spine: NDArray[np.float64]) -> float:
    """Median of the muscles of the back, behind the canal."""
    back = (np.arange(scan.hu.shape[1])[None, :] - spine[:, :1]) * scan.pitch_mm[1]
    left = (np.arange(scan.hu.shape[2])[None, :] - spine[:, 1:]) * scan.pitch_mm[2]
    near = ((back > 5) & (back < 50))[:, :, None] & (np.abs(left) < 60)[:, None, :]
    flesh = scan.hu[body & near & (scan.hu > -20) & (scan.hu < 130)]
    return float(np.median(flesh)) if flesh.size else _MUSCLE_HU


def _beside_gas(scan: Scan, body: Bools) -> Bools:
    return within_mm(body & (scan.hu < _GAS_HU), 1.1 * max(scan.pitch_mm), scan.pitch_mm)


def _bands(muscle_hu: float) -> Iterator[tuple[float, float]]:
    """Brightnesses to cut at: everything soft, darker than liver, or enhanced."""
    low, high = -1e4, 1e4
    yield low, high
    yield low, muscle_hu + _DARKER_HU
    for step in _BRIGHTER_HU:
        yield muscle_hu + step, high


def _best(fossa: Fossa, soft: Bools, bands: Singles, muscle_hu: float) -> Bean | None:
    """The piece most like a kidney over all brightnesses and widths of bridges."""
    best: Bean | None = None
    for low, high in _bands(muscle_hu):
        mask = soft & fossa.inside & (bands > low) & (bands < high)
        # The ends of the image do not make a kidney thin that goes on beyond them.
        padded = np.pad(mask, ((8, 8), (1, 1), (1, 1)), mode="edge")
        depth = depth_mm(padded, _BRIDGES_MM[-1], fossa.pitch_mm)[8:-8, 1:-1, 1:-1]
        for half in _BRIDGES_MM:
            labels, count = pieces(depth > half)
            size = sizes(labels, count) * fossa.voxel_cc
            for n in range(1, count + 1):
                if not 2.0 < size[n] < rule("kidney_cc_high"):
                    continue
                bean = bean_of(fossa, labels == n, mask, half)
                if bean is not None and (best is None or bean.score > best.score):
                    best = bean
    return best


def _to_the_fat(fossa: Fossa, bean: Bean, allowed: Bools, edges: Singles) -> Bean:
    """The kidney out to half way between its brightness and that of fat, holes filled."""
    from scipy.ndimage import binary_fill_holes

    voxel = 1.01 * max(fossa.pitch_mm)
    median = float(np.median(edges[bean.mask]))
    bright = edges > (median + _FAT_HU) / 2
    skin = within_mm(bean.mask, voxel, fossa.pitch_mm) & within_mm(
        ~bean.mask, voxel, fossa.pitch_mm
    )
    # Only where fat is the neighbour: a muscle at the same place is as bright as this edge.
    skin &= within_mm(edges < rule("kidney_fat_edge_hu"), 1.5 * voxel, fossa.pitch_mm)
    touched = np.where(skin, bright & (allowed | bean.mask), bean.mask)
    labels, count = pieces(binary_fill_holes(touched))
    return bean.as_mask(np.asarray(labels == int(sizes(labels, count)[1:].argmax()) + 1))


def _judged(scan: Scan, found: list[Bean | None], has_liver: bool) -> Finds:
    left, right = found
    whole = [b.mask.sum() * scan.voxel_cc for b in found if b is not None and not b.cut]
    if len(whole) == 2 and max(whole) > rule("kidney_ratio") * min(whole):
        reason = (
            f"the best pieces on the two sides measure {min(whole):.0f} and {max(whole):.0f} cc, "
            f"which differ more than {rule('kidney_ratio'):g} times"
        )
        return NotFound(reason), NotFound(reason)
    return _answer(scan, left, "left", True), _answer(scan, right, "right", has_liver)


def _answer(scan: Scan, bean: Bean | None, side: str, has_liver: bool) -> Finding | NotFound:
    if bean is None:
        low, high = rule("kidney_cc_low"), rule("kidney_cc_high")
        hint = "" if has_liver else "; with the liver contoured it may be found"
        return NotFound(
            f"no soft tissue of {low:.0f} to {high:.0f} cc with the place, shape and fat of a "
            f"kidney lies {side} of the spine{hint}"
        )
    mask = bean.on_scan()
    size = float(mask.sum()) * scan.voxel_cc
    cut = ", cut by the end of the image" if bean.cut else ""
    words = (
        f"{size:.0f} cc{cut}, median {bean.median_hu:.0f} HU, fat on {bean.fat:.0%} of its "
        f"free surface, likeness {min(bean.score, 1):.2f} of 1"
    )
    return Finding(smooth_level(mask, scan.pitch_mm), words)
