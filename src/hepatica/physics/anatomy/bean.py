"""Judges whether a piece of soft tissue beside the spine can be a kidney."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hepatica.physics.anatomy.rules import rule
from hepatica.physics.anatomy.scan import Bools, Scan, Singles
from hepatica.physics.anatomy.shapes import regrown, within_mm

_ASIDE_MM = (15.0, 130.0)
_BACK_MM = (-105.0, 40.0)
_LIKELY_ASIDE_MM = (68.0, 40.0)
_LIKELY_BACK_MM = (-22.0, 32.0)
_SOLID = 0.65
_FAT_SHARE = 0.75
_ODD_SHARE = 0.06
_WALL_SHARE = 0.02
_OPEN_SHARE = 0.25
_RING_MM = (2.6, 6.0)

Window = tuple[slice, slice, slice]


@dataclass(frozen=True, eq=False)
class Fossa:
    """The room beside the spine on one side, with the place of each voxel in it.

    ``back_mm`` (z, rows) and ``aside_mm`` (z, columns) are measured from the spinal canal;
    ``inside`` is the room, ``wall`` its border toward front, back, spine and flank, ``ends`` its
    lowest and highest slice; ``known`` is what another organ is known to fill.
    """

    hu: Singles
    pitch_mm: tuple[float, float, float]
    window: Window
    shape: tuple[int, ...]
    back_mm: NDArray[np.float64]
    aside_mm: NDArray[np.float64]
    inside: Bools
    wall: Bools
    known: Bools
    ends: tuple[int, int]

    @classmethod
    def beside(cls, scan: Scan, spine: NDArray[np.float64], side: int, known: Bools) -> Fossa:
        """The room on the left (side 1) or right (side -1) of the canal."""
        from scipy.ndimage import binary_erosion

        back = (np.arange(scan.hu.shape[1])[None, :] - spine[:, :1]) * scan.pitch_mm[1]
        aside = (np.arange(scan.hu.shape[2])[None, :] - spine[:, 1:]) * scan.pitch_mm[2] * side
        rows = (back > _BACK_MM[0]) & (back < _BACK_MM[1])
        columns = (aside > _ASIDE_MM[0]) & (aside < _ASIDE_MM[1])
        levels = np.flatnonzero(rows.any(axis=1))
        window = (slice(0, len(spine)), _extent(rows), _extent(columns))
        inside = rows[:, window[1], None] & columns[:, None, window[2]]
        inner = np.stack([binary_erosion(plane) for plane in inside])
        return cls(
            scan.hu[window],
            scan.pitch_mm,
            window,
            scan.hu.shape,
            back[:, window[1]],
            aside[:, window[2]],
            inside,
            inside & ~inner,
            known[window],
            (int(levels[0]), int(levels[-1])),
        )

    def part(self, values: NDArray[np.generic]) -> NDArray:  # type: ignore[type-arg]
        """The values of the whole scan in this room."""
        return values[self.window]

    @property
    def voxel_cc(self) -> float:
        """Volume of a voxel, cc."""
        return float(np.prod(self.pitch_mm)) / 1000.0

    def middle_mm(self, mask: Bools) -> tuple[float, float]:
        """Mean place of a mask: behind the canal, and aside of it."""
        z, y, x = np.nonzero(mask)
        return float(self.back_mm[z, y].mean()), float(self.aside_mm[z, x].mean())


def _extent(marked: Bools) -> slice:
    found = np.flatnonzero(marked.any(axis=0))
    return slice(int(found[0]), int(found[-1]) + 1) if len(found) else slice(0, 1)


@dataclass(frozen=True, eq=False)
class Bean:
    """A piece that may be a kidney, in the room of its side."""

    fossa: Fossa
    mask: Bools
    score: float
    fat: float
    cut: bool
    median_hu: float

    def as_mask(self, mask: Bools) -> Bean:
        """The same judgement on a touched-up mask."""
        return replace(self, mask=mask)

    def on_scan(self) -> Bools:
        """The mask on the lattice of the scan."""
        full = np.zeros(self.fossa.shape, bool)
        full[self.fossa.window] = self.mask
        return full


def bean_of(fossa: Fossa, core: Bools, mask: Bools, half_mm: float) -> Bean | None:
    """The piece around a core, judged; None if it cannot be a kidney.

    Parameters
    ----------
    fossa : Fossa
    core : a piece of the mask without its skin
    mask : everything that may belong to it
    half_mm : mm
        Thickness of the skin that was taken off.
    """
    if not _in_place(*fossa.middle_mm(core)):
        return None
    box = _box(core, half_mm + _RING_MM[1] + 3, fossa.pitch_mm)
    piece = np.zeros(core.shape, bool)
    piece[box] = regrown(core[box], mask[box], half_mm, fossa.pitch_mm)
    cut = bool(piece[fossa.ends[0]].any() or piece[fossa.ends[1]].any())
    size = float(piece.sum()) * fossa.voxel_cc
    least = rule("kidney_cut_least_cc") if cut else rule("kidney_cc_low")
    back, aside = fossa.middle_mm(piece)
    if not (least <= size <= rule("kidney_cc_high") and _in_place(back, aside)):
        return None
    if (piece & fossa.wall).sum() > _WALL_SHARE * piece.sum():
        return None
    axes = _axes_mm(piece, fossa.pitch_mm)
    fat, odd = _surroundings(fossa, piece, box)
    if axes.max() > rule("kidney_longest_mm") or odd > _ODD_SHARE:
        return None
    solid = 1000 * size / (np.pi / 6 * float(axes.prod()))
    place = _likely(aside, _LIKELY_ASIDE_MM) * _likely(back, _LIKELY_BACK_MM)
    score = min(1.0, fat / _FAT_SHARE) * min(1.0, solid / _SOLID) ** 2 * place
    if score < rule("kidney_least_score"):
        return None
    return Bean(fossa, piece, score, fat, cut, float(np.median(fossa.hu[piece])))


def _in_place(back_mm: float, aside_mm: float) -> bool:
    return rule("kidney_aside_low_mm") < aside_mm < rule("kidney_aside_high_mm") and -rule(
        "kidney_ahead_mm"
    ) < back_mm < rule("kidney_behind_mm")


def _likely(value: float, around: tuple[float, float]) -> float:
    return float(np.exp(-0.5 * ((value - around[0]) / around[1]) ** 2))


def _box(core: Bools, room_mm: float, pitch_mm: tuple[float, float, float]) -> Window:
    ends = []
    for axis, pitch in enumerate(pitch_mm):
        others = tuple(k for k in range(3) if k != axis)
        found = np.flatnonzero(core.any(axis=others))
        room = int(np.ceil(room_mm / pitch))
        ends.append(slice(max(0, int(found[0]) - room), int(found[-1]) + room + 1))
    return ends[0], ends[1], ends[2]


def _axes_mm(piece: Bools, pitch_mm: tuple[float, float, float]) -> NDArray[np.float64]:
    """Diameters of the ellipsoid with the same second moments."""
    points = np.argwhere(piece) * np.array(pitch_mm)
    spread = np.linalg.eigvalsh(np.cov(points.T))
    return np.asarray(2 * np.sqrt(5 * np.maximum(spread, 0.1)))


def _surroundings(fossa: Fossa, piece: Bools, box: Window) -> tuple[float, float]:
    """Shares of the shell around a piece that are fat, and that are gas or bone.

    Where a known organ lies the surface needs no fat to be believed.
    """
    near = within_mm(piece[box], _RING_MM[0], fossa.pitch_mm)
    shell = within_mm(piece[box], _RING_MM[1], fossa.pitch_mm) & ~near
    around = fossa.hu[box][shell & ~fossa.known[box]]
    if around.size < _OPEN_SHARE * shell.sum():
        return 0.0, 0.0
    fat = float(((around < -40) & (around > -200)).mean())
    return fat, float(((around < -250) | (around > 250)).mean())
