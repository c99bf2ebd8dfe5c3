"""Measured beams on disk: a description in YAML that names tables, or a folder of known files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hepatica.errors import InvalidInput
from hepatica.io.machine.tables import read_rows, read_words
from hepatica.machine import PrimaryFluence
from hepatica.machine.commissioning import (
    MeasuredDocument,
    TableBlock,
    load_measured_document,
    measured_names,
)
from hepatica.machine.measurements import (
    BeamMeasurements,
    DepthTable,
    OutputFactors,
)

_FILES = ("tpr", "of", "primflu", "params")
_MM = {"mm": 1.0, "cm": 10.0}
_PARAMETERS = {
    "energy_mv": "photon_energy",
    "sad_mm": "SAD",
    "penumbra_fwhm_mm": "fwhm_gauss",
    "ssd_mm": "dose_reference_ssd",
    "depth_mm": "dose_reference_depth",
}


def read_measurements(
    path: str | Path, data: Path | None = None, set_name: str | None = None
) -> tuple[BeamMeasurements, MeasuredDocument | None]:
    """Read the measurements of one beam.

    Parameters
    ----------
    path : str or Path
        A description (YAML or JSON) that names tables and their units, or the name of one that
        comes with Hepatica; or a folder with the four files ``NAME_tpr.dat``, ``NAME_of.dat``,
        ``NAME_primflu.dat`` and ``NAME_params.dat`` in the format of
        photonPencilBeamKernelCalc (e0404, DKFZ), whose lengths are in mm.
    data : Path, optional
        Folder of the tables that a description names; the folder of the description otherwise.
    set_name : str, optional
        NAME of the files, where a folder holds several sets.

    Returns
    -------
    measurements : BeamMeasurements
    document : MeasuredDocument or None
        The description, with what it says of leaves and calibration; None for a folder.

    Raises
    ------
    InvalidInput
        If a file is missing, a table is bad or a unit is not stated.
    """
    if Path(path).is_dir():
        return _from_folder(Path(path), set_name), None
    document, folder = load_measured_document(path)
    if data is None and str(path) in measured_names():
        raise InvalidInput(
            f"{path} names its tables, which do not come with Hepatica. Say where they are with "
            "--data FOLDER; docs/explain/machine.md tells who published them."
        )
    return _from_document(document, data or folder), document


def _from_folder(folder: Path, set_name: str | None) -> BeamMeasurements:
    found = sorted(f.name.removesuffix("_tpr.dat") for f in folder.glob("*_tpr.dat"))
    if not found:
        raise InvalidInput(
            f"{folder}: no file NAME_tpr.dat; a folder of measurements holds NAME_tpr.dat, "
            "NAME_of.dat, NAME_primflu.dat and NAME_params.dat. Tables of another form are named "
            "in a description with their unit: give that YAML file instead."
        )
    name = set_name or found[0]
    if name not in found or (set_name is None and len(found) > 1):
        raise InvalidInput(
            f"{folder}: the sets {', '.join(found)} are there"
            f"{f', {set_name} is not' if set_name else ''}. Choose one with --set."
        )
    files = {kind: folder / f"{name}_{kind}.dat" for kind in _FILES}
    words = read_words(files["params"])
    numbers = {key: _parameter(words, file, files["params"]) for key, file in _PARAMETERS.items()}
    depth, factors = _depth_rows(files["tpr"]), read_rows(files["of"])
    fluence = read_rows(files["primflu"])
    return BeamMeasurements(
        name=name.lower(),
        title=name,
        energy_mv=numbers["energy_mv"],
        sad_mm=numbers["sad_mm"],
        penumbra_fwhm_mm=numbers["penumbra_fwhm_mm"],
        depth_dose=DepthTable("tpr", depth[0, 1:], depth[1:, 0], depth[1:, 1:]),
        output_factors=OutputFactors(
            *_pair(factors, files["of"]), numbers["ssd_mm"], numbers["depth_mm"]
        ),
        primary_fluence=PrimaryFluence(*_pair(fluence, files["primflu"])),
        source=f"files {name}_*.dat",
        unused=tuple(sorted(set(words) - set(_PARAMETERS.values()))),
    )


def _from_document(document: MeasuredDocument, folder: Path) -> BeamMeasurements:
    beam, table, factors = document.beam, document.depth_dose, document.output_factors
    unit = _MM[table.unit]
    depth = _depth_rows(folder / table.file)
    fields, factor = _pair(read_rows(folder / factors.file), folder / factors.file)
    radius, relative = _fluence(document.primary_fluence, folder)
    return BeamMeasurements(
        name=document.name,
        title=document.title,
        energy_mv=beam.energy_mv,
        sad_mm=beam.sad_mm,
        penumbra_fwhm_mm=beam.penumbra_fwhm_mm,
        depth_dose=DepthTable(
            table.kind, depth[0, 1:] * unit, depth[1:, 0] * unit, depth[1:, 1:], table.ssd_mm
        ),
        output_factors=OutputFactors(
            fields * _MM[factors.unit], factor, factors.ssd_mm, factors.depth_mm
        ),
        primary_fluence=PrimaryFluence(radius, relative),
        source=document.measured_by(),
    )


def _fluence(block: TableBlock, folder: Path) -> tuple[Any, Any]:
    radius, relative = _pair(read_rows(folder / block.file), folder / block.file)
    return radius * _MM[block.unit], relative


def _depth_rows(path: Path) -> Any:
    rows = read_rows(path, corner=True)
    if rows[0, 0] != 0:
        raise InvalidInput(
            f"{path.name}: the first row starts with {rows[0, 0]:g}; it holds 0 (or a word) and "
            "then the field sizes, and every other row a depth and its values. Add the first row."
        )
    return rows


def _pair(rows: Any, path: Path) -> tuple[Any, Any]:
    if rows.shape[1] != 2:
        raise InvalidInput(
            f"{path.name}: {rows.shape[1]} columns; two are needed, a length and a value."
        )
    return rows[:, 0], rows[:, 1]


def _parameter(words: Mapping[str, str], key: str, path: Path) -> float:
    try:
        return float(words[key])
    except KeyError:
        raise InvalidInput(
            f"{path.name}: {key} is missing; found: {', '.join(words)}. Add it."
        ) from None
    except ValueError:
        raise InvalidInput(f"{path.name}: {key} is {words[key]!r}, not a number.") from None
