"""A case on disk: one folder with a readable case.json and the arrays beside it.

``case.json`` says everything in words and numbers; image, structures, doses and the leaf positions
of plans are .npz files, each with its SHA-256 in ``case.json``, so that a folder that was changed
or damaged is noticed.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hepatica.case import Case, Contours, Dose, Grid, Note, Plan, Structure, Volume
from hepatica.case.provenance import IDENTITY_NOTE
from hepatica.case.solid import Solid
from hepatica.errors import Inconsistent, InvalidInput, UsageError
from hepatica.store.arrays import read_arrays, write_arrays
from hepatica.store.case_folder_plans import read_plan, write_plan
from hepatica.store.documents import read_document
from hepatica.store.record_file import DOCUMENT as RECORD
from hepatica.store.record_file import read_record, require_one_calendar
from hepatica.store.summary import case_summary
from hepatica.store.whole_folder import whole_folder

__all__ = ["case_summary", "is_case_folder", "read_case", "write_case"]

SCHEMA = "hepatica/case-folder"
VERSION = 3

_DOCUMENT = "case.json"
_OURS = frozenset({_DOCUMENT, "image.npz", "structures", "plans", "doses", "run.json"})


def write_case(case: Case, folder: Path, force: bool = False) -> Path:
    """Write a case into a new folder, whole or not at all.

    Parameters
    ----------
    case : Case
    folder : Path
        Made here; an existing case is replaced only with ``force``.

    Returns
    -------
    folder : Path

    Raises
    ------
    UsageError
        If the folder exists and ``force`` is not given, or holds anything that is not a case.
    """
    folder = folder.resolve()
    _require_writable(folder, force)
    with whole_folder(folder) as new:
        _write_into(case, new)
        _keep_record(case, folder, new)
    return folder


def read_case(folder: Path) -> Case:
    """Read a case and check that its files are those that were written.

    Raises
    ------
    InvalidInput
        If the folder is no case, is damaged, or was written by a newer Hepatica.
    """
    document = _document(folder)
    where = f"Case folder {folder.name}"
    try:
        return _case_from(document, folder, where)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise InvalidInput(
            f"{where}: {_DOCUMENT} is incomplete or was edited ({type(error).__name__}: {error}). "
            "Import the case again."
        ) from error


def is_case_folder(folder: Path) -> bool:
    """Whether there is a case.json in the folder."""
    return (folder / _DOCUMENT).is_file()


def _require_writable(folder: Path, force: bool) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UsageError(f"{folder.name} is a file; a case needs a folder. Choose another --out.")
    present = sorted(entry.name for entry in folder.iterdir() if entry.name != RECORD)
    foreign = [name for name in present if name not in _OURS]
    if foreign or (present and not is_case_folder(folder)):
        raise UsageError(
            f"The folder {folder.name} holds files that are not part of a case "
            f"({', '.join((foreign or present)[:3])}). Choose another --out; these are never "
            "deleted."
        )
    if present and not force:
        raise UsageError(
            f"The folder {folder.name} holds a case already. Choose another --out, or pass "
            "--force to replace it."
        )


def _keep_record(case: Case, folder: Path, new: Path) -> None:
    """The clinical half of the case stays when its images are imported or replaced."""
    if not (folder / RECORD).exists():
        return
    record = read_record(folder)
    if record.case_id != case.case_id:
        raise Inconsistent(
            f"The folder {folder.name} holds the record of case {record.case_id}, the images are "
            f"of case {case.case_id}. Import them with --id {record.case_id}, or choose another "
            "--out."
        )
    moved = any(note.subject == IDENTITY_NOTE for note in case.notes)
    require_one_calendar(record, moved, folder.name)
    shutil.copy2(folder / RECORD, new / RECORD)


def _write_into(case: Case, folder: Path) -> None:
    document = {
        "schema": SCHEMA,
        "version": VERSION,
        "research_use_only": True,
        "case_id": case.case_id,
        "frame_of_reference_uid": case.frame_of_reference_uid,
        "patient_key": case.patient_key,
        "patient_position": case.patient_position,
        "image": _write_volume(case.image, folder, "image.npz"),
        "structures": [
            _write_structure(s, folder, f"structures/{n:03d}.npz")
            for n, s in enumerate(case.structures.values(), start=1)
        ],
        "plans": [
            write_plan(plan, folder, f"plans/{n:03d}.npz")
            for n, plan in enumerate(case.plans, start=1)
        ],
        "doses": [
            _write_dose(dose, folder, f"doses/{n:03d}.npz")
            for n, dose in enumerate(case.doses, start=1)
        ],
        "notes": [asdict(note) for note in case.notes],
    }
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / _DOCUMENT).write_text(text + "\n", encoding="utf-8")


def _write_volume(volume: Volume, folder: Path, name: str) -> dict[str, Any]:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    digest = write_arrays(path, {"values": _narrow(volume.values)})
    return {
        "unit": volume.unit,
        "dtype": volume.values.dtype.str,
        "grid": asdict(volume.grid),
        "file": name,
        "sha256": digest,
    }


def _narrow(values: NDArray[np.generic]) -> NDArray[np.generic]:
    """The smallest of uint8, int16 and the values' own type that holds them exactly."""
    for kind in (np.uint8, np.int16):
        limits = np.iinfo(kind)
        if values.dtype.itemsize <= np.dtype(kind).itemsize:
            continue
        if values.min() >= limits.min and values.max() <= limits.max:
            small = values.astype(kind)
            if np.array_equal(small, values):
                return small
    return values


def _write_structure(structure: Structure, folder: Path, name: str) -> dict[str, Any]:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    arrays: dict[str, NDArray[Any]] = {"coverage": _narrow(structure.coverage.values)}
    if structure.contours is not None:
        loops = structure.contours.loops
        arrays["points_mm"] = np.concatenate(loops) if loops else np.zeros((0, 3))
        arrays["points_per_loop"] = np.array([len(loop) for loop in loops], dtype=np.int64)
    return {
        "name": structure.name,
        "role": structure.role,
        "origin": structure.origin,
        "derived": structure.derived,
        "volume_cc": round(structure.volume_cc, 3),
        "solid": None if structure.contours is None else asdict(structure.contours.solid),
        "grid": asdict(structure.grid),
        "file": name,
        "sha256": write_arrays(path, arrays),
    }


def _write_dose(dose: Dose, folder: Path, name: str) -> dict[str, Any]:
    return {
        "uid": dose.uid,
        "label": dose.label,
        "summation": dose.summation,
        "plan_uid": dose.plan_uid,
        "frame_of_reference_uid": dose.frame_of_reference_uid,
        "origin": dose.origin,
        "volume": _write_volume(dose.volume, folder, name),
    }


def _document(folder: Path) -> dict[str, Any]:
    path = folder / _DOCUMENT
    if not path.is_file():
        raise InvalidInput(
            f"{folder.name} is no case folder: it has no {_DOCUMENT}. Make one with "
            "'hepatica case import'."
        )
    where = f"Case folder {folder.name}"
    document = read_document(path, SCHEMA, where, "Import the case again.")
    _require_version(document.get("version"), folder.name)
    return document


def _require_version(version: object, name: str) -> None:
    if version == VERSION:
        return
    older = isinstance(version, int) and version < VERSION
    advice = (
        "It is from before beams kept their segments, and a case how the patient lay. Import it "
        "again from its files."
        if older
        else "Read it with the Hepatica that wrote it, or import it again."
    )
    raise InvalidInput(
        f"Case folder {name} has version {version}; this Hepatica reads version {VERSION}. {advice}"
    )


def _case_from(document: Mapping[str, Any], folder: Path, where: str) -> Case:
    structures = [_structure_from(row, folder, where) for row in document["structures"]]
    return Case(
        case_id=document["case_id"],
        image=_volume_from(document["image"], folder, where),
        frame_of_reference_uid=document["frame_of_reference_uid"],
        structures={s.name: s for s in structures},
        plans=tuple(_plan_from(row, folder, where) for row in document["plans"]),
        doses=tuple(_dose_from(row, folder, where) for row in document["doses"]),
        notes=tuple(Note(**row) for row in document["notes"]),
        patient_key=document["patient_key"],
        patient_position=document["patient_position"],
    )


def _grid_from(row: Mapping[str, Any]) -> Grid:
    return Grid(
        shape=tuple(row["shape"]),
        spacing_mm=tuple(row["spacing_mm"]),
        origin_mm=tuple(row["origin_mm"]),
        direction=tuple(tuple(axis) for axis in row["direction"]),
    )


def _volume_from(row: Mapping[str, Any], folder: Path, where: str) -> Volume:
    values = read_arrays(_inside(folder, row["file"]), row["sha256"], where)["values"]
    restored = values.astype(np.dtype(row["dtype"]), copy=False)
    return Volume(restored, _grid_from(row["grid"]), row["unit"])


def _structure_from(row: Mapping[str, Any], folder: Path, where: str) -> Structure:
    arrays = read_arrays(_inside(folder, row["file"]), row["sha256"], where)
    contours = None
    if "points_mm" in arrays:
        ends = np.cumsum(arrays["points_per_loop"])[:-1]
        parts = np.split(arrays["points_mm"], ends) if len(arrays["points_per_loop"]) else ()
        contours = Contours(tuple(parts), Solid(**row["solid"]))
    coverage = Volume(arrays["coverage"].astype(np.float32), _grid_from(row["grid"]), "1")
    return Structure(
        row["name"], coverage, row["role"], row["origin"], bool(row["derived"]), contours
    )


def _plan_from(row: Mapping[str, Any], folder: Path, where: str) -> Plan:
    if "file" in row:
        _inside(folder, row["file"])
    return read_plan(row, folder, where)


def _dose_from(row: Mapping[str, Any], folder: Path, where: str) -> Dose:
    return Dose(**{**row, "volume": _volume_from(row["volume"], folder, where)})


def _inside(folder: Path, name: str) -> Path:
    """A file of the case; a name that leads out of the folder is refused."""
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InvalidInput(f"Case folder {folder.name}: {_DOCUMENT} names a file outside of it.")
    return path
