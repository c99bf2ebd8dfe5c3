"""A machine from its document: every block becomes its record, every fault its line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict, TypeVar

import numpy as np

from hepatica.document.text import Tree
from hepatica.errors import InvalidInput
from hepatica.machine.gaussians import gaussian_components
from hepatica.machine.hounsfield import HounsfieldTable
from hepatica.machine.machine import Machine
from hepatica.machine.parts import (
    Calibration,
    DepthComponents,
    Floats,
    LateralComponents,
    Mlc,
    PrimaryFluence,
)
from hepatica.machine.resolution import Resolution
from hepatica.machine.schema import LateralBlock, MachineDocument, MlcBlock

_Part = TypeVar("_Part")


def build(document: MachineDocument, text: Tree) -> Machine | None:
    """The machine of a document; whatever cannot be built is noted in the text.

    Parameters
    ----------
    document : MachineDocument
    text : Tree
        Where faults are noted.
    """
    _note_unknown_sources(document, text)
    parts = _Parts(text)
    d, f, beam = document.depth, document.primary_fluence, document.beam
    depth = parts.made(
        "depth", lambda: DepthComponents(d.attenuation_per_mm, np.array(d.build_up_per_mm))
    )
    lateral = parts.made("lateral", lambda: _lateral(document.lateral))
    fluence = parts.made(
        "primary_fluence", lambda: PrimaryFluence(np.array(f.radius_mm), np.array(f.relative))
    )
    optional = _optional_parts(document, parts)
    if text.faults or depth is None or lateral is None or fluence is None:
        return None
    return parts.made(
        "lateral",
        lambda: Machine(
            name=document.name,
            version=document.version,
            energy_mv=beam.energy_mv,
            sad_mm=beam.sad_mm,
            depth=depth,
            lateral=lateral,
            primary_fluence=fluence,
            penumbra_fwhm_mm=beam.penumbra_fwhm_mm,
            sources=tuple(document.sourced_numbers()),
            kernel_pitch_mm=document.lateral.kernel_pitch_mm,
            title=document.title,
            **optional,
        ),
    )


@dataclass
class _Parts:
    """Makes records; whatever a record refuses is noted at its block."""

    text: Tree

    def made(self, place: str, make: Callable[[], _Part]) -> _Part | None:
        try:
            return make()
        except InvalidInput as error:
            self.text.note((place,), str(error))
            return None


class _Optional(TypedDict):
    mlc: Mlc | None
    calibration: Calibration | None
    hlut: HounsfieldTable | None
    resolution: Resolution | None


def _optional_parts(document: MachineDocument, parts: _Parts) -> _Optional:
    m, c, h, r = document.mlc, document.calibration, document.hounsfield, document.resolution
    found = _Optional(mlc=None, calibration=None, hlut=None, resolution=None)
    if m is not None:
        found["mlc"] = parts.made("mlc", lambda: _mlc(m))
    if c is not None:
        found["calibration"] = parts.made(
            "calibration", lambda: Calibration(c.cgy_per_mu, c.field_mm, c.ssd_mm, c.depth_mm)
        )
    if h is not None:
        found["hlut"] = parts.made(
            "hounsfield", lambda: HounsfieldTable(np.array(h.hu), np.array(h.relative_density))
        )
    if r is not None:
        found["resolution"] = parts.made(
            "resolution", lambda: Resolution(r.meterset_mu, r.leaf_mm, r.jaw_mm)
        )
    return found


def _note_unknown_sources(document: MachineDocument, text: Tree) -> None:
    known = {work.name for work in document.sources}
    for key, block in document.blocks():
        if block.source not in known:
            text.note((key, "source"), _not_listed(block.source, known))
        for i, stated in enumerate(block.stated):
            if stated.source not in known:
                text.note((key, "stated", i, "source"), _not_listed(stated.source, known))
            if stated.key not in type(block).model_fields:
                keys = ", ".join(type(block).model_fields)
                message = f"{stated.key!r} is not a key of {key}; known are: {keys}."
                text.note((key, "stated", i, "key"), message)


def _not_listed(source: str, known: set[str]) -> str:
    return f"{source!r} is not an entry of sources; known are: {', '.join(sorted(known))}."


def _lateral(block: LateralBlock) -> LateralComponents:
    as_gaussians = (block.sigma_mm, block.weight)
    as_tables = (block.radius_mm, block.tail_per_mm2)
    if (None in as_gaussians) == (None in as_tables) or any(as_gaussians) == any(as_tables):
        raise InvalidInput(
            "give the lateral components either as sigma_mm and weight or as radius_mm and "
            "tail_per_mm2, and not both."
        )
    ssd = np.array(block.ssd_mm)
    centre = _array("centre_weight", block.centre_weight)
    if block.sigma_mm is not None:
        weight = _array("weight", block.weight)
        return gaussian_components(ssd, np.array(block.sigma_mm), weight, centre)
    tail = _array("tail_per_mm2", block.tail_per_mm2)
    return LateralComponents(ssd, np.array(block.radius_mm), tail, centre)


def _array(place: str, rows: object) -> Floats:
    try:
        return np.array(rows, dtype=np.float64)
    except ValueError:
        raise InvalidInput(
            f"lateral.{place}: its rows differ in length; give every distance and component the "
            "same number of values."
        ) from None


def _mlc(block: MlcBlock) -> Mlc:
    widths = np.concatenate([np.full(g.pairs, g.width_mm) for g in block.leaves])
    edges = np.concatenate([[0.0], np.cumsum(widths)])
    return Mlc(
        edges - edges[-1] / 2,
        block.minimum_mm,
        block.maximum_mm,
        block.overtravel_mm,
        block.minimum_gap_mm,
        block.transmission,
        block.interdigitation,
        block.jaws,
    )
