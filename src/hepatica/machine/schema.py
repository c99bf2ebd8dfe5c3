"""What a machine document may say: one block of keys per part of a machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from hepatica.machine.parts import SourcedNumber, Status

Words = Annotated[str, Field(min_length=1)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]+([-_.][a-z0-9]+)*$", max_length=60)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Zero = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Row = Annotated[tuple[Number, ...], Field(min_length=1)]


class Block(BaseModel):
    """A group of keys; a key that is not listed is refused, and nothing changes once read."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class Work(Block):
    """A publication, a data set or a person that numbers come from."""

    name: Name = Field(description="Short name that `source:` refers to.")
    citation: Words = Field(description="Authors, title, place and year; or who said it.")
    licence: Words | None = Field(default=None, description="Licence of a data set.")
    note: Words | None = Field(default=None, description="Anything a reader should know.")


class Stated(Block):
    """Where one number of a block comes from, if that differs from the rest of the block."""

    key: Name = Field(description="The number's key in this block.")
    source: Name = Field(description="Name of an entry of `sources`.")
    status: Status = Field(description="`verified`: looked up there. `recalled`: from memory.")
    note: Words | None = Field(default=None, description="A remark for the reader.")


class Sourced(Block):
    """A group of keys whose numbers share a source."""

    source: Name = Field(description="Name of an entry of `sources`.")
    status: Status = Field(description="`verified`: looked up there. `recalled`: from memory.")
    note: Words | None = Field(default=None, description="A remark for the reader.")
    stated: tuple[Stated, ...] = Field(
        default=(), description="Numbers with a source of their own."
    )


class BeamBlock(Sourced):
    """Beam quality and geometry."""

    energy_mv: Positive = Field(description="Nominal accelerating voltage, MV.")
    sad_mm: Positive = Field(description="Distance from the source to the isocentre, mm.")
    penumbra_fwhm_mm: Zero = Field(
        description="Width of the source's image in the isocentre plane, mm (FWHM)."
    )


class DepthBlock(Sourced):
    """Depth components."""

    attenuation_per_mm: Positive = Field(description="m, 1/mm of water.")
    build_up_per_mm: tuple[Positive, ...] = Field(
        min_length=1, description="beta of each component, 1/mm of water."
    )


class LateralBlock(Sourced):
    """Lateral components: as sums of Gaussians, or as tables over radius."""

    ssd_mm: Row = Field(description="Distances from the source to the surface, mm, rising.")
    centre_weight: tuple[Row, ...] = Field(
        description="Per distance: weight of the point at the centre, one per component."
    )
    sigma_mm: tuple[Positive, ...] | None = Field(
        default=None, description="Widths of the Gaussians in the isocentre plane, mm."
    )
    weight: tuple[tuple[Row, ...], ...] | None = Field(
        default=None,
        description="Per distance and component: integral of each Gaussian, 1 per `sigma_mm`.",
    )
    radius_mm: Row | None = Field(
        default=None, description="Radii of the tables, mm, rising from 0."
    )
    tail_per_mm2: tuple[tuple[Row, ...], ...] | None = Field(
        default=None, description="Per distance and component: density at each radius, 1/mm^2."
    )
    kernel_pitch_mm: Positive = Field(
        default=0.5, description="Spacing at which the components were sampled, mm."
    )


class FluenceBlock(Sourced):
    """Primary fluence in the isocentre plane."""

    radius_mm: Row = Field(description="Distance from the central ray, mm, rising from 0.")
    relative: tuple[Zero, ...] = Field(description="Intensity; 1 on the central ray.")


class LeafGroup(Block):
    """Neighbouring leaf pairs of one width."""

    pairs: Annotated[int, Field(ge=1, le=400)] = Field(description="How many pairs.")
    width_mm: Positive = Field(description="Width of each in the isocentre plane, mm.")


class MlcBlock(Sourced):
    """Multileaf collimator."""

    leaves: Annotated[tuple[LeafGroup, ...], Field(min_length=1)] = Field(
        description="Groups from the most negative place across the travel to the most positive; "
        "together they are centred on the central ray."
    )
    minimum_mm: Annotated[float, Field(lt=0)] = Field(description="Furthest tip place, mm.")
    maximum_mm: Positive = Field(description="Furthest tip place on the other side, mm.")
    overtravel_mm: Zero = Field(description="How far a tip may pass the central ray, mm.")
    minimum_gap_mm: Zero = Field(description="Least opening between two tips of a pair, mm.")
    transmission: Annotated[float, Field(ge=0, lt=1)] = Field(
        description="Part of the beam behind closed leaves."
    )
    interdigitation: bool = Field(
        description="Whether a tip may pass the opposing tip of the neighbouring pair."
    )
    jaws: tuple[Literal["x", "y"], ...] = Field(
        ("x", "y"),
        description="Pairs of jaws that there are: `x` along the leaves' travel, `y` across.",
    )


class ResolutionBlock(Sourced):
    """How finely the machine can be set."""

    meterset_mu: Positive = Field(description="Step of a segment's monitor units, MU.")
    leaf_mm: Positive = Field(description="Step of a leaf tip in the isocentre plane, mm.")
    jaw_mm: Positive = Field(description="Step of a jaw in the isocentre plane, mm.")


class CalibrationBlock(Sourced):
    """Absolute dose per monitor unit at one place in water."""

    cgy_per_mu: Positive = Field(description="Dose per monitor unit, cGy/MU.")
    field_mm: Positive = Field(description="Side of the square field at the isocentre, mm.")
    ssd_mm: Positive = Field(description="Distance from the source to the water, mm.")
    depth_mm: Positive = Field(description="Depth on the central ray, mm.")


class HounsfieldBlock(Sourced):
    """Density from the grey values of a CT."""

    hu: tuple[Number, ...] = Field(min_length=2, description="Grey values, rising.")
    relative_density: tuple[Zero, ...] = Field(min_length=2, description="1 = water.")


class MachineDocument(Block):
    """A machine as it is written down."""

    document: Literal["hepatica/machine"] = Field(description="What this file is.")
    format: Literal[1] = Field(description="Version of these keys.")
    name: Name = Field(description="Short name.")
    title: Words = Field(description="Name for people.")
    version: Words = Field(description="Version of the contents; changes with any number.")
    beam: BeamBlock = Field(description="Beam quality and geometry.")
    depth: DepthBlock = Field(description="Depth components.")
    lateral: LateralBlock = Field(description="Lateral components.")
    primary_fluence: FluenceBlock = Field(description="Primary fluence.")
    mlc: MlcBlock | None = Field(default=None, description="Multileaf collimator.")
    resolution: ResolutionBlock | None = Field(
        default=None, description="Steps in which it is set; left out: customary ones."
    )
    calibration: CalibrationBlock | None = Field(default=None, description="Absolute dose.")
    hounsfield: HounsfieldBlock | None = Field(default=None, description="Density from HU.")
    sources: Annotated[tuple[Work, ...], Field(min_length=1)] = Field(
        description="Publications, data sets and people."
    )

    def blocks(self) -> Iterator[tuple[str, Sourced]]:
        """The blocks with a source, by their keys."""
        for key in type(self).model_fields:
            block = getattr(self, key)
            if isinstance(block, Sourced):
                yield key, block

    def sourced_numbers(self) -> Iterator[SourcedNumber]:
        """Where every block comes from, and each number with a source of its own."""
        works = {work.name: work for work in self.sources}
        for key, block in self.blocks():
            yield _sourced(key, block, works)
            for stated in block.stated:
                yield _sourced(f"{key}.{stated.key}", stated, works)


def _sourced(place: str, said: Sourced | Stated, works: dict[str, Work]) -> SourcedNumber:
    work = works[said.source]
    licence = f" ({work.licence})" if work.licence else ""
    notes = " ".join(note for note in (said.note, work.note) if note)
    return SourcedNumber(place, f"{work.citation}{licence}", said.status, notes)
