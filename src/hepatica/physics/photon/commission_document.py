"""The machine document of a fit: fitted and stated numbers, each with its source."""

from __future__ import annotations

import numpy as np

from hepatica.errors import InvalidInput
from hepatica.machine.commissioning import MeasuredDocument
from hepatica.machine.measurements import BeamMeasurements
from hepatica.machine.parts import Floats
from hepatica.machine.schema import (
    BeamBlock,
    CalibrationBlock,
    DepthBlock,
    FluenceBlock,
    LateralBlock,
    MachineDocument,
    Work,
)
from hepatica.physics.photon.commission import Commissioned

_FIT, _DATA, _USER = "fit", "measurements", "user"
_MADE = "Fitted by `hepatica machine fit` to depth doses and output factors of square fields: "


def machine_document(
    fit: Commissioned,
    measured: BeamMeasurements,
    described: MeasuredDocument | None = None,
    cgy_per_mu: float | None = None,
) -> MachineDocument:
    """Write down a fit as a machine document.

    Parameters
    ----------
    fit : Commissioned
    measured : BeamMeasurements
    described : MeasuredDocument, optional
        What it says of leaves, calibration and density is taken over with its sources.
    cgy_per_mu : float, optional
        Absolute dose at the reference of the output factors, stated by the user; it replaces the
        calibration of the description.

    Raises
    ------
    InvalidInput
        If cgy_per_mu is not above 0.
    """
    calibration = described.calibration if described else None
    works = list(described.sources) if described else [Work(name=_DATA, citation=measured.source)]
    works.append(Work(name=_FIT, citation=_MADE + measured.source))
    if cgy_per_mu is not None:
        calibration = _stated(measured, cgy_per_mu)
        works.append(Work(name=_USER, citation="Stated by the user when the fit was made."))
    return MachineDocument(
        document="hepatica/machine",
        format=1,
        name=measured.name,
        title=measured.title,
        version=described.version if described else "1",
        beam=described.beam if described else _beam(measured),
        depth=DepthBlock(
            source=_FIT,
            status="verified",
            attenuation_per_mm=_short(fit.depth.attenuation_per_mm),
            build_up_per_mm=_row(fit.depth.build_up_per_mm),
        ),
        lateral=_lateral(fit),
        primary_fluence=_fluence(measured, described),
        mlc=described.mlc if described else None,
        resolution=described.resolution if described else None,
        calibration=calibration,
        hounsfield=described.hounsfield if described else None,
        sources=tuple(works),
    )


def _beam(measured: BeamMeasurements) -> BeamBlock:
    return BeamBlock(
        source=_DATA,
        status="verified",
        energy_mv=measured.energy_mv,
        sad_mm=measured.sad_mm,
        penumbra_fwhm_mm=measured.penumbra_fwhm_mm,
    )


def _lateral(fit: Commissioned) -> LateralBlock:
    return LateralBlock(
        source=_FIT,
        status="verified",
        ssd_mm=_row(fit.ssd_mm),
        centre_weight=tuple(_row(row) for row in fit.centre_weight),
        sigma_mm=_row(fit.sigma_mm),
        weight=tuple(tuple(_row(row) for row in table) for table in fit.weight),
    )


def _fluence(measured: BeamMeasurements, described: MeasuredDocument | None) -> FluenceBlock:
    stated = described.primary_fluence if described else None
    return FluenceBlock(
        source=stated.source if stated else _DATA,
        status=stated.status if stated else "verified",
        note=stated.note if stated else None,
        radius_mm=_row(measured.primary_fluence.radius_mm),
        relative=_row(measured.primary_fluence.relative),
    )


def _stated(measured: BeamMeasurements, cgy_per_mu: float) -> CalibrationBlock:
    if not (np.isfinite(cgy_per_mu) and cgy_per_mu > 0):
        raise InvalidInput(
            f"--cgy-per-mu is {cgy_per_mu:g}; the dose of a monitor unit is above 0 cGy, near 1 at "
            "most reference points. Leave it out if it was not measured."
        )
    at = measured.output_factors
    return CalibrationBlock(
        source=_USER,
        status="recalled",
        note="Not measured here: confirm it with a dosimeter before any use.",
        cgy_per_mu=cgy_per_mu,
        field_mm=at.reference_field_mm,
        ssd_mm=at.ssd_mm,
        depth_mm=at.depth_mm,
    )


def _row(values: Floats) -> tuple[float, ...]:
    return tuple(_short(value) for value in np.asarray(values))


def _short(value: float) -> float:
    """Six significant digits: a thousand times finer than the measurements."""
    return float(f"{float(value):.6g}")
