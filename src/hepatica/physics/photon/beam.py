"""Where a beam comes from: angles of gantry, couch and collimator as places in the patient."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hepatica.errors import InvalidInput

Floats = NDArray[np.float64]

# Where the couch's axes (X to the right of someone who faces the gantry, Y towards the gantry, Z
# up) point in the patient: x left, y back, z head. DICOM PS3.3 C.7.3.1.1.2 (Patient Position).
_COUCH_AXES: dict[str, tuple[tuple[int, int, int], ...]] = {
    "HFS": ((1, 0, 0), (0, 0, 1), (0, -1, 0)),
    "HFP": ((-1, 0, 0), (0, 0, 1), (0, 1, 0)),
    "FFS": ((-1, 0, 0), (0, 0, -1), (0, -1, 0)),
    "FFP": ((1, 0, 0), (0, 0, -1), (0, 1, 0)),
    "HFDR": ((0, 1, 0), (0, 0, 1), (1, 0, 0)),
    "HFDL": ((0, -1, 0), (0, 0, 1), (-1, 0, 0)),
    "FFDR": ((0, -1, 0), (0, 0, -1), (1, 0, 0)),
    "FFDL": ((0, 1, 0), (0, 0, -1), (-1, 0, 0)),
}

PATIENT_POSITIONS = tuple(_COUCH_AXES)
"""Head or feet first; supine, prone, or lying on the right or left side."""


@dataclass(frozen=True)
class BeamGeometry:
    """A beam's directions and isocentre, in the angles of IEC 61217.

    Parameters
    ----------
    gantry_deg : float
        0 from above, rising clockwise for someone who faces the gantry: 90 comes from the left of
        a patient who lies supine, head first.
    couch_deg : float
        Turn of the patient support, counter-clockwise seen from above.
    collimator_deg : float
        Turn of the beam limiting device, counter-clockwise seen from the source.
    isocentre_mm : (x, y, z) mm, LPS
        It may lie outside the image.
    sad_mm : float
        Distance from the source to the isocentre, mm.
    patient_position : str
        One of ``PATIENT_POSITIONS``.

    Raises
    ------
    InvalidInput
        If a number is not finite, the distance is not positive or the position is not known.

    Examples
    --------
    >>> beam = BeamGeometry(90.0, 0.0, 0.0, (0.0, 0.0, 0.0), 1000.0, "HFS")
    >>> [int(round(c)) for c in beam.source_mm]
    [1000, 0, 0]

    Notes
    -----
    Source: IEC 61217:2011, clauses on the fixed, gantry, beam limiting device and patient support
    coordinate systems.
    """

    gantry_deg: float
    couch_deg: float
    collimator_deg: float
    isocentre_mm: tuple[float, float, float]
    sad_mm: float
    patient_position: str

    def __post_init__(self) -> None:
        isocentre = tuple(float(c) for c in self.isocentre_mm)
        object.__setattr__(self, "isocentre_mm", isocentre)
        for name in ("gantry_deg", "couch_deg", "collimator_deg"):
            if not np.isfinite(getattr(self, name)):
                raise InvalidInput(
                    f"Beam: {name} is {getattr(self, name)}; an angle in degrees is needed."
                )
        if len(isocentre) != 3 or not np.all(np.isfinite(isocentre)):
            raise InvalidInput(
                f"{self.label}: the isocentre is {isocentre} mm; three numbers x, y, z are needed."
            )
        if not (np.isfinite(self.sad_mm) and self.sad_mm > 0):
            raise InvalidInput(
                f"{self.label}: the source-axis distance is {self.sad_mm} mm; it must be above 0."
            )
        if self.patient_position not in _COUCH_AXES:
            raise InvalidInput(
                f"{self.label}: the patient position is {self.patient_position!r}; allowed are "
                f"{', '.join(PATIENT_POSITIONS)}. Read it from the image or ask who scanned."
            )

    @property
    def label(self) -> str:
        """The beam in words, for messages."""
        return f"Beam at gantry {self.gantry_deg:g}, couch {self.couch_deg:g}"

    @cached_property
    def axes(self) -> Floats:
        """(3, 3) array: columns u, v, w in LPS.

        u and v are X and Y of the beam limiting device, w points from the isocentre to the source.
        """
        gantry, couch, collimator = np.radians(
            [self.gantry_deg, self.couch_deg, self.collimator_deg]
        )
        turned_by_collimator = _about_z(collimator)
        turned_by_gantry = np.array(
            [
                [np.cos(gantry), 0.0, np.sin(gantry)],
                [0.0, 1.0, 0.0],
                [-np.sin(gantry), 0.0, np.cos(gantry)],
            ]
        )
        couch_to_patient = np.array(_COUCH_AXES[self.patient_position], dtype=float).T
        in_room = turned_by_gantry @ turned_by_collimator
        return np.asarray(couch_to_patient @ _about_z(couch).T @ in_room)

    @cached_property
    def source_mm(self) -> Floats:
        """(3,) array: the source, mm, LPS."""
        return np.asarray(np.array(self.isocentre_mm) + self.sad_mm * self.axes[:, 2])

    def project(self, points_mm: ArrayLike) -> Floats:
        """Points as the source sees them.

        Parameters
        ----------
        points_mm : (..., 3) array, mm, LPS

        Returns
        -------
        seen : (..., 3) array, mm
            u and v in the plane through the isocentre, and the distance from the source.

        Raises
        ------
        InvalidInput
            If a point lies beside or behind the source.
        """
        offsets = np.asarray(points_mm, dtype=float) - self.source_mm
        local = offsets @ self.axes
        ahead = -local[..., 2]
        if ahead.size and not ahead.min() > 0:
            raise InvalidInput(
                f"{self.label}: {int(np.sum(~(ahead > 0)))} points lie beside or behind the "
                f"source, {-ahead.min():.0f} mm beyond it at most; only what lies in front of the "
                "source can be projected. Check the isocentre."
            )
        scale = self.sad_mm / ahead
        distance = np.linalg.norm(offsets, axis=-1)
        return np.stack([local[..., 0] * scale, local[..., 1] * scale, distance], axis=-1)


def _about_z(angle: float) -> Floats:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
