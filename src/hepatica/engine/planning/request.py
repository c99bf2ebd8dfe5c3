"""What is asked of a plan: the risk, the targets, the machine, the beams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hepatica.case import Margin
from hepatica.errors import UsageError


@dataclass(frozen=True)
class BeamAngles:
    """Where a beam comes from, IEC 61217, degrees."""

    gantry_deg: float
    couch_deg: float = 0.0
    collimator_deg: float = 0.0

    @property
    def coplanar(self) -> bool:
        """Whether the couch is not turned."""
        return self.couch_deg % 360 == 0

    def __str__(self) -> str:
        turned = "" if self.coplanar else f", couch {self.couch_deg:g}"
        return f"gantry {self.gantry_deg:g}{turned}"


@dataclass(frozen=True)
class BeamChoice:
    """How many beams, how many of them at most with a turned couch, or exactly which."""

    given: tuple[BeamAngles, ...] = ()
    count: int = 7
    noncoplanar: int = 0

    def __post_init__(self) -> None:
        if self.given and not 1 <= len(self.given) <= 20:
            raise UsageError(f"{len(self.given)} beams are given; 1 to 20 are possible.")
        if not 3 <= self.count <= 10:
            raise UsageError(f"--beams is {self.count}; 3 to 10 beams are chosen automatically.")
        if not 0 <= self.noncoplanar <= 3:
            raise UsageError(f"--noncoplanar is {self.noncoplanar}; 0 to 3 is possible.")


@dataclass(frozen=True)
class PlanRequest:
    """What a plan is to be.

    Parameters
    ----------
    risk : float
        Risk level of the protocol that is open.
    treated : names of gross tumour volumes
        All by default.
    ptv_margin : Margin, optional
        Patient-specific; the protocol's minimum by default, which is said.
    machine : name of a shipped machine, or a file
    patient_position : HFS, HFP, FFS, FFP
        Only where the files do not say it.
    way : "optimal" or "as_published"
        Which of the two plans is made deliverable; both are computed.
    segments_per_beam : int
        1 to 4.
    spacing_mm : mm
        Of the dose grid.
    """

    risk: float
    treated: tuple[str, ...] = ()
    ptv_margin: Margin | None = None
    machine: str = "synergy-6mv"
    patient_position: str = ""
    beams: BeamChoice = field(default_factory=BeamChoice)
    way: str = "as_published"
    segments_per_beam: int = 4
    spacing_mm: float = 2.5
    facts: Mapping[str, str] = field(default_factory=dict)
    limit_readings: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 1 <= self.segments_per_beam <= 4:
            raise UsageError(f"--segments is {self.segments_per_beam}; 1 to 4 a beam are possible.")
        if self.way not in ("optimal", "as_published"):
            raise UsageError(f"--way is {self.way}; it is optimal or as_published.")
