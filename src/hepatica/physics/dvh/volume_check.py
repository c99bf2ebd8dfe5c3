"""The volume of one structure, measured three ways, and a sentence when they disagree."""

from __future__ import annotations

from dataclasses import dataclass

from hepatica.errors import InvalidInput
from hepatica.physics.dvh.curve import DVH

# Further apart than this the histogram is not the histogram of the structure as drawn.
TOLERANCE = 0.02


@dataclass(frozen=True)
class VolumeCheck:
    """Contour, voxel and histogram volume side by side.

    Parameters
    ----------
    name : str
        Of the structure, for the sentence.
    contour_cc : cc or None
        Area of the outlines times their slabs; None without outlines.
    voxel_cc : cc
        Coverage summed over the voxels.
    dvh_cc : cc
        Whole volume of the histogram, inside the dose grid or not.
    uncovered_cc : cc
        Part of it outside the dose grid.

    Raises
    ------
    InvalidInput
        If a volume is not above 0.
    """

    name: str
    contour_cc: float | None
    voxel_cc: float
    dvh_cc: float
    uncovered_cc: float

    def __post_init__(self) -> None:
        for what, volume in self._volumes.items():
            if not 0 < volume < float("inf"):
                raise InvalidInput(
                    f"Structure {self.name}: the {what} volume is {volume} cc; it must be above 0."
                )

    @property
    def _volumes(self) -> dict[str, float]:
        found = {"contour": self.contour_cc, "voxel": self.voxel_cc, "histogram": self.dvh_cc}
        return {what: volume for what, volume in found.items() if volume is not None}

    @property
    def uncovered_fraction(self) -> float:
        """Part of the histogram's structure for which there is no dose."""
        return self.uncovered_cc / self.dvh_cc

    @property
    def spread(self) -> float:
        """Largest over smallest volume, less 1."""
        volumes = self._volumes.values()
        return max(volumes) / min(volumes) - 1.0

    @property
    def agrees(self) -> bool:
        """Whether all lie within 2 % of each other and the dose grid misses at most 2 %."""
        return self.spread <= TOLERANCE and self.uncovered_fraction <= TOLERANCE

    @property
    def sentence(self) -> str | None:
        """What to tell the reader; None when there is nothing to say."""
        said = []
        if self.spread > TOLERANCE:
            listed = ", ".join(f"{what} {cc:.4g} cc" for what, cc in self._volumes.items())
            said.append(
                f"Structure {self.name}: its volumes are {100 * self.spread:.1f} % apart "
                f"({listed}; {100 * TOLERANCE:g} % is allowed). Check contours and image grid."
            )
        if self.uncovered_cc > 0:
            said.append(
                f"Structure {self.name}: {100 * self.uncovered_fraction:.2g} % of it "
                f"({self.uncovered_cc:.3g} cc) lies outside the dose grid; its dose is unknown."
            )
        return " ".join(said) or None


def check_volumes(
    name: str, dvh: DVH, voxel_cc: float, contour_cc: float | None = None
) -> VolumeCheck:
    """Put the three volumes of a structure side by side.

    Parameters
    ----------
    name : str
    dvh : DVH
    voxel_cc : cc
        `hepatica.case.Structure.volume_cc`
    contour_cc : cc, optional
        `hepatica.case.Structure.contour_volume_cc`

    Returns
    -------
    check : VolumeCheck
    """
    return VolumeCheck(name, contour_cc, voxel_cc, dvh.total_cc, dvh.uncovered_cc)
