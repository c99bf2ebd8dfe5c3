"""The same patient at ten moments of a breath: organs displaced, wall and spine at rest.

Moments are numbered as in four-dimensional CT: 0 is end inhale, 5 end exhale, the reference in
which a synthetic patient is made.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hepatica.case import Case, Grid, Note, Structure, Volume
from hepatica.errors import InvalidInput
from hepatica.synthetic.draw import Breathing
from hepatica.synthetic.lattice import Array
from hepatica.synthetic.patient import SyntheticPatient

PHASES = 10
EXHALE = 5
_STILL_MM = 1e-6


@dataclass(frozen=True)
class TumourMotion:
    """How one tumour moves with a breath, in mm.

    Parameters
    ----------
    peak_to_peak_mm : (left-right, anteroposterior, craniocaudal)
        From exhale to inhale.
    mean_mm : (left-right, anteroposterior, craniocaudal)
        Distance of the time-averaged position from exhale; smaller than half the peak to peak,
        as more time is spent near exhale.
    """

    name: str
    peak_to_peak_mm: tuple[float, float, float]
    mean_mm: tuple[float, float, float]


def inhaled(phase: float, breathing: Breathing) -> float:
    """Fraction of the way from exhale (0) to inhale (1).

    Source: Lujan et al. 1999, Med Phys 26:715: ``cos^(2n)(pi t / period)``, here with t in
    tenths of a period and the inhale at 0.
    """
    return float(np.cos(np.pi * phase / PHASES) ** 2) ** breathing.lujan_n


def displacement_mm(phase: float, breathing: Breathing) -> NDArray[np.float64]:
    """(x, y, z) mm by which the liver lies away from its place at exhale: left, forward, down."""
    full = (breathing.leftright_mm, -breathing.anteroposterior_mm, -breathing.craniocaudal_mm)
    return np.array(full) * inhaled(phase, breathing)


def displacement_field(patient: SyntheticPatient, phase: int) -> NDArray[np.float32]:
    """(z, y, x, 3) array, mm: the tissue now at a voxel was this much further back at exhale.

    ``image_phase(p) = image_exhale(p - field(p))``. Uniform over the liver, so that tumours move
    without changing shape; turns and deformations of the liver of a few mm are left out.
    """
    shift = displacement_mm(_checked(phase), patient.draw.breathing).astype(np.float32)
    return np.asarray(_share(patient.mobility)[..., None] * shift, np.float32)


def breathing_phase(patient: SyntheticPatient, phase: int) -> Case:
    """The case at one of ten moments.

    Parameters
    ----------
    phase : 0 to 9
        0 end inhale, 5 end exhale: the patient's own case.

    Raises
    ------
    InvalidInput
        If there is no such moment.
    """
    shift = displacement_mm(_checked(phase), patient.draw.breathing)
    case = patient.case
    if np.abs(shift).max() < _STILL_MM:
        return case
    image, flow = case.image, _Flow.of(patient.mobility, shift)
    moved = flow.carried(image.values.astype(np.float32), np.zeros(3, int))
    reach = np.ceil(np.abs(shift[::-1]) / np.array(image.grid.spacing_mm[::-1])).astype(int) + 1
    note = Note("assumed", "breathing", f"moment {phase} of {PHASES}, moved by a drawn amplitude")
    return replace(
        case,
        image=Volume(np.rint(moved).astype(np.int16), image.grid, image.unit),
        structures={
            name: _moved(structure, flow, reach) for name, structure in case.structures.items()
        },
        notes=(*case.notes, note),
    )


def tumour_motion(patient: SyntheticPatient) -> tuple[TumourMotion, ...]:
    """One row for each tumour."""
    breathing = patient.draw.breathing
    full = np.abs(displacement_mm(0, breathing))
    mean = float(np.mean([inhaled(t, breathing) for t in np.arange(0, PHASES, 0.01)]))
    rows = []
    for gtv in patient.case.gtvs:
        start = patient.mobility.grid.require_same_lattice(gtv.grid, gtv.name)
        stop = tuple(a + size for a, size in zip(start, gtv.grid.shape, strict=True))
        part = patient.mobility.crop(start, (stop[0], stop[1], stop[2]))
        share = float(np.average(_share(part), weights=_share(gtv.coverage)))
        x, y, z = (float(v) for v in share * full)
        rows.append(TumourMotion(gtv.name, (x, y, z), (mean * x, mean * y, mean * z)))
    return tuple(rows)


def _checked(phase: int) -> int:
    if phase not in range(PHASES):
        raise InvalidInput(
            f"Breathing moment {phase}: 0 (end inhale) to {PHASES - 1} is allowed; {EXHALE} is "
            "end exhale."
        )
    return phase


def _moved(structure: Structure, flow: _Flow, reach: NDArray[np.int64]) -> Structure:
    """The structure displaced, on a box of the image with room for the way it goes."""
    offset = np.array(flow.grid.require_same_lattice(structure.grid, structure.name))
    start = np.maximum(offset - reach, 0)
    stop = np.minimum(offset + structure.grid.shape + reach, flow.grid.shape)
    box = flow.grid.crop(
        (int(start[0]), int(start[1]), int(start[2])), (int(stop[0]), int(stop[1]), int(stop[2]))
    )
    coverage = np.clip(flow.carried(structure.mask_on(box), start), 0, 1)
    origin = f"{structure.origin}, displaced by breathing"
    return Structure.from_mask(structure.name, coverage, box, structure.role, origin)


@dataclass(frozen=True, eq=False)
class _Flow:
    """Where the tissue of each moving voxel lay at exhale.

    What stands still is never carried along: the organs slide on the wall. ``movable`` says how
    much of the place that a voxel's tissue came from can move at all; a voxel whose tissue would
    come out of the wall keeps its own.
    """

    grid: Grid
    voxels: NDArray[np.int64]
    source: Array
    movable: Array
    mobile: NDArray[np.bool_]

    @classmethod
    def of(cls, mobility: Volume, shift_mm: NDArray[np.float64]) -> _Flow:
        """The flow of one moment."""
        from scipy.ndimage import map_coordinates

        follows = _share(mobility)
        mobile = follows > 0
        voxels = np.array(np.nonzero(mobile))
        steps = shift_mm[::-1] / np.array(mobility.grid.spacing_mm[::-1])
        source = voxels - follows[mobile] * steps[:, None].astype(np.float32)
        movable = map_coordinates(mobile.astype(np.float32), source, order=1, mode="nearest")
        return cls(mobility.grid, voxels, source.astype(np.float32), movable, mobile)

    def carried(self, values: Array, start: NDArray[np.int64]) -> Array:
        """Values on a box that begins at array index ``start``, as they are at this moment."""
        from scipy.ndimage import map_coordinates

        first, stop = start[:, None], start[:, None] + np.array(values.shape)[:, None]
        here = ((self.voxels >= first) & (self.voxels < stop)).all(axis=0) & (self.movable > 0.05)
        window = tuple(slice(a, b) for (a,), (b,) in zip(first, stop, strict=True))
        moving = values * self.mobile[window]
        found = map_coordinates(moving, self.source[:, here] - first, order=1, mode="nearest")
        moved = values.copy()
        moved[tuple(self.voxels[:, here] - first)] = found / self.movable[here]
        return moved


def _share(volume: Volume) -> Array:
    return volume.values.astype(np.float32, copy=False)
