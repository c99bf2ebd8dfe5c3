"""Whether a case has what a protocol needs, before anybody computes a dose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hepatica.case import Case
from hepatica.engine.derive import (
    ProtocolStructures,
    needed_structures,
    protocol_structures,
)
from hepatica.protocol import IsotoxicProtocol, as_isotoxic


@dataclass(frozen=True)
class Readiness:
    """What a protocol asks of a case: there, missing, or doubtful, with what would help."""

    case_id: str
    protocol: str
    present: tuple[str, ...]
    missing: dict[str, str]
    doubts: dict[str, str]
    remarks: tuple[str, ...]

    def as_document(self) -> dict[str, Any]:
        """The findings as JSON-ready values."""
        return {
            "case": self.case_id,
            "protocol": self.protocol,
            "ready": not (self.missing or self.doubts),
            "present": list(self.present),
            "missing": self.missing,
            "doubts": self.doubts,
            "remarks": list(self.remarks),
        }

    def sentences(self) -> list[str]:
        """The findings, one line each."""
        lines = [f"{self.protocol} on case {self.case_id}:"]
        lines += [f"  missing   {name}: {why}" for name, why in self.missing.items()]
        lines += [f"  doubtful  {name}: {why}" for name, why in self.doubts.items()]
        lines += [f"  remark    {text}" for text in self.remarks]
        lines.append(f"  present   {', '.join(self.present) or 'nothing that is needed'}")
        return lines


def readiness(case: Case, protocol: IsotoxicProtocol) -> Readiness:
    """The structures that a protocol's limits, targets and report speak of, held against a case."""
    made = protocol_structures(case, as_isotoxic(protocol))
    needed = needed_structures(protocol)
    return Readiness(
        case.case_id,
        protocol.name,
        tuple(name for name in needed if name in made.present),
        {name: _why(made, name) for name in needed if name not in made.present},
        {name: why for name, why in made.doubts.items() if name in needed},
        (*made.warnings, *made.remarks),
    )


def _why(made: ProtocolStructures, name: str) -> str:
    return made.missing.get(name, "not in the case: contour it, or map its name in a --names file.")
