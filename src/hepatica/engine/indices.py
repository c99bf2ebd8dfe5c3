"""How tightly the dose fits each target."""

from __future__ import annotations

from collections.abc import Mapping

from hepatica.case import Dose
from hepatica.engine.derive import ProtocolStructures
from hepatica.engine.evaluation import PrescribedDose


def target_indices(
    structures: ProtocolStructures, dose: Dose, prescription: PrescribedDose | None
) -> Mapping[str, Mapping[str, float]]:
    """Indices per target."""
    return {}
