"""The scene of the analysis benchmark: a lumpy 1.9-litre liver and two doses on 256 x 256 x 200."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
from contourpy import LineType, contour_generator

from hepatica.case import Case, Contours, Dose, Grid, Structure, Volume
from hepatica.io.dicom.write import WriteOptions, write_case

SHAPE = (200, 256, 256)
SPACING_MM = 1.5


def grid() -> Grid:
    """The lattice, centred on the origin."""
    origin = tuple(-(n - 1) / 2 * SPACING_MM for n in SHAPE[::-1])
    return Grid(SHAPE, (SPACING_MM,) * 3, origin)


def build(folder: Path) -> None:
    """Write everything that both sides read: DICOM files, arrays and the gamma case."""
    lattice = grid()
    z, y, x = (np.arange(n) * SPACING_MM - (n - 1) / 2 * SPACING_MM for n in SHAPE)
    zz, yy, xx = np.meshgrid(z, y, x, indexing="ij")
    radius = np.sqrt(((xx + 30) / 88) ** 2 + ((yy + 10) / 75) ** 2 + (zz / 70) ** 2)
    lumps = 6 * np.sin(xx / 11) * np.cos(yy / 13) * np.sin(zz / 9)
    level_mm = (radius - 1) * 75 + lumps
    liver = level_mm <= 0
    dose = 2 + 50 * np.exp(-((xx + 40) ** 2 + (yy + 10) ** 2 + zz**2) / (2 * 35**2))
    _write_dicom(folder, lattice, level_mm, dose.astype(np.float32))
    np.savez(folder / "scene.npz", liver=liver, dose=dose.astype(np.float32))
    np.savez(folder / "gamma.npz", **_gamma_case(dose.astype(np.float32), (z, y, x)))
    text = json.dumps({"shape": SHAPE, "spacing_mm": SPACING_MM, "liver_voxels": int(liver.sum())})
    (folder / "scene.json").write_text(text, encoding="utf-8")


def _outlines(level_mm: np.ndarray, lattice: Grid) -> Contours:
    """Smooth outlines where the level is 0, as a clinician's pen draws them between voxels."""
    loops = []
    for k, plane in enumerate(level_mm):
        for line in contour_generator(z=plane, line_type=LineType.Separate).lines(0.0):
            index = np.column_stack([line[:-1], np.full(len(line) - 1, float(k))])
            loops.append(lattice.point_at(index))
    return Contours(tuple(loops))


def _write_dicom(folder: Path, lattice: Grid, level_mm: np.ndarray, dose: np.ndarray) -> None:
    organ = Structure.from_contours("Liver", _outlines(level_mm, lattice), lattice)
    image = Volume(np.where(level_mm <= 0, 100, 0).astype(np.int16), lattice, "HU")
    total = Dose(
        "1.2.3", "bench", Volume(dose, lattice, "Gy"), "PLAN", None, "1.2.840.1", origin="scene"
    )
    case = Case("bench", image, "1.2.840.1", {"Liver": organ}, doses=(total,))
    write_case(case, folder / "dicom", WriteOptions(patient_position="HFS", force=True))


def _gamma_case(dose: np.ndarray, axes: tuple[np.ndarray, ...]) -> dict[str, np.ndarray]:
    """The reference case beside the repository where it is there, else one of the same kind."""
    shared = Path(os.environ.get("HEPATICA_SHARED", Path(__file__).resolve().parents[2] / "shared"))
    reference = shared / "reference/planning/gamma_ref_3p3mm_crop.npz"
    if reference.exists():
        held = np.load(reference)
        names = {"ref": "reference", "eval": "evaluated", "z": "z", "y": "y", "x": "x"}
        return {new: held[old] for old, new in names.items()}
    crop = np.s_[40:160, 60:190, 40:180]
    noise = np.random.default_rng(0).normal(0, 0.1, dose.shape)
    other = (np.roll(dose, 1, axis=2) * 1.01 + noise).astype(np.float32)
    z, y, x = (axis[part] for axis, part in zip(axes, crop, strict=True))
    return {"reference": dose[crop], "evaluated": other[crop], "z": z, "y": y, "x": x}
