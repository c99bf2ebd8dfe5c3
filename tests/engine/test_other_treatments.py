"""The photon engine refuses treatments that are not isotoxic, before it looks at anything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hepatica.engine.evaluate import evaluate_dose
from hepatica.engine.isotoxic import isotoxic_doses
from hepatica.engine.plan import create_plan
from hepatica.engine.readiness import readiness
from hepatica.engine.risk_model import model_faults
from hepatica.errors import UsageError
from hepatica.protocol import load_protocol, protocol_names

NOTHING: Any = None
ENTRANCES: dict[str, Callable[[Any], Any]] = {
    "plan create": lambda p: create_plan(NOTHING, p, NOTHING),
    "plan evaluate": lambda p: evaluate_dose(NOTHING, p, NOTHING, NOTHING),
    "isotoxic": lambda p: isotoxic_doses(p, 0.4, [0.1]),
    "case check": lambda p: readiness(NOTHING, p),
}
OTHERS = [name for name in protocol_names() if name != "sbrt-six-fraction"]


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_another_treatment_is_refused_with_its_kind(entrance: str) -> None:
    protocol = load_protocol("whole-liver-hyperthermia")
    said = "Protocol whole-liver-hyperthermia is thermoradiotherapy and has no isotoxic"
    with pytest.raises(UsageError, match=said):
        ENTRANCES[entrance](protocol)


def test_a_document_without_a_risk_model_has_no_fault_of_one() -> None:
    assert [model_faults(load_protocol(name)) for name in OTHERS] == [[] for _ in OTHERS]
