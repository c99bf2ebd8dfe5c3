"""Treatment plans on disk: their words and numbers in case.json, their leaf positions beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hepatica.case import Beam, Plan, Segment
from hepatica.store.arrays import read_arrays, write_arrays


def write_plan(plan: Plan, folder: Path, name: str) -> dict[str, Any]:
    """The row of one plan in case.json; ``name`` is the file for its leaf positions, if any."""
    row = {**_plain(plan), "beams": [beam_row(beam) for beam in plan.beams]}
    leaves = {
        _entry(n, k): segment.leaf_mm
        for n, beam in enumerate(plan.beams, start=1)
        for k, segment in enumerate(beam.segments, start=1)
    }
    if not leaves:
        return row
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    return {**row, "file": name, "sha256": write_arrays(path, leaves)}


def read_plan(row: Mapping[str, Any], folder: Path, where: str) -> Plan:
    """The plan of one row of case.json; ``row["file"]``, if any, lies in ``folder``.

    Raises
    ------
    InvalidInput
        If the file of its leaf positions is missing, or not the one that was written.
    """
    words = dict(row)
    file, digest = words.pop("file", None), words.pop("sha256", "")
    leaves = read_arrays(folder / file, digest, where) if file else {}
    beams = [_beam_from(beam, n, leaves) for n, beam in enumerate(words["beams"], start=1)]
    return Plan(**{**words, "beams": tuple(beams)})


def beam_row(beam: Beam) -> dict[str, Any]:
    """A beam in words and numbers, its segments without their leaf positions."""
    segments = [
        {
            "meterset_mu": segment.meterset_mu,
            "jaw_x_mm": segment.jaw_x_mm,
            "jaw_y_mm": segment.jaw_y_mm,
        }
        for segment in beam.segments
    ]
    return {**_plain(beam), "segments": segments}


def _plain(record: Plan | Beam) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}


def _beam_from(row: Mapping[str, Any], n: int, leaves: Mapping[str, NDArray[np.float64]]) -> Beam:
    segments = [
        Segment(part["meterset_mu"], leaves[_entry(n, k)], *_jaws(part))
        for k, part in enumerate(row["segments"], start=1)
    ]
    return Beam(**{**row, "segments": tuple(segments)})


def _jaws(part: Mapping[str, Any]) -> list[tuple[float, float] | None]:
    pairs = (part["jaw_x_mm"], part["jaw_y_mm"])
    return [None if pair is None else (pair[0], pair[1]) for pair in pairs]


def _entry(beam: int, segment: int) -> str:
    return f"beam_{beam:03d}_segment_{segment:03d}_leaf_mm"
