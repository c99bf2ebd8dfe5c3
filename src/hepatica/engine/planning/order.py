"""For whom a plan is made deliverable, and what its targets ask for."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hepatica.case import Case, Structure
from hepatica.engine.derive import ProtocolStructures
from hepatica.engine.planning.request import PlanRequest
from hepatica.protocol import IsotoxicProtocol, Limit


@dataclass(frozen=True, eq=False)
class Order:
    """For whom and by which rule a plan is made deliverable."""

    case: Case
    protocol: IsotoxicProtocol
    request: PlanRequest
    structures: ProtocolStructures

    @property
    def covered(self) -> Structure:
        """The target whose dose is prescribed."""
        return self.structures.present[self.protocol.prescription.covers.structure]

    @property
    def grown_targets(self) -> tuple[Structure, ...]:
        """The targets that nobody drew: whoever receives the plan needs to see them as well."""
        names = (target.name for target in self.protocol.targets)
        present = self.structures.present
        return tuple(present[n] for n in names if n in present and n not in self.case.structures)

    def floors_gy(self, prescription_gy: float) -> dict[str, float]:
        """For every target, the dose that it must not fall below."""
        found = {self.covered.name: prescription_gy}
        for limit in self._target_limits():
            if limit.at_least is not None and limit.metric.unit == "Gy":
                found.setdefault(limit.structure, limit.at_least)
        return found

    @property
    def most(self) -> float:
        """The highest dose in a target, as a part of the prescription."""
        given = [
            limit.at_most / 100
            for limit in self._target_limits()
            if limit.at_most is not None and limit.metric.needs_prescription
        ]
        return min(given, default=math.inf)

    def is_target(self, name: str) -> bool:
        """Whether a region is a tumour, a target or the whole body, and no organ."""
        structure = self.structures.present.get(name)
        return structure is not None and structure.role in ("GTV", "CTV", "PTV", "EXTERNAL")

    def _target_limits(self) -> tuple[Limit, ...]:
        return tuple(limit for limit in self.protocol.limits if limit.kind == "target")
