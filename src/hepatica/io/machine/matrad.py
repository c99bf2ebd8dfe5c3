"""A photon machine of matRad or pyRadPlan, read from its MATLAB file into a Machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hepatica.errors import InvalidInput
from hepatica.io.machine.matlab import read_matlab
from hepatica.machine import (
    DepthComponents,
    LateralComponents,
    Machine,
    PrimaryFluence,
    SourcedNumber,
)
from hepatica.machine.parts import Floats

KERNEL_PITCH_MM = 0.5
"""matRad convolves on a lattice of this spacing, and its kernels are calibrated for it."""

_VERSIONS = (1, 2)


def read_matrad_machine(path: str | Path) -> Machine:
    """Read a photon machine file of matRad or pyRadPlan.

    In versions without a number and in version 1 the kernels are already multiplied by the area of
    a cell of 0.5 mm; version 2 stores them per mm^2. In both, the value at radius 0 is no density
    but all that falls into the central cell: it is split into a point (``centre_weight``) and the
    smooth tail, continued to the centre, such that the sum over cells of 0.5 mm is unchanged.

    Parameters
    ----------
    path : str or Path
        ``.mat`` file; the format v7.3 needs the package h5py.

    Returns
    -------
    Machine
        Without leaves, calibration and density table, which such files do not hold.

    Raises
    ------
    InvalidInput
        If the file is no photon machine, a field is missing or the version is not known.
    """
    path = Path(path)
    machine = _block(read_matlab(path), "machine", path)
    meta, data = _block(machine, "meta", path), _block(machine, "data", path)
    mode = str(meta.get("radiationMode", "photons"))
    if mode != "photons":
        raise InvalidInput(
            f"{path.name}: radiationMode is {mode!r}; only photons are read. Give a photon machine."
        )
    version = _version(machine, path)
    betas = _numbers(data, "betas", path).ravel()
    fluence = _numbers(data, "primaryFluence", path).reshape(-1, 2)
    return Machine(
        name=str(meta.get("name", path.stem)),
        version=str(version),
        energy_mv=_number(data, "energy", path),
        sad_mm=_number(meta, "SAD", path),
        depth=DepthComponents(_number(data, "m", path), betas),
        lateral=_lateral(data, betas.size, version, path),
        primary_fluence=PrimaryFluence(fluence[:, 0], fluence[:, 1]),
        penumbra_fwhm_mm=_number(data, "penumbraFWHMatIso", path),
        sources=_sources(meta, data, betas.size, version, path),
        kernel_pitch_mm=KERNEL_PITCH_MM,
        title=f"matRad machine {meta.get('name', path.stem)}",
    )


def _version(machine: Mapping[str, Any], path: Path) -> int:
    """1 where the file does not say; a later one would have kernels in an unknown unit."""
    stated = np.asarray(machine.get("version", 1)).ravel()
    version = float(stated[0]) if stated.size and stated.dtype.kind in "iuf" else float("nan")
    if version not in _VERSIONS:
        raise InvalidInput(
            f"{path.name}: version is {machine.get('version')!r}; 1 (or none) and 2 are read. The "
            "unit of the kernels depends on it: save the machine in one of these versions."
        )
    return int(version)


def _lateral(data: Mapping[str, Any], count: int, version: int, path: Path) -> LateralComponents:
    radius = _numbers(data, "kernelPos", path).ravel()
    found = data.get("kernel")
    given = found if isinstance(found, list) else [found]
    entries = [entry for entry in given if isinstance(entry, Mapping)]
    if len(entries) < len(given) or not entries:
        raise InvalidInput(
            f"{path.name}: data.kernel is not a list of kernels with their SSD; this is not a "
            "photon machine of matRad or pyRadPlan."
        )
    entries.sort(key=lambda entry: _number(entry, "SSD", path))
    ssd = [_number(entry, "SSD", path) for entry in entries]
    names = [f"kernel{k + 1}" for k in range(count)]
    table = np.stack([[_numbers(e, name, path).ravel() for name in names] for e in entries])
    if table.shape[-1] != radius.size:
        raise InvalidInput(
            f"{path.name}: the kernels have {table.shape[-1]} values and kernelPos {radius.size}; "
            "they must agree."
        )
    per_mm2 = table / KERNEL_PITCH_MM**2 if version == 1 else table
    radius, per_mm2 = _fine_near_the_centre(radius, per_mm2)
    tail, centre = _split(radius, per_mm2)
    return LateralComponents(np.array(ssd), radius, tail, centre)


def _fine_near_the_centre(radius: Floats, table: Floats) -> tuple[Floats, Floats]:
    """A coarse table gets the radii of the lattice up to its second one: the centre spans a cell.

    Only the value at exactly 0 is replaced later; without these radii the change would reach the
    neighbouring cells.
    """
    if radius.size < 2 or radius[0] != 0 or radius[1] <= KERNEL_PITCH_MM:
        return radius, table
    finer = np.union1d(np.arange(0.0, radius[1], KERNEL_PITCH_MM), radius)
    flat = [np.interp(finer, radius, row) for row in table.reshape(-1, radius.size)]
    return finer, np.stack(flat).reshape(*table.shape[:-1], finer.size)


def _split(radius: Floats, table: Floats) -> tuple[Floats, Floats]:
    """The central cell apart from the tail, which is continued in a straight line to radius 0."""
    if radius.size < 3:
        raise InvalidInput("kernelPos: fewer than 3 radii; a kernel cannot be told from a point.")
    tail = table.copy()
    slope = (table[..., 2] - table[..., 1]) / (radius[2] - radius[1])
    tail[..., 0] = table[..., 1] - slope * (radius[1] - radius[0])
    centre = (table[..., 0] - tail[..., 0]) * KERNEL_PITCH_MM**2
    return tail, centre


def _sources(
    meta: Mapping[str, Any], data: Mapping[str, Any], count: int, version: int, path: Path
) -> tuple[SourcedNumber, ...]:
    made = f"{meta.get('description', '')} (by {meta.get('created_by', 'unknown')}, "
    made += f"{meta.get('created_on', 'no date')})"
    found = [SourcedNumber("all", f"{path.name}, version {version}", "verified", made)]
    kernels = data["kernel"][0] if isinstance(data["kernel"], list) else data["kernel"]
    unused = sorted(k for k in kernels if k.startswith("kernel") and int(k[6:] or 0) > count)
    if unused:
        note = f"{', '.join(unused)} has no build-up of its own (surface dose) and is not used."
        found.append(SourcedNumber("lateral", path.name, "verified", note))
    return tuple(found)


def _block(outer: Mapping[str, Any], key: str, path: Path) -> Mapping[str, Any]:
    found = outer.get(key)
    if not isinstance(found, Mapping):
        held = ", ".join(sorted(k for k in outer if not k.startswith("__"))) or "nothing"
        raise InvalidInput(
            f"{path.name}: there is no block {key!r}; found: {held}. A machine file of matRad or "
            "pyRadPlan is needed."
        )
    return found


def _numbers(block: Mapping[str, Any], key: str, path: Path) -> Floats:
    if key not in block:
        held = ", ".join(sorted(block)) or "nothing"
        raise InvalidInput(f"{path.name}: {key} is missing; found: {held}. Complete the file.")
    try:
        values = np.asarray(block[key], dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidInput(f"{path.name}: {key} is not made of numbers. Correct it.") from None
    if values.size == 0 or not np.all(np.isfinite(values)):
        raise InvalidInput(
            f"{path.name}: {key} is empty or holds values that are not finite. Correct it."
        )
    return values


def _number(block: Mapping[str, Any], key: str, path: Path) -> float:
    values = _numbers(block, key, path).ravel()
    if values.size != 1:
        raise InvalidInput(f"{path.name}: {key} has {values.size} values; one is needed.")
    return float(values[0])
