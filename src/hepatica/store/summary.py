"""A case in numbers, as `hepatica case show` prints it: structures, image, plans, doses, notes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from hepatica.case import Case, Dose, Grid, Plan, Structure
from hepatica.store.case_folder_plans import beam_row

SCHEMA = "hepatica/case"
VERSION = 1


def case_summary(case: Case) -> dict[str, Any]:
    """What is in a case, ready to be written as JSON.

    Returns
    -------
    summary : dict
        ``structures`` takes each name to ``volume_cc``, ``contour_volume_cc`` (None without
        outlines), ``role``, ``origin``, ``derived``, ``voxels`` (those touched), ``centroid_mm``
        and ``extent_mm`` (None when empty; (x, y, z) in LPS). Lengths in mm, volumes in cc, doses
        in Gy.
    """
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "research_use_only": True,
        "case_id": case.case_id,
        "frame_of_reference_uid": case.frame_of_reference_uid,
        "image": {"unit": case.image.unit, **_geometry(case.image.grid)},
        "structures": {name: _structure(s) for name, s in sorted(case.structures.items())},
        "patient_position": case.patient_position,
        "plans": [_plan(plan) for plan in case.plans],
        "doses": [_dose(dose) for dose in case.doses],
        "notes": [asdict(note) for note in case.notes],
    }


def _plan(plan: Plan) -> dict[str, Any]:
    return {**vars(plan), "beams": [beam_row(beam) for beam in plan.beams]}


def _structure(structure: Structure) -> dict[str, Any]:
    empty = structure.is_empty
    contour_cc = structure.contour_volume_cc
    return {
        "volume_cc": _rounded(structure.volume_cc),
        "contour_volume_cc": None if contour_cc is None else _rounded(contour_cc),
        "role": structure.role,
        "origin": structure.origin,
        "derived": structure.derived,
        "voxels": int(np.count_nonzero(structure.coverage.values)),
        "centroid_mm": None if empty else [_rounded(c) for c in structure.centroid_mm],
        "extent_mm": None if empty else _extent_mm(structure),
    }


def _extent_mm(structure: Structure) -> list[float]:
    """Size of the box around the touched voxels, along the image's columns, rows and slices."""
    touched = structure.coverage.values.astype(bool)
    lines = (touched.any(axis=(0, 1)), touched.any(axis=(0, 2)), touched.any(axis=(1, 2)))
    ends = [(np.flatnonzero(line)[0], np.flatnonzero(line)[-1]) for line in lines]
    spacing = structure.grid.spacing_mm
    return [_rounded((b - a + 1) * s) for (a, b), s in zip(ends, spacing, strict=True)]


def _geometry(grid: Grid) -> dict[str, Any]:
    corners = grid.corners_mm()
    return {
        "shape": list(grid.shape),
        "spacing_mm": [_rounded(s, 6) for s in grid.spacing_mm],
        "origin_mm": [_rounded(o, 6) for o in grid.origin_mm],
        "direction": [[_rounded(c, 9) for c in row] for row in grid.direction],
        "from_mm": [_rounded(c) for c in corners.min(axis=0)],
        "to_mm": [_rounded(c) for c in corners.max(axis=0)],
    }


def _dose(dose: Dose) -> dict[str, Any]:
    values = dose.volume.values
    return {
        "label": dose.label,
        "uid": dose.uid,
        "plan_uid": dose.plan_uid,
        "summation": dose.summation,
        "unit": dose.volume.unit,
        "maximum_gy": _rounded(float(values.max()), 4),
        "origin": dose.origin,
        **_geometry(dose.volume.grid),
    }


def _rounded(value: float, digits: int = 3) -> float:
    return round(float(value), digits) + 0.0
