"""Looks whether organs lie where the image shows such tissue: lungs on air, vertebrae on bone.

Labels with a wrong header, or of another scan, fit the voxels perfectly and the patient not at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from hepatica.case import Note, Structure, Volume

_FEWEST_VOXELS = 20


def tissue_notes(structures: Iterable[Structure], image: Volume) -> tuple[Note, ...]:
    """A warning for every structure whose median is not that of its tissue.

    Parameters
    ----------
    structures : on the lattice of the image
    image : Volume, HU

    Returns
    -------
    notes : none for structures of unknown tissue, or of fewer than 20 voxels in the image
    """
    notes = []
    for structure in structures:
        limits = _range_of(structure.name)
        median = _median_hu(structure, image) if limits else None
        if limits is None or median is None or limits[0] <= median <= limits[1]:
            continue
        text = (
            f"its voxels have a median of {median:.0f} HU, but {limits[0]} to {limits[1]} HU is "
            "plausible. Does it belong to this image? Look at it before use."
        )
        notes.append(Note("warning", structure.name, text))
    return tuple(notes)


def _median_hu(structure: Structure, image: Volume) -> float | None:
    offset = image.grid.offset_of(structure.grid)
    if offset is None:
        return None
    low = np.maximum(0, offset)
    high = np.minimum(image.grid.shape, np.add(offset, structure.grid.shape))
    if (high <= low).any():
        return None
    here = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    part = tuple(slice(a - o, b - o) for a, b, o in zip(low, high, offset, strict=True))
    inside = image.values[here][structure.coverage.values[part] >= np.float32(0.5)]
    return float(np.median(inside.astype(np.float32))) if inside.size >= _FEWEST_VOXELS else None


def _range_of(name: str) -> tuple[int, int] | None:
    rows = (row for row in _ranges() if any(fnmatchcase(name, p) for p in row["names"]))
    return next(((row["median"][0], row["median"][1]) for row in rows), None)


@cache
def _ranges() -> list[dict[str, Any]]:
    from ruamel.yaml import YAML

    text = resources.files("hepatica.io").joinpath("plausible_hu.yaml").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = YAML(typ="safe").load(text)["ranges"]
    return rows
