"""What the engine found out about one dose distribution under one protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hepatica.case import Case, Dose, Structure
from hepatica.engine.verdict import Verdict
from hepatica.physics.biology import LymanModel
from hepatica.physics.dvh import DVH
from hepatica.protocol import IsotoxicProtocol


@dataclass(frozen=True)
class MetricValue:
    """A metric in TG-263 grammar with its value, or the reason why there is none."""

    metric: str
    unit: str
    value: float | None
    reason: str = ""


@dataclass(frozen=True, eq=False)
class StructureDose:
    """One structure under the dose: three volumes side by side, the DVH and the metrics asked."""

    structure: Structure
    dvh: DVH | None
    metrics: Mapping[str, MetricValue]
    volume_cc: float
    contour_volume_cc: float | None
    uncovered_fraction: float
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class PrescribedDose:
    """The dose that the evaluated plan prescribes and how Hepatica came to know it."""

    dose_gy: float
    fractions: int
    origin: str
    fractions_origin: str = ""

    @property
    def per_fraction_gy(self) -> float:
        """Dose of one fraction, Gy."""
        return self.dose_gy / self.fractions


@dataclass(frozen=True)
class RiskReading:
    """The liver risk under one reading of the model's reference fraction."""

    model: LymanModel
    geud_gy: float
    ntcp: float
    ntcp_uniform: float | None
    allowed_gy: Mapping[float, float]
    allowance_gy: float


@dataclass(frozen=True)
class LiverRisk:
    """Risk of radiation-induced liver disease of the evaluated plan."""

    effective_volume: float | None
    reading: RiskReading
    sensitivity: tuple[RiskReading, ...]


@dataclass(frozen=True)
class OrganBound:
    """The prescription at which an organ's limit would just be reached by the scaled plan."""

    structure: str
    metric: str
    limit: float
    unit: str
    dose_gy: float | None
    reason: str = ""


@dataclass(frozen=True)
class AllowedDose:
    """The highest prescription at one risk level, and what stops it from being higher.

    ``curve_over_risk`` says that hot spots in the liver make the patient's own risk at the curve's
    dose higher than the level; the dose is then held at the bin-wise one.
    """

    risk: float
    curve_gy: float
    binwise_gy: float
    liver_gy: float
    allowed_gy: float
    deliverable_gy: float
    ntcp: float
    limited_by: str
    because: str
    curve_over_risk: bool = False


@dataclass(frozen=True)
class Allocation:
    """The individual dose: stratum, dose at every risk level, and the organs' bounds."""

    verdict: Verdict
    reason: str
    reading: str
    stratum: str | None
    effective_volume: float | None
    levels: tuple[AllowedDose, ...]
    organs: tuple[OrganBound, ...]
    risk: float
    missing: tuple[str, ...] = ()

    @property
    def is_upper_bound(self) -> bool:
        """Whether a limit that may bind is not known, so that the doses are upper bounds."""
        return self.verdict is Verdict.UNKNOWN and bool(self.levels)

    @property
    def chosen(self) -> AllowedDose | None:
        """The dose at the risk level that is open."""
        return next((level for level in self.levels if level.risk == self.risk), None)


@dataclass(frozen=True)
class LimitVerdict:
    """One limit of the protocol held against this plan."""

    name: str
    structure: str
    metric: str
    unit: str
    comparison: str
    limit: float
    value: float | None
    verdict: Verdict
    reason: str
    kind: str
    strength: str
    source: str
    status: str
    reading: str = ""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Everything that is said about one dose distribution under one protocol.

    ``warnings`` are what a person must look at before believing a number; ``remarks`` tell how it
    was made.
    """

    case: Case
    protocol: IsotoxicProtocol
    dose: Dose
    prescription: PrescribedDose | None
    structures: Mapping[str, StructureDose]
    risk: LiverRisk | None
    allocation: Allocation
    limits: tuple[LimitVerdict, ...]
    indices: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    advice: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
