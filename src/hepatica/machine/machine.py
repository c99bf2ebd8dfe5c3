"""One treatment machine in one beam quality: everything that the dose needs to know about it.

The dose at a place x in the patient, per unit fluence F:

    D(x) = scale (SAD / |x - S|)^2 sum_k f_k(z) [(F Psi * G) * w_k](u, v)
    f_k(z) = beta_k / (beta_k - m) (exp(-m z) - exp(-beta_k z))

S is the source, z the water-equivalent depth, (u, v) the place seen from the source in the plane
through the isocentre, Psi the primary fluence, G the Gaussian of the source's penumbra, w_k the
lateral components and * a convolution. With a calibration, F is in MU and D in Gy; without one the
scale is 1.

Source: Bortfeld, Schlegel, Rhein, Med Phys 20:311, 1993 (decomposition of pencil-beam kernels).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hepatica.errors import InvalidInput
from hepatica.machine.hounsfield import HounsfieldTable
from hepatica.machine.parts import (
    Calibration,
    DepthComponents,
    LateralComponents,
    Mlc,
    PrimaryFluence,
    SourcedNumber,
)
from hepatica.machine.resolution import Resolution


@dataclass(frozen=True, eq=False)
class Machine:
    """A linear accelerator in one beam quality.

    Parameters
    ----------
    name, version : str
        Name, and version of its document.
    energy_mv : float
        Nominal accelerating voltage, MV.
    sad_mm : float
        Distance from the source to the isocentre, mm.
    depth : DepthComponents
    lateral : LateralComponents
    primary_fluence : PrimaryFluence
    penumbra_fwhm_mm : float
        Full width at half maximum of the source's image in the isocentre plane, mm.
    mlc : Mlc or None
    calibration : Calibration or None
        None: dose is relative, in units of the components.
    hlut : HounsfieldTable or None
        None: the default table holds.
    resolution : Resolution or None
        How finely it can be set. None: the default steps hold.
    sources : tuple of SourcedNumber
        Where the numbers come from.
    kernel_pitch_mm : float
        Spacing at which the lateral components were sampled when they were made; the centre weight
        is the volume of one such cell.
    title : str
        Name for people.

    Raises
    ------
    InvalidInput
        If numbers are out of range or depth and lateral components differ in number.
    """

    name: str
    version: str
    energy_mv: float
    sad_mm: float
    depth: DepthComponents
    lateral: LateralComponents
    primary_fluence: PrimaryFluence
    penumbra_fwhm_mm: float
    mlc: Mlc | None = None
    calibration: Calibration | None = None
    hlut: HounsfieldTable | None = None
    sources: tuple[SourcedNumber, ...] = ()
    kernel_pitch_mm: float = 0.5
    title: str = ""
    resolution: Resolution | None = None

    def __post_init__(self) -> None:
        for name in ("energy_mv", "sad_mm", "kernel_pitch_mm"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise InvalidInput(
                    f"Machine {self.name}: {name} is {value:g}; a finite number above 0 is needed."
                )
        if not (np.isfinite(self.penumbra_fwhm_mm) and self.penumbra_fwhm_mm >= 0):
            raise InvalidInput(
                f"Machine {self.name}: penumbra_fwhm_mm is {self.penumbra_fwhm_mm:g}; a width of "
                "0 mm or more is needed."
            )
        lateral = int(self.lateral.centre_weight.shape[1])
        if lateral != self.depth.count:
            raise InvalidInput(
                f"Machine {self.name}: {self.depth.count} depth components and {lateral} lateral "
                "components; give one lateral function per value of depth.build_up_per_mm."
            )
