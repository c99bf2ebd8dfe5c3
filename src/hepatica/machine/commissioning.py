"""The description of measured beams: which tables, in which unit, and what cannot be measured."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from hepatica.document.fault import did_you_mean
from hepatica.document.text import read_tree
from hepatica.errors import InvalidInput
from hepatica.machine.explain import note_schema_faults
from hepatica.machine.measurements import DepthKind
from hepatica.machine.schema import (
    BeamBlock,
    Block,
    CalibrationBlock,
    HounsfieldBlock,
    MlcBlock,
    Name,
    Positive,
    ResolutionBlock,
    Sourced,
    Words,
    Work,
)

LengthUnit = Literal["mm", "cm"]


class TableBlock(Sourced):
    """A table with a length in its first column."""

    file: Words = Field(description="Name of the file.")
    unit: LengthUnit = Field(description="Unit of all lengths in the file: `mm` or `cm`.")


class DepthTableBlock(TableBlock):
    """Depth doses: field sizes in the first row, depths in the first column."""

    kind: DepthKind = Field(description="`tpr`: detector at the isocentre. `pdd`: fixed surface.")
    ssd_mm: Positive | None = Field(
        default=None, description="Distance to the surface, mm; for `pdd`."
    )


class FactorBlock(TableBlock):
    """Output factors: side of a square field, and its factor."""

    ssd_mm: Positive = Field(description="Distance from the source to the surface, mm.")
    depth_mm: Positive = Field(description="Depth of measurement, mm.")


class MeasuredDocument(Block):
    """Measurements of one beam, and what the machine document takes over unchanged."""

    document: Literal["hepatica/measurements"] = Field(description="What this file is.")
    format: Literal[1] = Field(description="Version of these keys.")
    name: Name = Field(description="Short name of the machine.")
    title: Words = Field(description="Name for people.")
    version: Words = Field(description="Version that the machine document gets.")
    beam: BeamBlock = Field(description="Beam quality and geometry.")
    depth_dose: DepthTableBlock = Field(description="TPR or PDD of square fields.")
    output_factors: FactorBlock = Field(description="Output factors of square fields.")
    primary_fluence: TableBlock = Field(description="Intensity against radius, in air.")
    mlc: MlcBlock | None = Field(default=None, description="Multileaf collimator, taken over.")
    resolution: ResolutionBlock | None = Field(
        default=None, description="Steps in which the machine is set, taken over."
    )
    calibration: CalibrationBlock | None = Field(
        default=None, description="Absolute dose, taken over."
    )
    hounsfield: HounsfieldBlock | None = Field(
        default=None, description="Density from HU, taken over."
    )
    sources: Annotated[tuple[Work, ...], Field(min_length=1)] = Field(
        description="Publications, data sets and people."
    )

    def measured_by(self) -> str:
        """The citation of the depth doses, with its licence."""
        for work in self.sources:
            if work.name == self.depth_dose.source:
                return work.citation + (f" ({work.licence})" if work.licence else "")
        raise InvalidInput(
            f"Measurements {self.name}: depth_dose.source is {self.depth_dose.source!r}, which is "
            f"no entry of sources; known are: {', '.join(w.name for w in self.sources)}."
        )


def measured_names() -> tuple[str, ...]:
    """The descriptions that come with Hepatica; their tables do not."""
    folder = resources.files("hepatica.machine").joinpath("commissioning_library")
    found = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in found if name.endswith(".yaml")))


def load_measured_document(name_or_path: str | Path) -> tuple[MeasuredDocument, Path]:
    """A description of measurements, and the folder in which it lies.

    Raises
    ------
    InvalidInput
        If it cannot be read, or with every fault of it at once.
    """
    if str(name_or_path) in measured_names():
        folder = resources.files("hepatica.machine").joinpath("commissioning_library")
        text = folder.joinpath(f"{name_or_path}.yaml").read_text("utf-8")
        return parse_measured(text, f"{name_or_path}.yaml"), Path()
    path = Path(name_or_path)
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        hint = did_you_mean(str(name_or_path), measured_names())
        raise InvalidInput(
            f"The measurements {path} cannot be read: {why}. Give a folder, a YAML description or "
            f"a name that comes with Hepatica; {hint}"
        ) from error
    return parse_measured(text, path.name), path.parent


def parse_measured(text: str, shown: str) -> MeasuredDocument:
    """The description that a YAML or JSON text holds.

    Raises
    ------
    InvalidInput
        With every fault of it at once.
    """
    read = read_tree(text)
    document = None
    if not read.faults:
        try:
            document = MeasuredDocument.model_validate(read.root)
        except ValidationError as error:
            note_schema_faults(error, read, MeasuredDocument)
    if document is None or read.faults:
        lines = "\n".join(f"  {fault}" for fault in sorted(read.faults))
        raise InvalidInput(f"{shown}: the description of measurements is faulty.\n{lines}")
    return document
